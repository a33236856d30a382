/**
 * Which of the endpoints the broker names may be probed. The broker is not trusted to point our packets at third
 * parties, our own LAN or ourselves. Pure.
 */
import {
  isGlobal6,
  isInCidr,
  isInCidr6,
  isIp4,
  isPrivate4,
  isUnicast4,
  isUniqueLocal6,
  parseIp,
  splitEndpoint,
} from '@sidegate/kit';
import {
  type Candidate,
  type Cidr4,
  type Cidr6,
  type Ip,
  type Ip4,
  type Ip6,
  LIMITS,
} from '@sidegate/protocol';

/** What the checks need to know of this machine and its network. */
export interface CandidateContext {
  /** Addresses with prefix length of our own interfaces, the tunnel's left out. */
  readonly ownCidrs4: readonly Cidr4[];
  readonly ownCidrs6: readonly string[];
  /** Over which families packets leave; over the others only neighbours are reached. */
  readonly hasIp4: boolean;
  readonly hasIp6: boolean;
  readonly ownAddresses: readonly string[];
  readonly meshPrefix4: Cidr4;
  readonly meshPrefix6: Cidr6;
  /** Where the broker's beacons are: they are nobody's candidate. */
  readonly beaconAddresses: readonly string[];
  /** Both NATs map every destination anew: what the broker saw over IPv4 is no use. */
  readonly areBothSymmetric: boolean;
}

/** Ports below are other people's services: nobody's WireGuard listens there by our doing. */
const FIRST_PORT = 1024;
/** More than a node may report, for those the broker adds. */
const CANDIDATES_MAX = LIMITS.candidatesPerNode + 4;

const isProbeable4 = (address: Ip4, kind: Candidate['kind'], context: CandidateContext): boolean => {
  if (!isUnicast4(address) || isInCidr(address, context.meshPrefix4)) return false;
  const isOnLink = context.ownCidrs4.some((cidr) => isInCidr(address, cidr));
  return isOnLink || (context.hasIp4 && !isPrivate4(address) && kind !== 'lan');
};

const isProbeable6 = (address: Ip6, kind: Candidate['kind'], context: CandidateContext): boolean => {
  if (isInCidr6(address, context.meshPrefix6)) return false;
  const isOnLink = context.ownCidrs6.some((cidr) => isInCidr6(address, cidr));
  const isGlobal = isGlobal6(address);
  return isOnLink ? isGlobal || isUniqueLocal6(address) : context.hasIp6 && isGlobal && kind !== 'lan';
};

/** The candidates worth a packet, deduplicated and bounded; order is kept. */
export const validateCandidates = (
  candidates: readonly Candidate[],
  context: CandidateContext,
): readonly Candidate[] => {
  const seen = new Set<string>();
  const isGood = ({ kind, endpoint }: Candidate): boolean => {
    const { address, port } = splitEndpoint(endpoint);
    const ip: Ip | undefined = parseIp(address);
    if (ip === undefined || port < FIRST_PORT || seen.has(endpoint)) return false;
    if (context.ownAddresses.includes(ip) || context.beaconAddresses.includes(ip)) return false;
    const isSeen = kind === 'reflexive' || kind === 'observed';
    if (context.areBothSymmetric && isSeen && isIp4(ip)) return false;
    if (!(isIp4(ip) ? isProbeable4(ip, kind, context) : isProbeable6(ip, kind, context))) return false;
    seen.add(endpoint);
    return true;
  };
  return candidates.filter(isGood).slice(0, CANDIDATES_MAX);
};
