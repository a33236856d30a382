/** An account of a small service company: its people, homes and machines. */
import type { AuditEntry, EnrolmentKey, PendingEnrolment, PortalNode, User } from '@sidegate/protocol';
import { brand, fakeId, fakeKey } from './fake-api.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Everything the fake portal knows. */
export interface PortalData {
  readonly users: Map<string, User>;
  readonly nodes: Map<string, PortalNode>;
  readonly keys: Map<string, EnrolmentKey>;
  readonly requests: Map<string, PendingEnrolment>;
  readonly audit: AuditEntry[];
}

interface Machine {
  readonly name: string;
  readonly last: number;
  readonly rest?: object;
}

const EDGES: readonly Machine[] = [
  {
    name: 'alder',
    last: 7,
    rest: {
      platform: 'Debian GNU/Linux 12, Raspberry Pi 4',
      hostname: 'raspberrypi',
      tags: ['north'],
      note: 'Ms Alder, Lindenweg 4. Ring twice.',
      counts: { hosts: 13, forwards: 3 },
      health: ['mdns-silent'],
      endpoint: '203.0.113.42:40117',
    },
  },
  {
    name: 'birch',
    last: 8,
    rest: {
      platform: 'OpenWrt 24.10, GL-MT3000',
      hostname: 'OpenWrt',
      tags: ['north', 'vip'],
      counts: { hosts: 31, forwards: 12 },
      endpoint: '203.0.113.99:41220',
      path: 'relayed',
      nat: 'symmetric',
    },
  },
  {
    name: 'cedar-summer-house',
    last: 9,
    rest: {
      platform: 'OpenWrt 24.10, Linksys E8450',
      hostname: 'cedar',
      online: false,
      lastSeenAgoMs: 5 * DAY,
      path: 'down',
      nat: 'unknown',
      tags: ['south'],
    },
  },
  {
    name: 'dogwood',
    last: 10,
    rest: {
      platform: 'Debian GNU/Linux 13, NanoPi R4S',
      hostname: 'nanopi',
      counts: { hosts: 22, forwards: 5 },
      endpoint: '198.51.100.200:39001',
      tags: ['south'],
    },
  },
  {
    name: 'elm',
    last: 11,
    rest: {
      platform: 'OpenWrt 24.10, TP-Link Archer AX23',
      hostname: 'OpenWrt',
      counts: { hosts: 8, forwards: 0 },
      health: ['forward-target-lost', 'clock-wrong'],
      endpoint: '203.0.113.7:44100',
    },
  },
];
const OTHERS: readonly Machine[] = [
  {
    name: 'kims-laptop',
    last: 2,
    rest: {
      role: 'client',
      platform: 'Debian GNU/Linux 12',
      hostname: 'kim-xps',
      endpoint: '198.51.100.23:41641',
    },
  },
  {
    name: 'van-tablet',
    last: 3,
    rest: {
      role: 'client',
      platform: 'WireGuard app',
      hostname: 'van-tablet',
      path: 'relayed',
      profile: { isOutOfDate: true },
    },
  },
  {
    name: 'office-relay',
    last: 4,
    rest: {
      role: 'relay',
      platform: 'Debian GNU/Linux 12',
      hostname: 'relay',
      nat: 'none',
      endpoint: '192.0.2.77:51900',
    },
  },
  {
    name: 'old-netbook',
    last: 5,
    rest: {
      role: 'client',
      platform: 'Debian GNU/Linux 11',
      hostname: 'netbook',
      online: false,
      lastSeenAgoMs: 40 * DAY,
      path: 'down',
    },
  },
];

/** A node, from the few things in which it differs from others. */
export const makeNode = (machine: Machine, now: number): PortalNode => {
  const { lastSeenAgoMs, path: _path, ...rest } = { lastSeenAgoMs: 20_000, path: 'direct', ...machine.rest };
  return brand<PortalNode>({
    id: fakeId('n'),
    name: machine.name,
    fqdn: `${machine.name}.acme.sidegate.internal`,
    role: 'edge',
    publicKey: fakeKey(machine.name),
    address4: `100.64.0.${machine.last}`,
    address6: `fd7a:5347:a1b2::${machine.last}`,
    tags: [],
    note: '',
    hostname: machine.name,
    platform: 'Debian GNU/Linux 12',
    agentVersion: '0.1.0',
    online: true,
    lastSeenAt: now - lastSeenAgoMs,
    createdAt: now - 200 * DAY,
    nat: 'endpoint-independent',
    paths: [],
    health: [],
    counts: { hosts: 0, forwards: 0 },
    ...rest,
  });
};

