/** A home: its devices, networks, forwards and peers. All text a device says is hostile on purpose somewhere. */
import type {
  AccessEntry,
  Address,
  EdgeStatus,
  Forward,
  Host,
  HostChange,
  HostChanges,
  HostKind,
  HostService,
  PeerStatus,
  Scan,
  Scope,
  TemplateView,
} from '@sidegate/protocol';
import { fakeId, fakeKey } from './fake-api.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Data of the fake is written as plain text; the contract's brands are put on here, once. */
const brand = <T>(value: unknown): T => value as T;

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

/** Everything one fake edge knows. */
const TEMPLATES = [
  { name: 'camera', kinds: ['camera', 'doorbell'], ports: ['80', '554'], from: 'built-in' },
  { name: 'printer', kinds: ['printer'], ports: ['80', '631', '9100'], from: 'built-in' },
  {
    name: 'hikvision',
    macPrefixes: ['44:19:b6'],
    ports: ['8000'],
    allow: ['tag:support'],
    auto: true,
    from: 'here',
  },
].map((one) =>
  brand<TemplateView>({
    kinds: [],
    macPrefixes: [],
    as: 'forwards',
    auto: false,
    allow: [],
    hostIds: [],
    ...one,
  }),
);

/** What the fake edge holds. */
export interface EdgeData {
  status: EdgeStatus;
  readonly hosts: Map<string, Host>;
  readonly forwards: Map<string, Forward>;
  readonly addresses: Map<string, Address>;
  readonly scopes: Map<string, Scope>;
  readonly scans: Map<string, Scan>;
  readonly peers: Map<string, PeerStatus>;
  changes: HostChanges;
  access: readonly AccessEntry[];
  templates: readonly TemplateView[];
}

const makeStatus = (now: number): EdgeStatus =>
  brand<EdgeStatus>({
    state: 'up',
    version: '0.1.0',
    platform: 'Debian GNU/Linux 12, Raspberry Pi 4',
    hostname: 'raspberrypi',
    startedAt: now - 9 * DAY,
    node: {
      id: fakeId('n'),
      name: 'alder',
      fqdn: 'alder.acme.sidegate.internal',
      role: 'edge',
      address4: '100.64.0.7',
      address6: 'fd7a:5347:a1b2::7',
      publicKey: fakeKey('alder'),
      account: 'Acme Home Service',
    },
    broker: {
      url: 'https://broker.example.com',
      connected: true,
      lastContactAt: now - 14_000,
      beaconReachable: true,
      nat: 'endpoint-independent',
      reflexive4: '203.0.113.42:40117',
      reflexive6: '[2001:db8:42::2]:40117',
    },
    tunnel: { interfaceName: 'sg0', kind: 'kernel', listenPort: 40117, mtuBytes: 1280 },
    portMapping: {
      state: 'mapped',
      gateway: '192.168.1.1',
      protocol: 'pcp',
      external: '203.0.113.42:40117',
      expiresAt: now + HOUR,
    },
    counts: { peers: 4, hosts: 13, forwards: 3 },
    health: [
      {
        code: 'mdns-silent',
        severity: 'warning',
        title: 'No names are heard on the network',
        hint: 'A switch or access point may filter multicast (IGMP snooping). Names then come from DHCP only.',
        source: 'discovery',
        sinceMs: now - 2 * HOUR,
      },
    ],
    plugins: [
      { name: 'mesh', state: 'running', detail: '' },
      { name: 'forwarding', state: 'running', detail: 'one table, 3 forwards' },
      { name: 'discovery', state: 'running', detail: 'arp-scan, neighbours, DHCP leases' },
      { name: 'dns', state: 'running', detail: '/etc/hosts' },
      { name: 'web', state: 'running', detail: 'mesh address, port 7380' },
      { name: 'port-mapping', state: 'running', detail: '' },
    ],
  });

