/** What people publish of a device: its page, its picture, its screen. Data, and the order of usefulness per kind. */
import type { HostKind, HostService, Suggestion } from '@sidegate/protocol';

const MOST = 4;

/** Names of services in the words of people, likeliest first. */
const LABELS: readonly (readonly [label: string, name: RegExp])[] = [
  ['Web interface', /^http$/],
  ['Web interface (TLS)', /^https$/],
  ['Video', /^rtsp$/],
  ['Remote desktop', /^ms-wbt-server$/],
  ['Screen', /^vnc$/],
  ['Media', /^plex$/],
  ['Printing', /^ipps?$/],
  ['Raw printing', /^jetdirect$/],
  ['Measured values', /^(modbus|opcua)$/],
  ['Router administration', /^winbox$/],
  ['Recorder', /^(dahua|xmeye)$/],
  ['Files', /^(microsoft-ds|afpovertcp|nfs)$/],
  ['Terminal', /^ssh$/],
];

/** What such a device is visited for comes before what else it offers. */
const FIRST: Readonly<Partial<Record<HostKind, readonly string[]>>> = {
  computer: ['Remote desktop', 'Screen'],
  server: ['Web interface', 'Web interface (TLS)', 'Terminal'],
  nas: ['Web interface', 'Web interface (TLS)', 'Files'],
};

const labelOf = ({ name, scheme }: HostService): string | undefined => {
  const label = LABELS.find(([, pattern]) => pattern.test(name))?.[0];
  if (label !== undefined || scheme === undefined) return label;
  return scheme === 'http' ? 'Web interface' : 'Web interface (TLS)';
};

/** At most four, one a label: of two web interfaces the one on the lower port is the usual one. */
export const suggestPublications = (
  kind: HostKind,
  services: readonly HostService[],
): readonly Suggestion[] => {
  const found = new Map<string, Suggestion>();
  for (const service of [...services].sort((one, other) => one.port - other.port)) {
    const label = labelOf(service);
    if (label === undefined || found.has(label)) continue;
    found.set(label, { protocol: service.protocol, port: service.port, label });
  }
  const order = [...(FIRST[kind] ?? []), ...LABELS.map(([label]) => label)];
  return [...found.values()]
    .sort((one, other) => order.indexOf(one.label) - order.indexOf(other.label))
    .slice(0, MOST);
};
