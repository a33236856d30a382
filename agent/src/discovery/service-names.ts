/** Ports that home devices open: what speaks there, and how to listen to it. Data, and look-ups over it. */

/** How a source may talk to a port; `connect`: only open and close, such as a printer's raw port, which prints all it gets. */
export type Talk = 'connect' | 'banner' | 'http' | 'https' | 'rtsp';

/** A TCP port, its usual name, and how to listen to it. */
export interface KnownPort {
  readonly port: number;
  readonly name: string;
  readonly talk: Talk;
}

const known = (talk: Talk, ports: Readonly<Record<number, string>>): readonly KnownPort[] =>
  Object.entries(ports).map(([port, name]) => ({ port: Number(port), name, talk }));

/** TCP ports that a scan tries, likeliest first: names are those of IANA where it has one. */
export const KNOWN_PORTS: readonly KnownPort[] = [
  ...known('http', { 80: 'http', 8080: 'http', 8000: 'http', 8081: 'http', 81: 'http', 88: 'http' }),
  ...known('https', {
    443: 'https',
    8443: 'https',
    5001: 'https',
    9443: 'https',
    4443: 'https',
    8006: 'https',
  }),
  ...known('rtsp', { 554: 'rtsp', 8554: 'rtsp' }),
  ...known('banner', { 22: 'ssh', 21: 'ftp', 23: 'telnet', 25: 'smtp', 2222: 'ssh', 5900: 'vnc' }),
  ...known('http', {
    631: 'ipp',
    5000: 'http',
    8123: 'http',
    9000: 'http',
    9090: 'http',
    7080: 'http',
    8060: 'http',
  }),
  ...known('http', { 8008: 'http', 8888: 'http', 3000: 'http', 32400: 'plex', 10000: 'http', 49152: 'upnp' }),
  ...known('connect', {
    53: 'domain',
    139: 'netbios-ssn',
    445: 'microsoft-ds',
    515: 'printer',
    548: 'afpovertcp',
  }),
  ...known('connect', { 9100: 'jetdirect', 1883: 'mqtt', 8883: 'mqtts', 3389: 'ms-wbt-server', 2049: 'nfs' }),
  ...known('connect', {
    8009: 'googlecast',
    7000: 'airplay',
    62078: 'iphone-sync',
    8291: 'winbox',
    1400: 'sonos',
  }),
  ...known('connect', {
    37777: 'dahua',
    34567: 'xmeye',
    502: 'modbus',
    4840: 'opcua',
    5060: 'sip',
    179: 'bgp',
    6053: 'esphome',
  }),
];

const BY_PORT = new Map(KNOWN_PORTS.map((known) => [known.port, known]));

/** The usual name of a TCP port, or `tcp-<port>`. */
export const serviceName = (port: number): string => BY_PORT.get(port)?.name ?? `tcp-${port}`;

/** A port that a person chose: most that nobody has a name for are pages. */
export const toKnownPort = (port: number): KnownPort =>
  BY_PORT.get(port) ?? { port, name: serviceName(port), talk: 'http' };

/** Is it one that every scan tries? */
export const isKnownPort = (port: number): boolean => BY_PORT.has(port);

/** Ports whose answer, even a refusal, tells that an address is alive: open on most devices there are. */
export const SWEEP_PORTS: readonly number[] = [443, 80, 22, 554, 9100];

/** What DNS-SD service types mean, for those people meet: RFC 6763 names without the leading underscore. */
export const DNS_SD_SERVICES: Readonly<
  Record<string, { readonly name: string; readonly scheme?: 'http' | 'https' }>
> = {
  '_http._tcp': { name: 'http', scheme: 'http' },
  '_https._tcp': { name: 'https', scheme: 'https' },
  '_ipp._tcp': { name: 'ipp', scheme: 'http' },
  '_ipps._tcp': { name: 'ipps', scheme: 'https' },
  '_printer._tcp': { name: 'printer' },
  '_pdl-datastream._tcp': { name: 'jetdirect' },
  '_ssh._tcp': { name: 'ssh' },
  '_sftp-ssh._tcp': { name: 'ssh' },
  '_smb._tcp': { name: 'microsoft-ds' },
  '_afpovertcp._tcp': { name: 'afpovertcp' },
  '_rtsp._tcp': { name: 'rtsp' },
  '_googlecast._tcp': { name: 'googlecast' },
  '_airplay._tcp': { name: 'airplay' },
  '_raop._tcp': { name: 'raop' },
  '_hap._tcp': { name: 'homekit' },
  '_home-assistant._tcp': { name: 'http', scheme: 'http' },
  '_mqtt._tcp': { name: 'mqtt' },
  '_uscan._tcp': { name: 'escl', scheme: 'http' },
  '_axis-video._tcp': { name: 'http', scheme: 'http' },
  '_sonos._tcp': { name: 'sonos' },
  '_spotify-connect._tcp': { name: 'spotify-connect' },
  '_esphomelib._tcp': { name: 'esphome' },
  '_workstation._tcp': { name: 'workstation' },
  '_device-info._tcp': { name: 'device-info' },
};
