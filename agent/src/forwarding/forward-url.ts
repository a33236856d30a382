/** How a person opens a forward. */
import type { Host, PortRange } from '@sidegate/protocol';

const SCHEME_BY_PORT: Readonly<Record<number, string>> = {
  80: 'http',
  81: 'http',
  88: 'http',
  443: 'https',
  554: 'rtsp',
  22: 'ssh',
  21: 'ftp',
  631: 'http',
  3000: 'http',
  3389: 'rdp',
  4443: 'https',
  5000: 'http',
  5001: 'https',
  5900: 'vnc',
  8000: 'http',
  8080: 'http',
  8081: 'http',
  8123: 'http',
  8443: 'https',
  8554: 'rtsp',
  8888: 'http',
  9443: 'https',
};
const SCHEME_BY_NAME: Readonly<Record<string, string>> = {
  http: 'http',
  https: 'https',
  ssh: 'ssh',
  rtsp: 'rtsp',
  ftp: 'ftp',
  'ms-wbt-server': 'rdp',
  vnc: 'vnc',
  ipp: 'http',
  ipps: 'https',
};

/** The scheme of what listens on a TCP port of the host, as found there or else as usual. */
const schemeOf = (targetPort: number, host: Host | undefined): string | undefined => {
  const service = host?.services.find(({ protocol, port }) => protocol === 'tcp' && port === targetPort);
  return service?.scheme ?? SCHEME_BY_NAME[service?.name ?? ''] ?? SCHEME_BY_PORT[targetPort];
};

/** `http://home.acme.sidegate.internal:8001/`, or `home.acme.sidegate.internal:8001` where nothing has a scheme. */
export const renderForwardUrl = (
  forward: {
    readonly protocol: 'tcp' | 'udp' | 'both';
    readonly edgePort: number;
    readonly targetPort: number;
  },
  edgeName: string,
  host: Host | undefined,
): string => {
  const scheme = forward.protocol === 'udp' ? undefined : schemeOf(forward.targetPort, host);
  const place = `${edgeName}:${forward.edgePort}`;
  return scheme === undefined ? place : `${scheme}://${place}/`;
};

const STANDARD_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ssh: 22,
  rtsp: 554,
  ftp: 21,
  rdp: 3389,
  vnc: 5900,
};

/** What a host with a name of its own has to open: its TCP services that have a scheme and are let through. */
export const renderHostUrls = (
  { ports }: { readonly ports?: readonly PortRange[] | undefined },
  name: string,
  host: Host | undefined,
): string[] => {
  const isOpen = (port: number) =>
    ports?.some((range) => range.protocol === 'tcp' && range.from <= port && port <= range.to) ?? true;
  const known = host?.services ?? [];
  const services = known.filter(({ protocol, port }) => protocol === 'tcp' && isOpen(port));
  const numbers = services.length > 0 ? services.map(({ port }) => port) : [80].filter(isOpen);
  const urls = numbers.flatMap((port) => {
    const scheme = schemeOf(port, host);
    if (scheme === undefined) return [];
    return [`${scheme}://${name}${STANDARD_PORTS[scheme] === port ? '' : `:${port}`}/`];
  });
  // Pages first: most people want to look.
  return urls.sort((one, other) => Number(other.startsWith('http')) - Number(one.startsWith('http')));
};
