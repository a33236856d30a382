/** Address arithmetic over the branded types of the protocol. Pure; no look-ups, no I/O. */
import { Cidr4, type Endpoint, type Ip, type Ip4, Ip6 } from '@sidegate/protocol';
import { parse } from 'valibot';

/** An IPv4 network split up: `base` has no host bits. */
export interface Network4 {
  readonly base: Ip4;
  readonly bits: number;
}

/** A UDP endpoint split up, as sockets want it. */
export interface UdpEndpoint {
  readonly address: Ip;
  readonly port: number;
}

/** Dotted decimal to an unsigned 32-bit number. */
export const ip4ToNumber = (address: Ip4): number =>
  address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

/** The other way round; the number is taken modulo 2^32. */
export const numberToIp4 = (value: number): Ip4 =>
  [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.') as Ip4;

const maskOf = (bits: number): number => (bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0);

/** Splits `192.168.1.7/24` into its network, dropping host bits. */
export const networkOf = (cidr: Cidr4): Network4 => {
  const [address, bits] = cidr.split('/') as [Ip4, string];
  return { base: numberToIp4((ip4ToNumber(address) & maskOf(Number(bits))) >>> 0), bits: Number(bits) };
};

/** `192.168.1.7/24` to `192.168.1.0/24`. */
export const canonicalCidr = (cidr: Cidr4): Cidr4 => {
  const network = networkOf(cidr);
  return `${network.base}/${network.bits}` as Cidr4;
};

/** Addresses in the network, network and broadcast included. */
export const networkSize = (cidr: Cidr4): number => 2 ** (32 - networkOf(cidr).bits);

/** The last address of a network: of an IPv4 subnet, its broadcast address. */
export const lastAddressOf = (cidr: Cidr4): Ip4 =>
  numberToIp4(ip4ToNumber(networkOf(cidr).base) + networkSize(cidr) - 1);

/** Is the address inside the network? */
export const isInCidr = (address: Ip4, cidr: Cidr4): boolean => {
  const { base, bits } = networkOf(cidr);
  return (ip4ToNumber(address) & maskOf(bits)) >>> 0 === ip4ToNumber(base);
};

/** Do two networks share an address? */
export const hasOverlap = (one: Cidr4, other: Cidr4): boolean => {
  const bits = Math.min(networkOf(one).bits, networkOf(other).bits);
  return isInCidr(networkOf(one).base, `${networkOf(other).base}/${bits}` as Cidr4);
};

/** Usable host addresses, in order: all but network and broadcast, except in a /31 and /32 (RFC 3021). */
export function* hostsOf(cidr: Cidr4): Generator<Ip4> {
  const { base, bits } = networkOf(cidr);
  const first = ip4ToNumber(base);
  const size = 2 ** (32 - bits);
  const skip = bits >= 31 ? 0 : 1;
  for (let at = skip; at < size - skip; at++) yield numberToIp4(first + at);
}

const cidr = (text: string): Cidr4 => parse(Cidr4, text);
/** RFC 1918 space. */
export const PRIVATE_NETWORKS: readonly Cidr4[] = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(cidr);
/** RFC 6598: carriers' NAT. */
export const CARRIER_NETWORK: Cidr4 = cidr('100.64.0.0/10');
const LINK_LOCAL_NETWORK: Cidr4 = cidr('169.254.0.0/16');
const UNROUTABLE: readonly Cidr4[] = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'].map(cidr);

/** RFC 1918, and link-local where devices strand. */
export const isPrivate4 = (address: Ip4): boolean =>
  [...PRIVATE_NETWORKS, LINK_LOCAL_NETWORK].some((network) => isInCidr(address, network));

/** Could a datagram to this address reach one machine? Not loopback, multicast, broadcast or unspecified. */
export const isUnicast4 = (address: Ip4): boolean =>
  !UNROUTABLE.some((network) => isInCidr(address, network));

const groupsOf6 = (text: string): string[] => (text === '' ? [] : text.split(':'));
const ip6ToNumber = (address: Ip6): bigint => {
  const [head = '', tail] = address.split('::');
  const [before, after] = [groupsOf6(head), groupsOf6(tail ?? '')];
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  return BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`);
};

/** Is the address, as `parseIp` writes it, inside the network `2001:db8:a::7/64`, host bits or not? */
export const isInCidr6 = (address: Ip6, cidr: string): boolean => {
  const [text = '', bits = '128'] = cidr.split('/');
  const base = parseIp(text);
  if (base === undefined || isIp4(base)) return false;
  const hostBits = BigInt(128 - Number(bits));
  return ip6ToNumber(address) >> hostBits === ip6ToNumber(base) >> hostBits;
};

/** Global unicast (2000::/3, RFC 4291 section 2.4), less 6to4 (RFC 7526), which is IPv4 in disguise. */
export const isGlobal6 = (address: Ip6): boolean =>
  /^[23][0-9a-f]{3}:/.test(address) && !address.startsWith('2002:');

/** RFC 4193: private networks' own. */
export const isUniqueLocal6 = (address: Ip6): boolean => /^f[cd][0-9a-f]{2}:/.test(address);

/** Dotted decimal or IPv6 text to a branded address in the one way RFC 5952 has; `::ffff:a.b.c.d` is un-mapped. */
export const parseIp = (text: string): Ip | undefined => {
  const unmapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text;
  const bare = unmapped.split('%')[0]!;
  if (is4(bare)) return bare as Ip4;
  // URLs write IPv6 as RFC 5952 does.
  return is6(bare) ? (new URL(`http://[${bare}]`).hostname.slice(1, -1) as Ip6) : undefined;
};

const is4 = (text: string): boolean => {
  const octets = text.split('.');
  return (
    octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)
  );
};
const is6 = (text: string): boolean => {
  try {
    parse(Ip6, text);
    return true;
  } catch {
    return false;
  }
};

/** Is the address of the IPv4 family? */
export const isIp4 = (address: Ip): address is Ip4 => !address.includes(':');

/** `{ address, port }` to `198.51.100.7:40001` or `[2001:db8::7]:40001`. */
export const formatEndpoint = ({ address, port }: UdpEndpoint): Endpoint =>
  (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`) as Endpoint;

/** The other way round, for text that already is an `Endpoint`. */
export const splitEndpoint = (endpoint: Endpoint): UdpEndpoint => {
  const at = endpoint.lastIndexOf(':');
  return {
    address: endpoint.slice(0, at).replace(/^\[|\]$/g, '') as Ip,
    port: Number(endpoint.slice(at + 1)),
  };
};

/** Text from a tool's output to an endpoint, un-mapping IPv4 in IPv6; `undefined` where it is none. */
export const parseEndpoint = (text: string): Endpoint | undefined => {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const address = parseIp(match?.[1] ?? match?.[2] ?? '');
  const port = Number(match?.[3]);
  if (address === undefined || port < 1 || port > 65535) return undefined;
  return formatEndpoint({ address, port });
};
