/** One of everything the daemon can answer, with hostile text where a device would have put it. */
import {
  Address,
  EdgeStatus,
  Forward,
  Host,
  HostChanges,
  PeerStatus,
  Scan,
  Scope,
  ScopeSuggestion,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { NOW_MS } from './fake-daemon.ts';

const ago = (sec: number): number => NOW_MS - sec * 1000;
const key = `${'A'.repeat(43)}=`;

export const STATUS: EdgeStatus = v.parse(EdgeStatus, {
  state: 'up',
  version: '1.2.3',
  platform: 'Debian GNU/Linux 12 (bookworm)',
  hostname: 'box',
  startedAt: ago(3 * 86_400),
  node: {
    id: 'n_edgeedgeedgeedge',
    name: 'home',
    fqdn: 'home.acme.sidegate.internal',
    role: 'edge',
    address4: '100.64.0.1',
    address6: 'fd12::1',
    publicKey: key,
    account: 'Acme',
  },
  broker: {
    url: 'https://broker.example',
    connected: true,
    lastContactAt: ago(12),
    beaconReachable: true,
    nat: 'endpoint-independent',
    reflexive4: '198.51.100.7:40001',
  },
  tunnel: { interfaceName: 'sg0', kind: 'kernel', listenPort: 40_001, mtuBytes: 1280 },
  portMapping: {
    state: 'mapped',
    gateway: '192.168.1.1',
    protocol: 'pcp',
    external: '198.51.100.7:40001',
    expiresAt: ago(-6000),
  },
  candidates: [
    { kind: 'mapped', endpoint: '198.51.100.7:40001' },
    { kind: 'lan', endpoint: '192.168.1.2:40001' },
  ],
  counts: { peers: 2, hosts: 1, forwards: 3 },
  health: [
    {
      code: 'mdns-silent',
      severity: 'warning',
      title: 'Nobody answers mDNS',
      hint: 'A switch may filter multicast.',
      source: 'discovery',
      sinceMs: ago(60),
    },
  ],
  plugins: [
    { name: 'mesh', state: 'running', detail: '' },
    { name: 'port-mapping', state: 'skipped', detail: 'turned off in the config' },
  ],
});

export const NOT_ENROLLED: EdgeStatus = v.parse(EdgeStatus, {
  state: 'not-enrolled',
  version: '1.2.3',
  platform: 'Debian GNU/Linux 12 (bookworm)',
  hostname: 'box',
  startedAt: ago(60),
  counts: { peers: 0, hosts: 0, forwards: 0 },
  health: [],
  plugins: [],
});

export const PEERS: PeerStatus[] = v.parse(v.array(PeerStatus), [
  {
    id: 'n_laptoplaptopxxxx',
    name: 'laptop',
    fqdn: 'laptop.acme.sidegate.internal',
    role: 'client',
    address4: '100.64.0.2',
    address6: 'fd12::2',
    online: true,
    tags: [],
    path: 'direct',
    endpoint: '203.0.113.9:41000',
    rttMs: 12.34,
    latestHandshakeAt: ago(75),
    rxBytes: 1_234_567,
    txBytes: 999,
    explain: [
      { at: ago(300), from: 'relayed', to: 'probing', why: 'the broker said so' },
      { at: ago(299), from: 'probing', to: 'direct', why: 'probes went both ways' },
    ],
  },
  {
    id: 'n_cabincabincabinx',
    name: 'cabin',
    fqdn: 'cabin.acme.sidegate.internal',
    role: 'edge',
    address4: '100.64.0.3',
    address6: 'fd12::3',
    online: false,
    tags: [],
    path: 'down',
    rxBytes: 0,
    txBytes: 0,
    explain: [],
  },
]);

export const SCOPES: Scope[] = v.parse(v.array(Scope), [
  {
    id: 'c_lanlanlanlanlanl',
    cidr: '192.168.1.0/24',
    kind: 'attached',
    interfaceName: 'lan0',
    label: '',
    plan: { everySec: 21_600, packetsPerSec: 200 },
    lastScanAt: ago(600),
  },
  { id: 'c_dmzdmzdmzdmzdmzd', cidr: '10.20.0.0/24', kind: 'routed', label: 'cameras' },
  {
    id: 'c_straystraystrays',
    cidr: '192.168.55.0/24',
    kind: 'stray',
    interfaceName: 'lan0',
    senderAddress: '192.168.55.1',
    label: '',
  },
]);

export const CAMERA: Host = v.parse(Host, {
  id: 'h_cameracameracame',
  mac: '00:40:8c:12:34:56',
  addresses: ['192.168.1.10'],
  name: 'front door',
  givenName: 'front door',
  note: '',
  vendor: 'Axis Communications',
  kind: 'camera',
  services: [
    { protocol: 'tcp', port: 80, name: 'http', title: 'Camera \u001b[2J\u202eeraweb', scheme: 'http' },
    { protocol: 'tcp', port: 554, name: 'rtsp' },
  ],
  scopeId: 'c_lanlanlanlanlanl',
  online: true,
  firstSeenAt: ago(86_400),
  lastSeenAt: ago(2),
  suggestions: [
    { protocol: 'tcp', port: 80, label: 'Web interface' },
    { protocol: 'tcp', port: 554, label: 'Video' },
  ],
  history: [
    { at: ago(86_400), what: 'found', address: '192.168.1.9' },
    { at: ago(3_600), what: 'moved', address: '192.168.1.10' },
  ],
  evidence: [{ source: 'arp', field: 'vendor', value: 'Axis Communications', at: ago(2) }],
});

export const HOSTS: Host[] = [
  CAMERA,
  v.parse(Host, {
    id: 'h_thingthingthingt',
    mac: '02:00:00:00:00:09',
    addresses: ['192.168.1.9'],
    name: '192.168.1.9',
    note: '',
    kind: 'unknown',
    services: [],
    scopeId: 'c_lanlanlanlanlanl',
    online: false,
    firstSeenAt: ago(86_400),
    lastSeenAt: ago(7200),
    evidence: [],
  }),
];

export const FORWARD: Forward = v.parse(Forward, {
  id: 'f_forwardforwardfo',
  protocol: 'tcp',
  edgePort: 8001,
  target: { kind: 'host', hostId: CAMERA.id },
  targetPort: 80,
  targetAddress: '192.168.1.10',
  label: 'camera page',
  enabled: true,
  owner: 'root',
  createdAt: ago(3600),
  note: '',
  url: 'http://home.acme.sidegate.internal:8001/',
  connections: 2,
  bytes: 5_400_000,
});

export const ADDRESS: Address = v.parse(Address, {
  id: 'v_addressaddressad',
  name: 'front-door',
  fqdn: 'front-door.home.acme.sidegate.internal',
  address4: '100.64.0.50',
  address6: 'fd00::32',
  target: { kind: 'host', hostId: CAMERA.id },
  targetAddress: '192.168.1.10',
  ports: [
    { protocol: 'tcp', from: 80, to: 80 },
    { protocol: 'udp', from: 10_000, to: 10_019 },
  ],
  label: '',
  note: '',
  enabled: true,
  allow: { nodes: [], tags: ['support'], users: ['u_annaannaannaanna'] },
  allowWords: ['tag:support', 'user:anna'],
  owner: 'root',
  createdAt: ago(3600),
  urls: ['http://front-door.home.acme.sidegate.internal/'],
  connections: 2,
  bytes: 5_400_000,
});

export const SCAN: Scan = v.parse(Scan, {
  id: 's_scanscanscanscan',
  scopeIds: ['c_lanlanlanlanlanl'],
  state: 'running',
  progress: 0,
  phase: 'looking for hosts',
  hostsFound: 0,
  startedAt: NOW_MS,
  notices: [],
});

export const CHANGES: HostChanges = v.parse(HostChanges, {
  since: ago(86_400 * 2),
  changes: [
    {
      hostId: CAMERA.id,
      name: CAMERA.name,
      what: 'moved',
      at: ago(3_600),
      from: '192.168.1.9',
      to: '192.168.1.10',
    },
    { hostId: 'h_thingthingthingt', name: '192.168.1.9', what: 'gone', at: ago(7_200), from: '192.168.1.9' },
  ],
});

export const SUGGESTIONS: ScopeSuggestion[] = v.parse(v.array(ScopeSuggestion), [
  {
    cidr: '192.168.100.0/24',
    label: 'Modem',
    from: 'modem',
    why: 'Somebody answers at 192.168.100.1, where modems have their page.',
  },
]);
