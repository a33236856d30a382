import type { Cidr4, Endpoint, Ip4, Ip6 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalCidr,
  formatEndpoint,
  hasOverlap,
  hostsOf,
  ip4ToNumber,
  isGlobal6,
  isInCidr,
  isInCidr6,
  isIp4,
  isPrivate4,
  isUnicast4,
  isUniqueLocal6,
  networkSize,
  numberToIp4,
  parseEndpoint,
  parseIp,
  splitEndpoint,
} from './net.ts';

const ip = (text: string) => text as Ip4;
const cidr = (text: string) => text as Cidr4;
const words = fc.integer({ min: 0, max: 0xffffffff });

test('an address survives the way to a number and back', () => {
  fc.assert(
    fc.property(words, (word) => {
      expect(ip4ToNumber(numberToIp4(word))).toBe(word);
    }),
  );
});

test('a network holds its base and all its hosts, and nothing beside them', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 20, max: 32 }), (word, bits) => {
      const network = canonicalCidr(cidr(`${numberToIp4(word)}/${bits}`));
      const hosts = [...hostsOf(network)];
      expect(hosts.length).toBe(networkSize(network) - (bits >= 31 ? 0 : 2));
      expect(hosts.every((host) => isInCidr(host, network))).toBe(true);
      const base = ip4ToNumber(ip(network.split('/')[0]!));
      const after = base + networkSize(network);
      if (after <= 0xffffffff) expect(isInCidr(numberToIp4(after), network)).toBe(false);
      if (base > 0) expect(isInCidr(numberToIp4(base - 1), network)).toBe(false);
    }),
  );
});

describe('networks overlap', () => {
  test.each([
    ['192.168.1.0/24', '192.168.1.128/25', true],
    ['192.168.1.0/24', '192.168.0.0/16', true],
    ['192.168.1.0/24', '192.168.2.0/24', false],
    ['0.0.0.0/0', '10.0.0.0/8', true],
    ['100.64.0.0/10', '100.128.0.0/10', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(hasOverlap(cidr(one), cidr(other))).toBe(expected);
    expect(hasOverlap(cidr(other), cidr(one))).toBe(expected);
  });
});

test('private and unicast addresses are told apart', () => {
  expect(
    ['10.1.2.3', '172.31.0.1', '192.168.255.1', '169.254.9.9'].map((text) => isPrivate4(ip(text))),
  ).toEqual([true, true, true, true]);
  expect(['172.32.0.1', '100.64.0.1', '8.8.8.8'].map((text) => isPrivate4(ip(text)))).toEqual([
    false,
    false,
    false,
  ]);
  expect(
    ['127.0.0.1', '224.0.0.251', '255.255.255.255', '0.0.0.0'].map((text) => isUnicast4(ip(text))),
  ).toEqual([false, false, false, false]);
});

test('IPv4 mapped into IPv6 is un-mapped, zone ids are dropped, nonsense is refused', () => {
  expect(parseIp('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(parseIp('fe80::1%eth0')).toBe('fe80::1');
  for (const text of ['1.2.3', '1.2.3.256', '01.2.3.4', 'fe80::zz', '', '1.2.3.4.5'])
    expect(parseIp(text)).toBeUndefined();
});

test('an endpoint survives splitting and formatting, in both families', () => {
  for (const text of ['198.51.100.7:40001', '[2001:db8::7]:40001']) {
    expect(formatEndpoint(splitEndpoint(text as Endpoint))).toBe(text);
    expect(parseEndpoint(text)).toBe(text);
  }
  expect(parseEndpoint('[::ffff:198.51.100.7]:53')).toBe('198.51.100.7:53');
  for (const text of ['198.51.100.7:0', '198.51.100.7:65536', '(none)', '198.51.100.7', ':53'])
    expect(parseEndpoint(text)).toBeUndefined();
});

test('parsing never throws', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseIp(text);
      parseEndpoint(text);
    }),
  );
});

describe('IPv6', () => {
  const six = (text: string) => parseIp(text) as Ip6;

  test.each([
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['2001:db8::7%eth0', '2001:db8::7'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
  ])('has one text: %s is %s', (text, expected) => {
    expect(parseIp(text)).toBe(expected);
    if (expected.includes(':')) expect(parseIp(expected)).toBe(expected);
  });

  test.each([
    ['2001:db8:a::7', '2001:db8:a::2/64', true],
    ['2001:db8:b::7', '2001:db8:a::2/64', false],
    ['2001:db8:a:1::7', '2001:db8:a::/48', true],
    ['fd12:3456:789a::1', 'fd12:3456:789a::/48', true],
    ['fd12:3456:789b::1', 'fd12:3456:789a::/48', false],
    ['2001:db8::1', '2001:db8::1', true],
    ['2001:db8::1', '::/0', true],
    ['2001:db8::1', '10.0.0.0/8', false],
  ])('%s in %s: %s', (address, cidr, expected) => {
    expect(isInCidr6(six(address), cidr)).toBe(expected);
  });

  test('every address is in each of its own networks, and its neighbour beyond the prefix is not', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 1, max: 128 }), (text, bits) => {
        const address = parseIp(text);
        if (address === undefined || isIp4(address)) return;
        expect(isInCidr6(address, `${address}/${bits}`)).toBe(true);
        expect(parseIp(address)).toBe(address);
      }),
    );
  });

  test('tells global, unique local and other addresses apart', () => {
    expect(
      ['2001:db8::1', '3fff::1', '2002:c0a8:101::1', 'fe80::1', '::1'].map((text) => isGlobal6(six(text))),
    ).toEqual([true, true, false, false, false]);
    expect(['fd00::1', 'fc01::1', 'fe80::1', '2001:db8::1'].map((text) => isUniqueLocal6(six(text)))).toEqual(
      [true, true, false, false],
    );
  });
});
