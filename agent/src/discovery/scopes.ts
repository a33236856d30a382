/** Networks that an edge may scan and publish from: found on its interfaces, or added by a person. */
import { createHash } from 'node:crypto';
import { canonicalCidr, hasOverlap, isInCidr, networkOf, PRIVATE_NETWORKS } from '@sidegate/kit';
import { type Cidr4, type Ip4, LIMITS, type NewScope, type Scope, type ScopeId } from '@sidegate/protocol';
import { AgentError } from '../errors.ts';
import type { IfName, Link } from '../ports/index.ts';

/** A scope, and how to look at it from here. */
export interface ScanScope {
  readonly id: ScopeId;
  readonly cidr: Cidr4;
  /** Present for networks on the wire: ARP works there. */
  readonly interfaceName?: IfName;
  /** Our own address in it. */
  readonly ownAddress?: Ip4;
  /** On this wire without an address of ours: ARP asks in this one's name, and nothing else reaches anybody. */
  readonly senderAddress?: Ip4;
  /** What a person set for it: first packets in a second, the only ports to look at. */
  readonly packetsPerSec?: number;
  readonly ports?: readonly number[];
  /** The share of it that was asked before a restart. */
  readonly resumeAt?: number;
  /** Addresses where somebody was when it was scanned before. */
  readonly known?: readonly Ip4[];
}

/** Interfaces of container and virtual machine hosts: what is behind them is not the home's. */
const FOREIGN_NAMES =
  /^(docker|br-[0-9a-f]{12}$|veth|virbr|vnet|lxc|lxd|podman|cni|flannel|cali|tun|tap|wg|ppp)/;
const ADDRESSLESS_KINDS = new Set(['wireguard', 'tun', 'ppp', 'ipip', 'sit', 'gre', 'vxlan', 'dummy']);
const LINK_LOCAL = '169.254.0.0/16' as Cidr4;

/** The same network on the same interface is the same scope after a restart. */
const attachedId = (interfaceName: string, cidr: Cidr4): ScopeId => {
  const digest = createHash('sha256').update(`${interfaceName} ${cidr}`).digest('hex').slice(0, 24);
  return `c_${BigInt(`0x${digest}`).toString(36).padStart(16, '0').slice(-16)}` as ScopeId;
};

const isScannable = (cidr: Cidr4): boolean => {
  const { bits } = networkOf(cidr);
  return (
    bits >= LIMITS.scanPrefixMinBits && bits <= 30 && PRIVATE_NETWORKS.some((one) => hasOverlap(one, cidr))
  );
};

/** Private networks on our interfaces, one each, without the tunnel, loopback and container bridges. */
export const findAttachedScopes = (
  links: readonly Link[],
  tunnelName: string | undefined,
): readonly ScanScope[] => {
  const scopes = new Map<ScopeId, ScanScope>();
  for (const link of links) {
    if (!link.isUp || link.isLoopback || link.name === tunnelName || FOREIGN_NAMES.test(link.name)) continue;
    if (ADDRESSLESS_KINDS.has(link.linkKind ?? '')) continue;
    for (const address of link.addresses4) {
      const cidr = canonicalCidr(address);
      if (!isScannable(cidr) || hasOverlap(cidr, LINK_LOCAL)) continue;
      const id = attachedId(link.name, cidr);
      const ownAddress = address.split('/')[0] as Ip4;
      if (!scopes.has(id)) scopes.set(id, { id, cidr, interfaceName: link.name, ownAddress });
    }
  }
  return [...scopes.values()].slice(0, LIMITS.scopesPerEdge);
};

/** What is looked at of a scope that a person adds. */
export type WantedScope = Pick<NewScope, 'cidr'> &
  Partial<Pick<NewScope, 'interfaceName' | 'senderAddress' | 'isPublicConfirmed'>>;

const isPrivate = (network: Cidr4): boolean => {
  const { base, bits } = networkOf(network);
  return PRIVATE_NETWORKS.some((one) => networkOf(one).bits <= bits && isInCidr(base, one));
};

/** A stray scope names both: the wire, and in whose name to ask on it. */
const checkSender = ({ interfaceName, senderAddress }: WantedScope, network: Cidr4): void => {
  if (interfaceName === undefined && senderAddress === undefined) return;
  const refuse = (field: string, why: string) =>
    new AgentError('SCOPE_SENDER_UNFIT', why, { field, details: { cidr: network } });
  if (interfaceName === undefined) throw refuse('interfaceName', 'A sender address needs an interface');
  if (senderAddress === undefined) throw refuse('senderAddress', 'An interface needs a sender address');
  if (!isInCidr(senderAddress, network))
    throw refuse('senderAddress', `${senderAddress} is not in ${network}`);
};

/** Checks a scope that a person adds; throws a `SCOPE_*` error that says what to do. */
export const checkNewScope = (
  wanted: WantedScope,
  existing: readonly Scope[],
  meshPrefix: Cidr4 | undefined,
): Cidr4 => {
  const network = canonicalCidr(wanted.cidr);
  const refuse = (
    code: 'SCOPE_TOO_LARGE' | 'SCOPE_NOT_PRIVATE' | 'SCOPE_OVERLAPS' | 'SCOPE_LIMIT',
    why: string,
  ) => new AgentError(code, why, { field: 'cidr', details: { cidr: network } });
  if (networkOf(network).bits < LIMITS.scanPrefixMinBits) {
    throw refuse('SCOPE_TOO_LARGE', `${network} is larger than a /${LIMITS.scanPrefixMinBits}`);
  }
  if (wanted.isPublicConfirmed !== true && !isPrivate(network)) {
    throw refuse('SCOPE_NOT_PRIVATE', `${network} is not a private network`);
  }
  checkSender(wanted, network);
  if (meshPrefix !== undefined && hasOverlap(network, meshPrefix)) {
    throw refuse('SCOPE_OVERLAPS', `${network} overlaps the mesh's own prefix ${meshPrefix}`);
  }
  const other = existing.find((scope) => hasOverlap(scope.cidr, network));
  if (other !== undefined) throw refuse('SCOPE_OVERLAPS', `${network} overlaps the scope ${other.cidr}`);
  if (existing.length >= LIMITS.scopesPerEdge)
    throw refuse('SCOPE_LIMIT', 'This edge has all the scopes it can have');
  return network;
};
