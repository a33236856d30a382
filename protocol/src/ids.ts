/** Identifiers and addresses as they stand on the wire: validated text, branded so that no bare string passes. */
import * as v from 'valibot';

const id = <const P extends string, const B extends string>(prefix: P, brand: B) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^${prefix}_[a-z0-9]{16}$`), `${brand}: ${prefix}_ and 16 of a-z0-9`),
    v.brand(brand),
  );

/** A node: edge, client or relay. */
export const NodeId = id('n', 'NodeId');
export type NodeId = v.InferOutput<typeof NodeId>;
/** An account: one private network. */
export const AccountId = id('a', 'AccountId');
export type AccountId = v.InferOutput<typeof AccountId>;
/** A person of an account. */
export const UserId = id('u', 'UserId');
export type UserId = v.InferOutput<typeof UserId>;
/** An enrolment key's public handle (the key itself is a secret). */
export const EnrolmentKeyId = id('k', 'EnrolmentKeyId');
export type EnrolmentKeyId = v.InferOutput<typeof EnrolmentKeyId>;
/** A device on an edge's LAN. */
export const HostId = id('h', 'HostId');
export type HostId = v.InferOutput<typeof HostId>;
/** One run of discovery over one scope. */
export const ScanId = id('s', 'ScanId');
export type ScanId = v.InferOutput<typeof ScanId>;
/** A scope: a subnet that an edge may scan and publish from. */
export const ScopeId = id('c', 'ScopeId');
export type ScopeId = v.InferOutput<typeof ScopeId>;
/** A port forward. */
export const ForwardId = id('f', 'ForwardId');
export type ForwardId = v.InferOutput<typeof ForwardId>;

/** A host's address of its own in the mesh, as a publication. */
export const AddressId = id('v', 'AddressId');
export type AddressId = v.InferOutput<typeof AddressId>;

/** A WireGuard (Curve25519) public key: 32 bytes, base64, 44 characters. */
export const PublicKey = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'a WireGuard public key: 44 characters of base64'),
  v.brand('PublicKey'),
);
export type PublicKey = v.InferOutput<typeof PublicKey>;

/** An IPv4 address in dotted decimal. */
export const Ip4 = v.pipe(v.string(), v.ipv4('an IPv4 address'), v.brand('Ip4'));
export type Ip4 = v.InferOutput<typeof Ip4>;
/** An IPv6 address, as RFC 5952 writes it. */
export const Ip6 = v.pipe(v.string(), v.maxLength(45), v.ipv6('an IPv6 address'), v.brand('Ip6'));
export type Ip6 = v.InferOutput<typeof Ip6>;
/** Either family. */
export const Ip = v.union([Ip4, Ip6], 'an IP address');
export type Ip = v.InferOutput<typeof Ip>;

/** An IPv4 network in CIDR notation; host bits may be set where an interface address is meant. */
export const Cidr4 = v.pipe(
  v.string(),
  v.regex(/^(\d{1,3}\.){3}\d{1,3}\/(\d|[12]\d|3[0-2])$/, 'a network such as 192.168.1.0/24'),
  v.check((text) => v.is(Ip4, text.split('/')[0]), 'a network such as 192.168.1.0/24'),
  v.brand('Cidr4'),
);
export type Cidr4 = v.InferOutput<typeof Cidr4>;
/** An IPv6 network in CIDR notation. */
export const Cidr6 = v.pipe(
  v.string(),
  v.maxLength(49),
  v.check((text) => {
    const [address, bits, ...rest] = text.split('/');
    return rest.length === 0 && v.is(Ip6, address) && /^\d{1,3}$/.test(bits ?? '') && Number(bits) <= 128;
  }, 'a network such as fd00::/48'),
  v.brand('Cidr6'),
);
export type Cidr6 = v.InferOutput<typeof Cidr6>;

/** A TCP or UDP port, 1 to 65535. */
export const Port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535));
/** `198.51.100.7:40001` or `[2001:db8::7]:40001`: where a UDP socket may be reached. */
export const Endpoint = v.pipe(
  v.string(),
  v.maxLength(54),
  v.check((text) => {
    const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(text);
    if (match === null) return false;
    const port = Number(match[3]);
    return port >= 1 && port <= 65535 && (match[1] === undefined ? v.is(Ip4, match[2]) : v.is(Ip6, match[1]));
  }, 'an endpoint such as 198.51.100.7:40001'),
  v.brand('Endpoint'),
);
export type Endpoint = v.InferOutput<typeof Endpoint>;

/** An Ethernet address: six lower-case hex pairs. */
export const Mac = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC address'),
  v.brand('Mac'),
);
export type Mac = v.InferOutput<typeof Mac>;

/** One DNS label (RFC 1035 section 2.3.1, digits allowed first as RFC 1123 has it). */
export const DnsLabel = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'letters, digits and inner hyphens, at most 63'),
  v.brand('DnsLabel'),
);
export type DnsLabel = v.InferOutput<typeof DnsLabel>;

/** A moment, milliseconds since 1970 UTC. */
export const WallMs = v.pipe(v.number(), v.integer(), v.minValue(0));
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters and bidi overrides are exactly what is refused
const PLAIN_TEXT = /^[^\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]*$/;
/** A person's text: no control characters, trimmed, bounded by the caller. */
export const plainText = (maxLength: number) =>
  v.pipe(v.string(), v.trim(), v.maxLength(maxLength), v.regex(PLAIN_TEXT, 'no control characters'));
