import type { Candidate, Cidr4, Cidr6, Endpoint, Ip } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IfName, Link, Route } from '../ports/index.ts';
import { findLeft, gatherCandidates, hasWayOut, positionOf } from './own-candidates.ts';
import { type CandidateContext, validateCandidates } from './validate-candidates.ts';

const context: CandidateContext = {
  ownCidrs4: ['192.168.1.2/24' as Cidr4],
  ownCidrs6: ['2001:db8:a::2/64', 'fd00:1::2/64'],
  hasIp4: true,
  hasIp6: true,
  ownAddresses: ['192.168.1.2', '2001:db8:a::2'],
  meshPrefix4: '100.64.0.0/10' as Cidr4,
  meshPrefix6: 'fd12:3456:789a::/48' as Cidr6,
  beaconAddresses: ['203.0.113.1', '2001:db8:203::10'],
  areBothSymmetric: false,
};
const of = (endpoint: string, kind: Candidate['kind'] = 'reflexive'): Candidate => ({
  kind,
  endpoint: endpoint as Endpoint,
});
const isTaken = (candidate: Candidate, change: Partial<CandidateContext> = {}) =>
  validateCandidates([candidate], { ...context, ...change }).length === 1;

describe('candidates of a punch', () => {
  test.each([
    ['a public address', of('198.51.100.7:40001'), true],
    ['a neighbour on our own LAN', of('192.168.1.7:40001', 'lan'), true],
    ['somebody else’s private network', of('10.0.0.7:40001', 'lan'), false],
    ['a private address sold as reflexive', of('10.0.0.7:40001'), false],
    ['our own address', of('192.168.1.2:40001', 'lan'), false],
    ['loopback', of('127.0.0.1:40001'), false],
    ['multicast', of('224.0.0.251:5353'), false],
    ['broadcast', of('255.255.255.255:40001'), false],
    ['the mesh itself', of('100.64.0.7:40001'), false],
    ['a beacon', of('203.0.113.1:7382'), false],
    ['a well-known port', of('198.51.100.7:53'), false],
    ['a global IPv6 address', of('[2001:db8::7]:40001', 'ipv6'), true],
    ['IPv6 loopback', of('[::1]:40001', 'ipv6'), false],
    ['IPv6 link-local', of('[fe80::1]:40001', 'ipv6'), false],
    ['IPv6 multicast', of('[ff02::1]:40001', 'ipv6'), false],
    ['the mesh’s own IPv6', of('[fd12:3456:789a::1]:40001', 'ipv6'), false],
    ['the mesh’s own IPv6, written out', of('[fd12:3456:789a:0:0:0:0:1]:40001', 'ipv6'), false],
    ['a beacon over IPv6, written out', of('[2001:db8:203:0::10]:7382', 'ipv6'), false],
    ['our own IPv6 address', of('[2001:db8:a::2]:40001', 'ipv6'), false],
    ['a neighbour by its global address', of('[2001:db8:a::7]:40001', 'ipv6'), true],
    ['a neighbour by its unique local address', of('[fd00:1::7]:40001', 'lan'), true],
    ['somebody else’s unique local network', of('[fd00:2::7]:40001', 'lan'), false],
    ['a unique local address sold as global', of('[fd00:2::7]:40001', 'ipv6'), false],
    ['a stranger sold as a neighbour', of('[2001:db8:b::7]:40001', 'lan'), false],
    ['a well-known port over IPv6', of('[2001:db8::7]:53', 'ipv6'), false],
    ['6to4', of('[2002:c0a8:101::1]:40001', 'ipv6'), false],
    ['IPv4 in disguise', of('[::ffff:127.0.0.1]:40001', 'ipv6'), false],
  ])('%s: %s', (_name, candidate, expected) => {
    expect(isTaken(candidate)).toBe(expected);
  });

  test('between two symmetric NATs what the broker saw is no use, a forwarded port is', () => {
    expect(isTaken(of('198.51.100.7:40001'), { areBothSymmetric: true })).toBe(false);
    expect(isTaken(of('198.51.100.7:40001', 'static'), { areBothSymmetric: true })).toBe(true);
    expect(isTaken(of('[2001:db8::7]:40001', 'reflexive'), { areBothSymmetric: true })).toBe(true);
  });

  test('over a family without a way out, only neighbours are reached', () => {
    const [four, six] = [{ hasIp4: false }, { hasIp6: false }];
    expect(isTaken(of('198.51.100.7:40001'), four)).toBe(false);
    expect(isTaken(of('192.168.1.7:40001', 'lan'), four)).toBe(true);
    expect(isTaken(of('[2001:db8::7]:40001', 'ipv6'), six)).toBe(false);
    expect(isTaken(of('[2001:db8:a::7]:40001', 'ipv6'), six)).toBe(true);
  });

  test('never more than twelve, each once', () => {
    const many = Array.from({ length: 40 }, (_, at) => of(`198.51.100.7:${40_000 + (at % 30)}`));
    const taken = validateCandidates(many, context);
    expect(taken.length).toBe(12);
    expect(new Set(taken.map(({ endpoint }) => endpoint)).size).toBe(12);
  });

  test('nothing that is taken is inside the mesh, loopback or multicast', () => {
    const addresses = fc.oneof(
      fc.ipV4(),
      fc.constantFrom('100.100.0.1', '127.9.9.9', '239.1.1.1', '0.0.0.0'),
    );
    fc.assert(
      fc.property(addresses, fc.integer({ min: 1, max: 65535 }), (address, port) => {
        if (!isTaken(of(`${address}:${port}`))) return;
        const first = Number(address.split('.')[0]);
        expect(port).toBeGreaterThanOrEqual(1024);
        expect(first > 0 && first !== 127 && first < 224).toBe(true);
      }),
    );
  });
});

