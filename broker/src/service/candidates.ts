/**
 * Endpoint candidates: which of a node's own claims are believed, and who is told of them. Pure. A node must not be
 * able to make others send probes to loopback, to the mesh itself, to the broker or to low ports; private addresses
 * mean nothing outside the LAN they are from, and are shown only to nodes behind the same public address.
 */
import {
  CARRIER_NETWORK,
  isInCidr,
  isIp4,
  isPrivate4,
  isUnicast4,
  parseEndpoint,
  splitEndpoint,
} from '@sidegate/kit';
import {
  type Candidate,
  type CandidateKind,
  type Cidr4,
  type Cidr6,
  type Endpoint,
  type Ip,
  type Ip4,
  type Ip6,
  LIMITS,
} from '@sidegate/protocol';

/** Ports below are services, never somebody's WireGuard socket behind a NAT. */
const PORT_MIN = 1024;

/** What no candidate may point at. */
export interface CandidateRules {
  readonly prefix4: Cidr4;
  readonly prefix6: Cidr6;
  readonly brokerAddresses: ReadonlySet<Ip>;
  /** Tests and demonstrations on one machine. */
  readonly isLoopbackAllowed: boolean;
}

/** First 16-bit group of an IPv6 address: enough to tell link-local, multicast and unique local. */
const firstGroup = (address: Ip6): number =>
  address.startsWith('::') ? 0 : Number.parseInt(address.split(':')[0]!, 16);

const isLinkLocal4 = (address: Ip4): boolean => address.startsWith('169.254.');
const isUniqueLocal6 = (address: Ip6): boolean => (firstGroup(address) & 0xfe00) === 0xfc00;

const isUsable4 = (address: Ip4, rules: CandidateRules): boolean =>
  !isInCidr(address, rules.prefix4) && isUnicast4(address) && !isLinkLocal4(address);

const isUsable6 = (address: Ip6, rules: CandidateRules): boolean => {
  const group = firstGroup(address);
  // Global unicast is 2000::/3 (RFC 4291 section 2.4); all else but unique local is no machine, or IPv4 in disguise.
  const isGlobal = group >= 0x2000 && group <= 0x3fff;
  return (isGlobal || isUniqueLocal6(address)) && !address.startsWith(rules.prefix6.replace(':/48', ''));
};

/** One text for one address: prefixes are compared as text. URLs write IPv6 as RFC 5952 does. */
const canonical = (endpoint: Endpoint): Endpoint =>
  endpoint.startsWith('[')
    ? (endpoint.replace(/^\[.*\]/, (host) => new URL(`http://${host}`).hostname) as Endpoint)
    : endpoint;

const isLoopback = (address: Ip): boolean => address.startsWith('127.') || address === '::1';

/** May others be told to probe this endpoint? */
export const isUsableEndpoint = (endpoint: Endpoint, rules: CandidateRules): boolean => {
  const { address, port } = splitEndpoint(endpoint);
  if (rules.isLoopbackAllowed && isLoopback(address)) return true;
  if (port < PORT_MIN || rules.brokerAddresses.has(address)) return false;
  return isIp4(address) ? isUsable4(address, rules) : isUsable6(address, rules);
};

/** The claims that are believed, each once, written in the canonical way. A reflexive endpoint is never a claim. */
export const acceptCandidates = (reported: readonly Candidate[], rules: CandidateRules): Candidate[] => {
  const accepted = new Map<Endpoint, Candidate>();
  for (const { kind, endpoint: text } of reported) {
    const parsed = parseEndpoint(text);
    if (kind === 'reflexive' || parsed === undefined) continue;
    const endpoint = canonical(parsed);
    if (!accepted.has(endpoint) && isUsableEndpoint(endpoint, rules))
      accepted.set(endpoint, { kind, endpoint });
  }
  return [...accepted.values()];
};

/** Does the address mean something only inside its own network? */
const isLocal = (endpoint: Endpoint): boolean => {
  const { address } = splitEndpoint(endpoint);
  if (!isIp4(address)) return isUniqueLocal6(address);
  return isPrivate4(address) || isInCidr(address, CARRIER_NETWORK);
};

const PREFERENCE: readonly CandidateKind[] = ['lan', 'ipv6', 'static', 'mapped', 'reflexive', 'observed'];

/** One side of a pair of nodes. */
export interface CandidateSource {
  readonly reported: readonly Candidate[];
  /** What the beacons saw, by beacon. */
  readonly reflexive: readonly (Endpoint | undefined)[];
  /** Public address of its WebSocket, where no beacon sees it. */
  readonly site?: Ip4 | undefined;
}

/** Public IPv4 address as the beacons saw it, else that of its WebSocket. */
export const siteIp4 = (source: Pick<CandidateSource, 'reflexive' | 'site'>): Ip4 | undefined => {
  for (const endpoint of source.reflexive) {
    const address = endpoint && splitEndpoint(endpoint).address;
    if (address !== undefined && isIp4(address)) return address;
  }
  return source.site;
};

/** Are both behind one public address? */
export const isSameSite = (one: CandidateSource, other: CandidateSource): boolean => {
  const address = siteIp4(one);
  return address !== undefined && address === siteIp4(other);
};

/** What `viewer` is told of `subject`, best first. */
export const candidatesFor = (
  viewer: CandidateSource,
  subject: CandidateSource,
  rules: CandidateRules,
): Candidate[] => {
  const isNear = isSameSite(viewer, subject);
  const reflexive = subject.reflexive
    .filter((endpoint) => endpoint !== undefined)
    .filter((endpoint) => isUsableEndpoint(endpoint, rules))
    .map((endpoint): Candidate => ({ kind: 'reflexive', endpoint }));
  const known = new Set<Endpoint>();
  // A private address that a beacon saw is in the broker's own network: whoever reaches the broker may reach it.
  return [...subject.reported.filter(({ endpoint }) => isNear || !isLocal(endpoint)), ...reflexive]
    .filter(({ endpoint }) => !known.has(endpoint) && known.add(endpoint))
    .sort((a, b) => PREFERENCE.indexOf(a.kind) - PREFERENCE.indexOf(b.kind))
    .slice(0, LIMITS.candidatesPerNode + 4);
};
