import { isInCidr } from '@sidegate/kit';
import { type Cidr4, Cidr6, Ip6 } from '@sidegate/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { addressIn4, addressIn6, capacityOf, newPrefix6, nextOffset } from './allocate-address.ts';

const prefix = fc
  .tuple(fc.ipV4(), fc.integer({ min: 8, max: 24 }))
  .map(([ip, bits]) => `${ip}/${bits}` as Cidr4);

test('an address is inside the prefix and never ends in 0 or 255', () => {
  fc.assert(
    fc.property(prefix, fc.nat(2 ** 24), (cidr, last) => {
      const address = addressIn4(cidr, nextOffset(cidr, last % 2 ** 8));
      expect(isInCidr(address, cidr)).toBe(true);
      expect(address).not.toMatch(/\.(0|255)$/);
    }),
  );
});

test('a /24 gives each address once before the first comes again', () => {
  const cidr = '10.9.8.0/24' as Cidr4;
  const seen = new Set<number>();
  let offset = 0;
  for (let at = 0; at < capacityOf(cidr); at++) {
    offset = nextOffset(cidr, offset);
    expect(seen.has(offset)).toBe(false);
    seen.add(offset);
  }
  expect(addressIn4(cidr, offset)).toBe('10.9.8.254');
  expect(nextOffset(cidr, offset)).toBe(10);
});

test('the IPv6 address follows the offset, as RFC 5952 writes it', () => {
  const prefix6 = 'fd12:3456:789a::/48' as v.InferOutput<typeof Cidr6>;
  expect(addressIn6(prefix6, 10)).toBe('fd12:3456:789a::a');
  expect(addressIn6(prefix6, 0x12_0001)).toBe('fd12:3456:789a::12:1');
});

test('a prefix is unique local and random', () => {
  const prefixes = Array.from({ length: 20 }, () => newPrefix6());
  for (const one of prefixes) {
    expect(v.is(Cidr6, one)).toBe(true);
    expect(one).toMatch(/^fd[0-9a-f]{2}:[1-9a-f][0-9a-f]{0,3}:[1-9a-f][0-9a-f]{0,3}::\/48$/);
    expect(v.is(Ip6, addressIn6(one, 77))).toBe(true);
  }
  expect(new Set(prefixes).size).toBe(20);
  expect(newPrefix6(() => new Uint8Array(5))).toBe('fd01:101:101::/48');
});
