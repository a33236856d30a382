import type { Candidate, Cidr4, Cidr6, Endpoint } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IfName, Link } from '../ports/index.ts';
import { gatherCandidates, hasMoved } from './own-candidates.ts';
import { type CandidateContext, validateCandidates } from './validate-candidates.ts';

const context: CandidateContext = {
  ownCidrs4: ['192.168.1.2/24' as Cidr4],
  ownAddresses: ['192.168.1.2'],
  meshPrefix4: '100.64.0.0/10' as Cidr4,
  meshPrefix6: 'fd12:3456:789a::/48' as Cidr6,
  beaconAddresses: ['203.0.113.1'],
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
    ['IPv4 in disguise', of('[::ffff:127.0.0.1]:40001', 'ipv6'), false],
  ])('%s: %s', (_name, candidate, expected) => {
    expect(isTaken(candidate)).toBe(expected);
  });

  test('between two symmetric NATs what the broker saw is no use, a forwarded port is', () => {
    expect(isTaken(of('198.51.100.7:40001'), { areBothSymmetric: true })).toBe(false);
    expect(isTaken(of('198.51.100.7:40001', 'static'), { areBothSymmetric: true })).toBe(true);
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

test('an address that came is no move; one that went, or another way out, is', () => {
  const before = { addresses: ['eth0 192.168.1.2/24'], defaults: ['192.168.1.1 eth0'] };
  expect(hasMoved(before, { ...before, addresses: [...before.addresses, 'wlan0 10.0.0.2/24'] })).toBe(false);
  expect(hasMoved(before, { ...before, addresses: ['eth0 192.168.1.3/24'] })).toBe(true);
  expect(hasMoved(before, { ...before, defaults: ['10.0.0.1 wlan0'] })).toBe(true);
  expect(hasMoved({ addresses: [], defaults: [] }, before)).toBe(false);
});
