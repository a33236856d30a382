import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IfName } from '../ports/index.ts';
import {
  parseIpLinks,
  parseIpNeighbours,
  parseIpRoutes,
  parseMonitorLine,
  parseMonitorNeighbour,
} from './ip-json.ts';

/** Recorded from iproute2 on a board with a tunnel of wireguard-go, an unplugged socket and a camera. */
const ADDRESSES = JSON.stringify([
  {
    ifname: 'lo',
    flags: ['LOOPBACK', 'UP', 'LOWER_UP'],
    mtu: 65536,
    link_type: 'loopback',
    address: '00:00:00:00:00:00',
    addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host' }],
  },
  {
    ifname: 'va',
    link: 'vb',
    flags: ['NO-CARRIER', 'BROADCAST', 'MULTICAST', 'UP', 'M-DOWN'],
    mtu: 1500,
    operstate: 'LOWERLAYERDOWN',
    link_type: 'ether',
    address: 'da:be:20:12:f8:91',
    linkinfo: { info_kind: 'veth' },
    addr_info: [{ family: 'inet', local: '10.1.2.3', prefixlen: 24, scope: 'global', label: 'va' }],
  },
  {
    ifname: 'sg0',
    flags: ['POINTOPOINT', 'MULTICAST', 'NOARP', 'UP', 'LOWER_UP'],
    mtu: 1280,
    link_type: 'none',
    linkinfo: { info_kind: 'tun', info_data: { type: 'tun', pi: true } },
    addr_info: [
      { family: 'inet', local: '100.64.0.1', prefixlen: 32, scope: 'global' },
      { family: 'inet6', local: 'fe80::c703:f2e9:7210:ea26', prefixlen: 64, scope: 'link' },
      {},
    ],
  },
]);

describe('interfaces', () => {
  it('are read with kind, carrier and addresses', () => {
    expect(parseIpLinks(ADDRESSES)).toEqual([
      expect.objectContaining({ name: 'lo', isLoopback: true, isUp: true, mac: undefined }),
      expect.objectContaining({
        name: 'va',
        mac: 'da:be:20:12:f8:91',
        isUp: false,
        isAdminUp: true,
        linkKind: 'veth',
        addresses4: ['10.1.2.3/24'],
      }),
      expect.objectContaining({
        name: 'sg0',
        mac: undefined,
        isUp: true,
        mtuBytes: 1280,
        linkKind: 'tun',
        addresses4: ['100.64.0.1/32'],
        addresses6: ['fe80::c703:f2e9:7210:ea26/64'],
      }),
    ]);
  });
});

it('addresses on their way out or not yet there are left out, and temporary ones are told apart', () => {
  const address = (local: string, more: object = {}) => ({
    family: 'inet6',
    local,
    prefixlen: 64,
    scope: 'global',
    ...more,
  });
  const text = JSON.stringify([
    {
      ifname: 'wlan0',
      flags: ['UP', 'LOWER_UP'],
      addr_info: [
        address('2001:db8::2', { dynamic: true, mngtmpaddr: true }),
        address('2001:db8::a7', { temporary: true, dynamic: true }),
        address('2001:db8::b8', { temporary: true, deprecated: true }),
        address('2001:db8::c9', { tentative: true }),
        address('2001:db8::da', { dadfailed: true, tentative: true }),
      ],
    },
  ]);
  expect(parseIpLinks(text)[0]).toMatchObject({
    addresses6: ['2001:db8::2/64', '2001:db8::a7/64'],
    temporary6: ['2001:db8::a7/64'],
  });
});

describe('routes', () => {
  it('are read with networks written out, and only where they lead somewhere', () => {
    const text = JSON.stringify([
      { dst: 'default', gateway: '192.168.1.1', dev: 'eth0', flags: [] },
      { dst: '192.168.1.0/24', dev: 'eth0', protocol: 'kernel', prefsrc: '192.168.1.2' },
      { dst: '100.64.0.2', dev: 'sg0', protocol: '83' },
      { type: 'unreachable', dst: '10.0.0.0/8', dev: 'lo' },
      { dst: 'fd00::2', dev: 'sg0', metric: 1024 },
      { dst: 'nonsense', dev: 'eth0' },
    ]);
    expect(parseIpRoutes(text, 4).map(({ destination, gateway }) => [destination, gateway])).toEqual([
      ['default', '192.168.1.1'],
      ['192.168.1.0/24', undefined],
      ['100.64.0.2/32', undefined],
      ['fd00::2/128', undefined],
    ]);
  });

  it('leave out those with a mark, and nothing is said when they come', () => {
    const text = JSON.stringify([
      { dst: '100.64.0.2', dev: 'sg0', protocol: '83', scope: 'link', flags: [] },
      { dst: 'default', gateway: '192.168.1.1', dev: 'eth0', flags: [] },
    ]);
    expect(parseIpRoutes(text, 4, undefined, '83').map(({ destination }) => destination)).toEqual([
      'default',
    ]);
    const line = '[ROUTE]100.64.0.2 dev sg0 proto 83 scope link ';
    expect([parseMonitorLine(line, '83'), parseMonitorLine(line)]).toEqual([undefined, 'route']);
  });

  it('take the interface from the question where the answer leaves it out', () => {
    const text = JSON.stringify([{ dst: '100.64.0.2', scope: 'link', flags: [] }]);
    expect(parseIpRoutes(text, 4, 'sg0' as IfName)).toEqual([
      { destination: '100.64.0.2/32', family: 4, gateway: undefined, interfaceName: 'sg0' },
    ]);
    expect(parseIpRoutes(text, 4)).toEqual([]);
  });
});