const makePeers = (now: number): PeerStatus[] => {
  const peer = (name: string, last: number, rest: object): PeerStatus =>
    brand<PeerStatus>({
      id: fakeId('n'),
      name,
      fqdn: `${name}.acme.sidegate.internal`,
      role: 'client',
      address4: `100.64.0.${last}`,
      address6: `fd7a:5347:a1b2::${last}`,
      online: true,
      tags: [],
      path: 'direct',
      rxBytes: 0,
      txBytes: 0,
      explain: [],
      ...rest,
    });
  const went = (agoMs: number, from: string, to: string, why: string) => ({ at: now - agoMs, from, to, why });
  return [
    peer('kims-laptop', 2, {
      endpoint: '198.51.100.23:41641',
      rttMs: 12.4,
      latestHandshakeAt: now - 41_000,
      rxBytes: 18_400_211,
      txBytes: 412_008_113,
      explain: [
        went(51 * MINUTE, 'relayed', 'probing', 'punch asked by peer'),
        went(51 * MINUTE - 300, 'probing', 'direct', 'reflexive candidate verified both ways'),
      ],
    }),
    peer('van-tablet', 3, {
      path: 'relayed',
      endpoint: '192.0.2.10:7382',
      rttMs: 48.9,
      latestHandshakeAt: now - 95_000,
      rxBytes: 88_120,
      txBytes: 1_204_551,
      explain: [
        went(9 * MINUTE, 'direct', 'relayed', 'no heartbeat for 1.5 s'),
        went(8 * MINUTE, 'relayed', 'probing', 'network changed'),
        went(8 * MINUTE - 5000, 'probing', 'relayed', 'both sides symmetric'),
      ],
    }),
    peer('office-relay', 4, {
      role: 'relay',
      endpoint: '192.0.2.77:51900',
      rttMs: 21.3,
      latestHandshakeAt: now - 70_000,
      rxBytes: 5210,
      txBytes: 4922,
    }),
    peer('old-netbook', 5, { online: false, path: 'down', latestHandshakeAt: now - 12 * DAY }),
  ];
};

/** A forward as the agent describes it. */
export const makeForward = (fields: {
  edgePort: number;
  protocol: Forward['protocol'];
  host: Host | undefined;
  address: string;
  targetPort: number;
  label: string;
  isWeb: boolean;
}): Forward => {
  const place = `alder.acme.sidegate.internal:${fields.edgePort}`;
  return brand<Forward>({
    id: fakeId('f'),
    protocol: fields.protocol,
    edgePort: fields.edgePort,
    target:
      fields.host === undefined
        ? { kind: 'address', address: fields.address }
        : { kind: 'host', hostId: fields.host.id },
    targetPort: fields.targetPort,
    targetAddress: fields.address,
    label: fields.label,
    note: '',
    enabled: true,
    owner: 'Kim Sørensen',
    createdAt: Date.now(),
    url: fields.isWeb ? `http://${place}/` : place,
    connections: 0,
    bytes: 0,
  });
};

const byId = <T extends { id: string }>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.id, item]));

const seedForwards = (hosts: readonly Host[]): Forward[] => {
  const on = (name: string) => hosts.find((host) => host.name === name);
  const camera = on('garden-camera');
  const nas = on('diskstation');
  const pump = on('heat-pump');
  return [
    {
      ...makeForward({
        edgePort: 8001,
        protocol: 'tcp',
        host: camera,
        address: '192.168.1.21',
        targetPort: 80,
        label: 'Garden camera',
        isWeb: true,
      }),
      connections: 214,
      bytes: 1_930_554_221,
    },
    {
      ...makeForward({
        edgePort: 2201,
        protocol: 'tcp',
        host: nas,
        address: '192.168.1.40',
        targetPort: 22,
        label: 'DiskStation shell',
        isWeb: false,
      }),
      connections: 12,
      bytes: 4_810_442,
    },
    {
      ...makeForward({
        edgePort: 5020,
        protocol: 'tcp',
        host: pump,
        address: '192.168.1.70',
        targetPort: 502,
        label: 'Heat pump (Modbus)',
        isWeb: false,
      }),
      enabled: false,
      owner: 'Ada Olsen',
    },
  ];
};

const seedChanges = ([first, second, third]: readonly Host[], now: number): HostChange[] => [
  ...(first === undefined ? [] : [changeOf(first, 'new', now - 2 * DAY)]),
  ...(second === undefined
    ? []
    : [
        {
          ...changeOf(second, 'moved', now - 3 * DAY),
          from: '192.168.1.99',
          to: second.addresses[0],
        } as HostChange,
      ]),
  ...(third === undefined ? [] : [changeOf(third, 'gone', now - 4 * DAY)]),
];
const changeOf = ({ id, name }: Host, what: HostChange['what'], at: number): HostChange => ({
  hostId: id,
  name,
  what,
  at,
});

