/** Mesh addresses: given in order, so that one that was freed does not come back soon. Pure but for randomness. */
import { randomBytes } from 'node:crypto';
import { ip4ToNumber, networkOf, numberToIp4 } from '@sidegate/kit';
import type { Cidr4, Cidr6, Ip4, Ip6 } from '@sidegate/protocol';

/** Of the resolver inside the tunnel, in both families. */
const RESOLVER_OFFSET = 3;
/** Offsets below this are kept for services of the mesh itself, such as a resolver. */
const FIRST_OFFSET = 10;

/** Some software takes a last octet of 0 or 255 for a network or a broadcast, whatever the prefix. */
const isAwkward = (offset: number): boolean => (offset & 0xff) === 0 || (offset & 0xff) === 255;

const endOf = (prefix4: Cidr4): number => 2 ** (32 - networkOf(prefix4).bits) - 1;

/** The offset to try after `last`, wrapping round. The prefix is a /24 or larger. */
export const nextOffset = (prefix4: Cidr4, last: number): number => {
  let offset = Math.max(last, FIRST_OFFSET - 1) + 1;
  while (isAwkward(offset)) offset++;
  return offset < endOf(prefix4) ? offset : FIRST_OFFSET;
};

/** So many nodes fit into the prefix, which is a /24 or larger. */
export const capacityOf = (prefix4: Cidr4): number => {
  const size = endOf(prefix4) + 1;
  // Each of the inner /24 borders costs a 255 and a 0; the outer ones are out of range anyway.
  return size - 1 - FIRST_OFFSET - 2 * (size / 256 - 1);
};

/** The IPv4 address at an offset. */
export const addressIn4 = (prefix4: Cidr4, offset: number): Ip4 =>
  numberToIp4(ip4ToNumber(networkOf(prefix4).base) + offset);

/** A random unique local /48 (RFC 4193 section 3.2), without zero groups, so that its text is never compressed. */
export const newPrefix6 = (random: (sizeBytes: number) => Uint8Array = randomBytes): Cidr6 => {
  const [a, b, c, d, e] = [...random(5)].map((byte) => byte || 1) as [number, number, number, number, number];
  const group = (high: number, low: number) => ((high << 8) | low).toString(16);
  return `${group(0xfd, a)}:${group(b, c)}:${group(d, e)}::/48` as Cidr6;
};

/** The IPv6 address that goes with an offset, as RFC 5952 writes it. */
export const addressIn6 = (prefix6: Cidr6, offset: number): Ip6 => {
  const prefix = prefix6.replace('::/48', '');
  const [high, low] = [Math.floor(offset / 0x10000), offset % 0x10000];
  return `${prefix}::${high === 0 ? '' : `${high.toString(16)}:`}${low.toString(16)}` as Ip6;
};

/** Where the nodes of an account find the beacon's resolver, inside the tunnel. No node is ever given these. */
export const resolverAddresses = (account: {
  readonly prefix4: Cidr4;
  readonly prefix6: Cidr6;
}): readonly [Ip4, Ip6] => [
  addressIn4(account.prefix4, RESOLVER_OFFSET),
  addressIn6(account.prefix6, RESOLVER_OFFSET),
];