describe('neighbours', () => {
  it('are read where they have a MAC address', () => {
    const text = JSON.stringify([
      { dst: '192.168.1.9', dev: 'eth0', lladdr: '00:11:22:AA:44:55', state: ['REACHABLE'] },
      { dst: '192.168.1.10', dev: 'eth0', state: ['FAILED'] },
    ]);
    expect(parseIpNeighbours(text)).toEqual([
      { address: '192.168.1.9', mac: '00:11:22:aa:44:55', interfaceName: 'eth0', state: 'REACHABLE' },
    ]);
  });
});

it.each([
  ['[LINK]3: vb@NONE: <BROADCAST,MULTICAST> mtu 1500', 'link'],
  ['[ADDR]4: va    inet 10.1.2.3/24 scope global va', 'address'],
  ['[ROUTE]10.1.2.0/24 dev va proto kernel scope link', 'route'],
  ['[NEIGH]10.1.2.9 dev va lladdr 00:11:22:33:44:55 PERMANENT', 'neighbour'],
  ['       valid_lft forever', undefined],
])('tells what %j is about', (line, what) => {
  expect(parseMonitorLine(line)).toBe(what);
});

it('survives any text and any JSON', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseIpLinks(text);
      parseIpRoutes(text, 4);
      parseIpNeighbours(text);
      parseMonitorLine(text);
    }),
  );
});

it('survives fields of any kind', () => {
  const names = fc.constantFrom('ifname', 'dst', 'dev', 'lladdr', 'addr_info', 'flags', 'state', 'gateway');
  const item = fc.dictionary(
    names,
    fc.oneof(fc.jsonValue(), fc.constantFrom('eth0', '10.0.0.1', 'fe80::1/64')),
  );
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const text = JSON.stringify(items);
      for (const link of parseIpLinks(text)) expect(link.name.length).toBeGreaterThan(0);
      for (const route of parseIpRoutes(text, 6)) expect(route.destination).toMatch(/^default$|\//);
      for (const neighbour of parseIpNeighbours(text)) expect(neighbour.mac).toHaveLength(17);
    }),
  );
});

describe('a neighbour in the words of ip monitor', () => {
  it.each([
    ['[NEIGH]192.168.1.20 dev eth0 lladdr 3c:2a:f4:00:00:01 REACHABLE', 'REACHABLE'],
    ['[NEIGH]192.168.1.20 dev eth0 lladdr 3c:2a:f4:00:00:01 router STALE ', 'STALE'],
    ['[NEIGH]Deleted 192.168.1.20 dev eth0 lladdr 3c:2a:f4:00:00:01 STALE', undefined],
    ['[NEIGH]192.168.1.20 dev eth0  FAILED', undefined],
    ['[LINK]2: eth0: <UP>', undefined],
  ])('%s', (line, state) => {
    expect(parseMonitorNeighbour(line)?.state).toBe(state);
  });

  it('is read back from any that ip may write', () => {
    const hex = fc.integer({ min: 0, max: 255 }).map((byte) => byte.toString(16).padStart(2, '0'));
    const mac = fc.array(hex, { minLength: 6, maxLength: 6 }).map((bytes) => bytes.join(':'));
    const flags = fc.subarray(['router', 'proxy', 'extern_learn', 'offload']);
    const states = fc.constantFrom('REACHABLE', 'STALE', 'DELAY', 'PROBE', 'PERMANENT', 'NOARP');
    const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,14}$/);
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.constant('fe80::1')),
        name,
        mac,
        flags,
        states,
        (to, dev, lladdr, more, state) => {
          const line = [`[NEIGH]${to}`, 'dev', dev, 'lladdr', lladdr, ...more, state].join(' ');
          const neighbour = parseMonitorNeighbour(line);
          expect(neighbour).toEqual({ address: to, interfaceName: dev, mac: lladdr, state });
        },
      ),
    );
  });

  it('takes any line, and gives back only what is whole', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '[NEIGH]',
        '[NEIGH]10.0.0.1',
        'dev',
        'eth0',
        'lladdr',
        '3c:2a:f4:00:00:01',
        'STALE',
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const neighbour = parseMonitorNeighbour(words.join(' '));
        if (neighbour === undefined) return;
        expect(neighbour.mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
        expect(neighbour.state).toMatch(/^[A-Z]+$/);
      }),
    );
  });
});