/** An address as the agent describes it. */
export const makeAddress = (host: Host, at: number): Address => {
  const fqdn = `${host.name}.alder.acme.sidegate.internal`;
  return brand<Address>({
    id: fakeId('v'),
    name: host.name,
    fqdn,
    address4: `100.64.0.${at}`,
    target: { kind: 'host', hostId: host.id },
    targetAddress: host.addresses[0],
    label: '',
    note: '',
    enabled: true,
    owner: 'Kim Sørensen',
    createdAt: Date.now(),
    urls: host.services.some(({ port }) => port === 80) ? [`http://${fqdn}/`] : [],
    connections: 0,
    bytes: 0,
  });
};

const seedAddresses = (hosts: readonly Host[]): Address[] => {
  const nas = hosts.find(({ name }) => name === 'diskstation');
  return nas === undefined ? [] : [{ ...makeAddress(nas, 40), connections: 31, bytes: 88_120_004 }];
};

const seedAccess = ([garden]: readonly Forward[], [nas]: readonly Address[], now: number): AccessEntry[] => {
  const visit = { node: 'laptop', address: '100.64.0.7', isOpen: false };
  return brand<AccessEntry[]>([
    {
      ...visit,
      kind: 'forward',
      publicationId: garden?.id,
      name: garden?.url,
      label: garden?.label,
      services: ['tcp/8001'],
      firstAt: now - 12 * MINUTE,
      lastAt: now,
      isOpen: true,
      connections: 48,
      bytes: 31_400_220,
    },
    {
      ...visit,
      kind: 'address',
      publicationId: nas?.id,
      name: nas?.fqdn,
      label: '',
      services: ['tcp/80', 'tcp/443', 'tcp/22'],
      firstAt: now - 5 * HOUR,
      lastAt: now - 4 * HOUR,
      connections: 17,
      bytes: 2_204_118,
    },
    {
      ...visit,
      kind: 'forward',
      publicationId: fakeId('f'),
      name: 'ssh://alder.acme.sidegate.internal:2202/',
      label: '<b>Old</b> shell',
      node: '100.64.0.99',
      address: '100.64.0.99',
      services: ['tcp/2202'],
      firstAt: now - 9 * DAY,
      lastAt: now - 9 * DAY + 20_000,
      connections: 1,
    },
  ]);
};

/** A fresh home; `empty` is one that nobody has scanned. */
export const makeEdgeData = (now: number, empty = false): EdgeData => {
  const lan = brand<Scope>({
    id: fakeId('c'),
    cidr: '192.168.1.0/24',
    kind: 'attached',
    interfaceName: 'eth0',
    label: '',
    lastScanAt: now - 40 * MINUTE,
  });
  const dmz = brand<Scope>({
    id: fakeId('c'),
    cidr: '10.20.0.0/24',
    kind: 'routed',
    label: 'Barn',
    plan: { everySec: 86_400 },
    lastScanAt: now - 3 * DAY,
  });
  const hosts = DEVICES.map((device) => makeHost(device, lan.id, now));
  const scan = brand<Scan>({
    id: fakeId('s'),
    scopeIds: [lan.id],
    state: 'done',
    progress: 1,
    phase: 'done',
    hostsFound: 11,
    startedAt: now - 40 * MINUTE,
    endedAt: now - 40 * MINUTE + 2400,
    notices: [],
  });
  const status = makeStatus(now);
  const forwards = empty ? [] : seedForwards(hosts);
  const addresses = empty ? [] : seedAddresses(hosts);
  if (empty) status.counts = { peers: 0, hosts: 0, forwards: 0 };
  return {
    status: empty ? { ...status, health: [] } : status,
    hosts: byId(empty ? [] : hosts),
    forwards: byId(forwards),
    addresses: byId(addresses),
    scopes: byId(empty ? [lan] : [lan, dmz]),
    scans: byId(empty ? [] : [scan]),
    peers: byId(empty ? [] : makePeers(now)),
    changes: { since: empty ? 0 : now - 6 * DAY, changes: empty ? [] : seedChanges(hosts, now) },
    access: empty ? [] : seedAccess(forwards, addresses, now),
    templates: TEMPLATES,
  };
};

/** The devices a scan of an empty home finds. */
export const findDevices = (scopeId: string, now: number): Host[] =>
  DEVICES.filter(({ seenAgoMs }) => seenAgoMs === undefined).map((device) => ({
    ...makeHost(device, scopeId, now),
    firstSeenAt: now,
  }));
