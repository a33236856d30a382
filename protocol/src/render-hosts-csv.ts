/** Hosts as a table for other programs: RFC 4180, and nothing in it that a spreadsheet would run. */
import type { Host } from './discovery-api.ts';

const COLUMNS = [
  'name',
  'address',
  'mac',
  'vendor',
  'kind',
  'services',
  'online',
  'firstSeen',
  'lastSeen',
  'note',
  'id',
] as const;

/**
 * Devices choose their own names. A cell that begins like a formula is one to a spreadsheet, whatever quotes are
 * around it: an apostrophe in front makes it text (OWASP, CSV injection).
 */
const renderCell = (text: string): string => {
  const safe = /^[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\r\n;']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

const cellsOf = (host: Host): Readonly<Record<(typeof COLUMNS)[number], string>> => ({
  name: host.name,
  address: host.addresses.join(' '),
  mac: host.mac ?? '',
  vendor: host.vendor ?? '',
  kind: host.kind,
  services: host.services.map(({ name, port, protocol }) => `${name}:${port}/${protocol}`).join(' '),
  online: host.online ? 'yes' : 'no',
  firstSeen: new Date(host.firstSeenAt).toISOString(),
  lastSeen: new Date(host.lastSeenAt).toISOString(),
  note: host.note,
  id: host.id,
});

/** With a header, one host a line, lines end as the RFC wants them. */
export const renderHostsCsv = (hosts: readonly Host[]): string =>
  [
    COLUMNS.join(','),
    ...hosts.map((host) => {
      const cells = cellsOf(host);
      return COLUMNS.map((column) => renderCell(cells[column])).join(',');
    }),
    '',
  ].join('\r\n');