const link = (name: string, addresses4: string[], more: Partial<Link> = {}): Link => ({
  name: name as IfName,
  mac: undefined,
  isUp: true,
  isLoopback: false,
  addresses4: addresses4 as Cidr4[],
  addresses6: [],
  linkKind: undefined,
  ...more,
});

test('own candidates: real interfaces only, the given ones first, at most eight', () => {
  const links = [
    link('lo', ['127.0.0.1/8'], { isLoopback: true }),
    link('eth0', ['192.168.1.2/24'], { addresses6: ['2001:db8::2/64', 'fe80::2/64', 'fd00::2/64'] }),
    link('wan', ['198.51.100.2/24']),
    link('docker0', ['172.17.0.1/16']),
    link('br-0123456789ab', ['172.18.0.1/16']),
    link('br-lan', ['192.168.7.1/24']),
    link('sg0', ['100.64.0.1/10']),
    link('eth1', ['192.168.9.2/24'], { isUp: false }),
  ];
  const options = { links, tunnelName: 'sg0' as IfName, listenPort: 30_000 };
  expect(gatherCandidates({ ...options, extra: [of('203.0.113.9:7000', 'mapped')] })).toEqual([
    of('203.0.113.9:7000', 'mapped'),
    of('192.168.1.2:30000', 'lan'),
    of('[2001:db8::2]:30000', 'ipv6'),
    of('[fd00::2]:30000', 'lan'),
    of('198.51.100.2:30000', 'static'),
    of('192.168.7.1:30000', 'lan'),
  ]);
  const crowded = [
    link(
      'eth0',
      Array.from({ length: 20 }, (_, at) => `192.168.1.${at + 1}/24`),
    ),
  ];
  expect(gatherCandidates({ ...options, links: crowded, extra: [] }).length).toBe(8);
});

test('own candidates: temporary addresses before lasting ones, not more than two', () => {
  const temporary6 = [3, 4, 5].map((at) => `2001:db8::${at}/64`);
  const links = [link('wlan0', [], { addresses6: ['2001:db8::2/64', ...temporary6], temporary6 })];
  const own = gatherCandidates({ links, tunnelName: 'sg0' as IfName, listenPort: 30_000, extra: [] });
  expect(own.map(({ endpoint }) => endpoint)).toEqual(
    [3, 4, 2].map((at) => `[2001:db8::${at}]:30000` as Endpoint),
  );
});

describe('our position', () => {
  const at = (addresses4: string[], addresses6: string[], defaults: Route[], more: Partial<Link> = {}) =>
    positionOf({ links: [link('eth0', addresses4, { addresses6, ...more })], routes: defaults }, SG0);
  const SG0 = 'sg0' as IfName;
  const to = (family: 4 | 6, gateway: string): Route => ({
    destination: 'default',
    family,
    gateway: gateway as Ip,
    interfaceName: 'eth0' as IfName,
  });
  const [four, six] = [to(4, '192.168.1.1'), to(6, 'fe80::1')];
  const before = at(['192.168.1.2/24'], ['2001:db8::2/64', 'fe80::2/64'], [four, six]);

  test('is left over a family when an address went or the way out is another; what came is no move', () => {
    const same = (addresses4: string[], addresses6: string[], defaults: Route[]) =>
      findLeft(before, at(addresses4, addresses6, defaults));
    expect(same(['192.168.1.2/24', '10.0.0.2/24'], ['2001:db8::2/64'], [four, six])).toEqual([]);
    expect(same(['192.168.1.3/24'], ['2001:db8::2/64'], [four, six])).toEqual([4]);
    expect(same(['192.168.1.2/24'], ['2001:db8::2/64'], [to(4, '10.0.0.1'), six])).toEqual([4]);
    expect(same(['192.168.1.2/24'], ['2001:db8::2/64'], [four])).toEqual([6]);
    expect(same(['192.168.1.2/24'], ['2001:db8:7::2/64'], [four, six])).toEqual([6]);
    expect(same([], [], [])).toEqual([4, 6]);
  });

  test('is not left when a temporary address goes, as they do every day', () => {
    const withTemporary = (address: string) =>
      at([], ['2001:db8::2/64', address], [six], { temporary6: [address] });
    expect(findLeft(withTemporary('2001:db8::7/64'), withTemporary('2001:db8::8/64'))).toEqual([]);
  });

  test('has a way out over either family', () => {
    expect(hasWayOut(before)).toBe(true);
    expect(hasWayOut(at([], ['2001:db8::2/64'], [six]))).toBe(true);
    expect(hasWayOut(at([], ['fe80::2/64'], [six]))).toBe(false);
    expect(hasWayOut(at(['192.168.1.2/24'], [], [six]))).toBe(false);
  });
});
