import { splitEndpoint } from '@sidegate/kit';
import type { Candidate, Cidr4, Cidr6, Endpoint, Ip, Ip4 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptCandidates, type CandidateRules, candidatesFor } from './candidates.ts';

const RULES: CandidateRules = {
  prefix4: '100.64.0.0/10' as Cidr4,
  prefix6: 'fd12:3456:789a::/48' as Cidr6,
  brokerAddresses: new Set(['203.0.113.10' as Ip]),
  isLoopbackAllowed: false,
};
const lan = (endpoint: string): Candidate => ({ kind: 'lan', endpoint: endpoint as Endpoint });
const accepted = (...endpoints: string[]) =>
  acceptCandidates(endpoints.map(lan), RULES).map(({ endpoint }) => endpoint);

describe("a node's claims", () => {
  test.each([
    ['loopback', '127.0.0.1:40001'],
    ['loopback in IPv6', '[::1]:40001'],
    ['unspecified', '0.0.0.0:40001'],
    ['unspecified in IPv6', '[::]:40001'],
    ['link-local', '169.254.3.4:40001'],
    ['link-local in IPv6', '[fe80::1]:40001'],
    ['site-local in IPv6', '[fec0::1]:40001'],
    ['multicast', '224.0.0.251:40001'],
    ['multicast in IPv6', '[ff02::fb]:40001'],
    ['broadcast', '255.255.255.255:40001'],
    ['the mesh itself', '100.64.0.10:40001'],
    ['the mesh itself in IPv6', '[fd12:3456:789a::a]:40001'],
    ['the mesh itself with zeros', '[fd12:3456:789a:0000::000a]:40001'],
    ['the broker', '203.0.113.10:40001'],
    ['a low port', '192.168.1.2:53'],
    ['IPv4-compatible IPv6', '[::192.168.1.2]:40001'],
  ])('%s is not believed', (_, endpoint) => {
    expect(accepted(endpoint)).toEqual([]);
  });

  test('usable ones are kept, once each', () => {
    const usable = ['192.168.1.2:40001', '198.51.100.7:40001', '[2001:db8::7]:40001', '[fd00::7]:40001'];
    expect(accepted(...usable, ...usable)).toEqual(usable);
  });

  test('IPv4 in IPv6 is written as IPv4', () => {
    expect(accepted('[::ffff:192.168.1.2]:40001')).toEqual(['192.168.1.2:40001']);
    expect(accepted('[::ffff:127.0.0.1]:40001')).toEqual([]);
  });

  test('a reflexive endpoint is never a claim', () => {
    expect(
      acceptCandidates([{ kind: 'reflexive', endpoint: '198.51.100.7:40001' as Endpoint }], RULES),
    ).toEqual([]);
  });

  test('whatever is claimed, no accepted one is out of bounds', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6().map((text) => `[${text}]`),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, fc.integer({ min: 1, max: 65_535 })), { maxLength: 8 }),
        (claims) => {
          for (const endpoint of accepted(...claims.map(([ip, port]) => `${ip}:${port}`))) {
            const { address: ip, port } = splitEndpoint(endpoint as Endpoint);
            expect(port).toBeGreaterThanOrEqual(1024);
            expect(ip).not.toMatch(/^(127\.|0\.|169\.254\.|22[4-9]\.|2[345]\d\.|::|fe[89a-f]|ff..:)/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('who is told', () => {
  const home = (reflexive: string, ...reported: string[]) => ({
    reported: reported.map(lan),
    reflexive: [reflexive as Endpoint],
  });
  const told = (viewer: ReturnType<typeof home>, subject: ReturnType<typeof home>) =>
    candidatesFor(viewer, subject, RULES).map(({ endpoint }) => endpoint);

  test('private addresses go to nodes behind the same public address only', () => {
    const camera = home('198.51.100.7:40001', '192.168.1.2:40001');
    expect(told(home('198.51.100.7:50002'), camera)).toEqual(['192.168.1.2:40001', '198.51.100.7:40001']);
    expect(told(home('198.51.100.8:50002'), camera)).toEqual(['198.51.100.7:40001']);
  });

  test('a node that no beacon has seen is told of no private address', () => {
    const camera = { reported: [lan('192.168.1.2:40001')], reflexive: [] };
    expect(candidatesFor({ reported: [], reflexive: [] }, camera, RULES)).toEqual([]);
  });

  test('public addresses of its own go to everybody', () => {
    const server = home('198.51.100.7:40001', '198.51.100.7:40001', '[2001:db8::7]:40001');
    expect(told(home('192.0.2.1:1025'), server)).toEqual(['198.51.100.7:40001', '[2001:db8::7]:40001']);
  });

  test('a private address that a beacon saw is in the network of the broker', () => {
    expect(told(home('10.0.0.5:40001'), home('10.0.0.6:40001'))).toEqual(['10.0.0.6:40001']);
  });
});

test('nodes behind WebSockets from one public address are told of each other in their LAN', () => {
  const near = { reported: [lan('192.168.1.2:40001')], reflexive: [], site: '198.51.100.7' as Ip4 };
  const there = { ...near, site: '198.51.100.8' as Ip4 };
  const onUdp = { reported: [], reflexive: ['198.51.100.7:40009' as Endpoint] };
  expect(candidatesFor(near, near, RULES)).toEqual(near.reported);
  expect(candidatesFor(onUdp, near, RULES)).toEqual(near.reported);
  expect(candidatesFor(there, near, RULES)).toEqual([]);
});
