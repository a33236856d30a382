/** All that the fake edge holds: a home with its devices, networks, publications and peers. */
import type {
  AccessEntry,
  Address,
  EdgeStatus,
  Forward,
  Host,
  HostChange,
  HostChanges,
  PeerStatus,
  Scan,
  Scope,
  TemplateView,
} from '@sidegate/protocol';
import { makeHosts } from './edge-devices.ts';
import { seedAccess, seedAddresses, seedForwards } from './edge-publications.ts';
import { makePeers, makeStatus } from './edge-status.ts';
import { brand, fakeId } from './fake-api.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

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
  {
    name: 'door-station',
    from: 'config',
    fault: 'ports such as 80, 161/udp or 10000-10019, not "8o"',
  },
].map((one) =>
  brand<TemplateView>({
    kinds: [],
    macPrefixes: [],
    ports: [],
    as: 'forwards',
    auto: false,
    allow: [],
    hostIds: [],
    ...one,
  }),
);

const byId = <T extends { id: string }>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.id, item]));

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
  const hosts = makeHosts(lan.id, now);
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
