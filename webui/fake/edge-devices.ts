/**
 * The devices of the fake home, and the hosts that a scan makes of them. All text a device says is hostile on purpose
 * somewhere.
 */
import type { Host, HostKind, HostService } from '@sidegate/protocol';
import { brand, fakeId } from './fake-api.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const service = (name: string, port: number, rest: Partial<HostService> = {}): HostService => ({
  protocol: 'tcp',
  port,
  name,
  ...rest,
});
const web = (title: string, port = 80): HostService =>
  service(port === 443 ? 'https' : 'http', port, { title, scheme: port === 443 ? 'https' : 'http' });

interface Device {
  readonly name: string;
  readonly kind: HostKind;
  readonly last: number;
  readonly mac: string;
  readonly vendor?: string;
  readonly services: readonly HostService[];
  readonly seenAgoMs?: number;
  readonly note?: string;
  readonly given?: string;
}

const DEVICES: readonly Device[] = [
  {
    name: 'router',
    kind: 'router',
    last: 1,
    mac: '2c:91:ab:01:7f:10',
    vendor: 'AVM Audiovisuelle',
    services: [
      service('domain', 53),
      web('FRITZ!Box 7590'),
      web('FRITZ!Box 7590', 443),
      service('upnp', 49000),
    ],
  },
  {
    name: 'front-door-camera',
    kind: 'camera',
    last: 20,
    mac: '44:19:b6:5a:22:0e',
    vendor: 'Hangzhou Hikvision',
    services: [
      web('Front door'),
      service('rtsp', 554, { banner: 'RTSP/1.0 200 OK' }),
      service('hikvision-sdk', 8000),
    ],
    note: 'Above the door, PoE from the cellar',
  },
  {
    name: 'garden-camera',
    kind: 'camera',
    last: 21,
    mac: '44:19:b6:5a:22:31',
    vendor: 'Hangzhou Hikvision',
    services: [web('Garden'), service('rtsp', 554)],
    seenAgoMs: 3 * HOUR,
  },
  {
    name: 'OfficeJet Pro 9010',
    kind: 'printer',
    last: 33,
    mac: '3c:52:82:9d:10:aa',
    vendor: 'Hewlett Packard',
    services: [web('HP OfficeJet Pro 9010'), service('ipp', 631), service('jetdirect', 9100)],
  },
  {
    name: 'diskstation',
    kind: 'nas',
    last: 40,
    mac: '00:11:32:c4:5e:78',
    vendor: 'Synology',
    services: [
      service('ssh', 22, { banner: 'SSH-2.0-OpenSSH_9.2' }),
      web('DiskStation'),
      web('DiskStation', 443),
      service('smb', 445),
      service('afp', 548),
      service('dsm', 5000, { scheme: 'http', title: 'Synology DiskStation' }),
    ],
    given: 'diskstation',
  },
  {
    name: 'living-room-tv',
    kind: 'tv',
    last: 51,
    mac: '8c:79:f5:0c:42:19',
    vendor: 'Samsung Electronics',
    services: [service('samsung-tv', 8001), service('airplay', 7000)],
  },
  {
    name: 'kitchen',
    kind: 'speaker',
    last: 52,
    mac: '48:a6:b8:77:1e:03',
    vendor: 'Sonos',
    services: [service('sonos', 1400, { scheme: 'http', title: 'Sonos One' })],
  },
  {
    name: '192.168.1.60',
    kind: 'unknown',
    last: 60,
    mac: 'de:ad:be:ef:00:60',
    services: [service('http', 80, { title: '<img src=x onerror=alert(1)>', scheme: 'http' })],
  },
  {
    name: 'heat-pump',
    kind: 'iot',
    last: 70,
    mac: '24:0a:c4:11:9b:5c',
    vendor: 'Espressif',
    services: [service('modbus', 502)],
  },
  {
    name: 'shelly-hall',
    kind: 'iot',
    last: 71,
    mac: '24:0a:c4:12:00:8e',
    vendor: 'Espressif',
    services: [web('Shelly 1')],
  },
  {
    name: 'Annas-iPhone',
    kind: 'phone',
    last: 101,
    mac: 'f2:3b:10:aa:7d:55',
    services: [],
    seenAgoMs: 26 * HOUR,
  },
  {
    name: 'workstation',
    kind: 'computer',
    last: 110,
    mac: '70:85:c2:8a:3d:21',
    vendor: 'ASRock',
    services: [
      service('ssh', 22, { banner: 'SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13' }),
      service('vnc', 5900),
    ],
  },
  {
    name: 'homeserver',
    kind: 'server',
    last: 120,
    mac: 'dc:a6:32:4e:90:1b',
    vendor: 'Raspberry Pi',
    services: [service('ssh', 22), web('Home Assistant', 8123)],
  },
];

const makeHost = (device: Device, scopeId: string, now: number): Host => {
  const address = `192.168.1.${device.last}`;
  const seenAt = now - (device.seenAgoMs ?? 20_000);
  const evidence = [
    { source: 'arp', field: 'address', value: address, at: seenAt },
    { source: 'arp', field: 'mac', value: device.mac, at: seenAt },
    ...(device.vendor === undefined
      ? []
      : [{ source: 'oui', field: 'vendor', value: device.vendor, at: seenAt }]),
    ...(device.name === address
      ? []
      : [{ source: 'mdns', field: 'name', value: `${device.name}.local`, at: seenAt }]),
    ...device.services.map(({ protocol, port, title, banner, name }) => ({
      source: 'probe',
      field: `${protocol} ${port}`,
      value: title ?? banner ?? name,
      at: seenAt,
    })),
  ];
  return brand<Host>({
    id: fakeId('h'),
    mac: device.mac,
    addresses: [address],
    name: device.name,
    ...(device.given === undefined ? {} : { givenName: device.given }),
    note: device.note ?? '',
    ...(device.vendor === undefined ? {} : { vendor: device.vendor }),
    kind: device.kind,
    services: device.services,
    scopeId,
    online: device.seenAgoMs === undefined,
    firstSeenAt: now - 40 * DAY,
    lastSeenAt: seenAt,
    suggestions: device.services.flatMap(({ protocol, port, scheme }) => {
      const label = port === 554 ? 'Video' : scheme === undefined ? undefined : 'Web interface';
      return label === undefined ? [] : [{ protocol, port, label }];
    }),
    evidence,
  });
};

/** Every device of the home as a host, those that are away included. */
export const makeHosts = (scopeId: string, now: number): Host[] =>
  DEVICES.map((device) => makeHost(device, scopeId, now));

/** The devices a scan of an empty home finds. */
export const findDevices = (scopeId: string, now: number): Host[] =>
  DEVICES.filter(({ seenAgoMs }) => seenAgoMs === undefined).map((device) => ({
    ...makeHost(device, scopeId, now),
    firstSeenAt: now,
  }));