const makeNodes = (now: number, kim: User): PortalNode[] => {
  const others = OTHERS.map((machine) => ({
    ...makeNode(machine, now),
    owner: { id: kim.id, name: kim.name },
  }));
  const [laptop, tablet] = others;
  const edges = EDGES.map((machine) => {
    const node = makeNode(machine, now);
    const state = (machine.rest as { path?: string } | undefined)?.path ?? 'direct';
    if (state === 'down' || laptop === undefined || tablet === undefined) return node;
    const paths = [
      { peer: laptop.id, state, endpoint: '198.51.100.23:41641', rttMs: state === 'direct' ? 12.4 : 47 },
      { peer: tablet.id, state: 'relayed', rttMs: 49.2 },
    ];
    return brand<PortalNode>({ ...node, paths });
  });
  return [...edges, ...others];
};

/** A fresh account. */
export const makePortalData = (now: number): PortalData => {
  const user = (name: string, email: string, role: User['role'], lastLoginAgoMs?: number): User =>
    brand<User>({
      id: fakeId('u'),
      name,
      email,
      role,
      createdAt: now - 300 * DAY,
      ...(lastLoginAgoMs === undefined ? {} : { lastLoginAt: now - lastLoginAgoMs }),
    });
  const ada = user('Ada Olsen', 'ada@example.com', 'owner', 2 * DAY);
  const kim = user('Kim Sørensen', 'kim@example.com', 'admin', 3 * MINUTE);
  const users = [
    ada,
    kim,
    user('Sam Field', 'sam@example.com', 'technician', 5 * HOUR),
    user('Ms Alder', 'alder@example.com', 'member'),
  ];
  const key = (label: string, rest: Partial<EnrolmentKey>): EnrolmentKey =>
    brand<EnrolmentKey>({
      id: fakeId('k'),
      label,
      role: 'edge',
      tags: [],
      reusable: false,
      uses: 0,
      createdAt: now - DAY,
      expiresAt: now + 6 * DAY,
      state: 'valid',
      ...rest,
    });
  const keys = [
    key('Spring roll-out', { reusable: true, uses: 4, tags: brand(['north']) }),
    key('Elm', { uses: 1, state: 'used', createdAt: now - 20 * DAY, expiresAt: now - 19 * DAY }),
    key('Sam’s new laptop', {
      role: 'client',
      state: 'expired',
      createdAt: now - 9 * DAY,
      expiresAt: now - 8 * DAY,
    }),
  ];
  const request = brand<PendingEnrolment>({
    code: 'BCDF-GHJK',
    name: 'fir',
    role: 'edge',
    hostname: 'OpenWrt',
    platform: 'OpenWrt 24.10, Banana Pi BPI-R3',
    fromAddress: '203.0.113.150',
    createdAt: now - MINUTE,
    expiresAt: now + 14 * MINUTE,
  });
  const said = (agoMs: number, actor: string, action: string, target: string, detail = ''): AuditEntry => ({
    at: now - agoMs,
    actor,
    action,
    target,
    detail,
  });
  const audit = [
    said(3 * MINUTE, 'Kim Sørensen', 'session.opened', 'kim@example.com', 'from 198.51.100.23'),
    said(2 * HOUR, 'Sam Field', 'ticket.issued', 'birch'),
    said(5 * HOUR, 'Sam Field', 'session.opened', 'sam@example.com', 'from 203.0.113.61'),
    said(DAY, 'Kim Sørensen', 'enrolment-key.created', 'Spring roll-out', 'reusable, edge'),
    said(DAY + HOUR, 'Kim Sørensen', 'node.renamed', 'dogwood', 'was nanopi'),
    said(3 * DAY, 'Ada Olsen', 'user.changed', 'Sam Field', 'role member to technician'),
    said(6 * DAY, 'spring roll-out', 'node.enrolled', 'elm', 'OpenWrt 24.10'),
  ];
  const byId = <T extends { id: string }>(items: readonly T[]) =>
    new Map(items.map((item) => [item.id as string, item]));
  return {
    users: byId(users),
    nodes: byId(makeNodes(now, kim)),
    keys: byId(keys),
    requests: new Map([[request.code, request]]),
    audit,
  };
};
