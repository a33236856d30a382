/** Where this node may be reached by itself: its interface addresses with the tunnel's port. Pure. */
import { formatEndpoint, isPrivate4, isUnicast4, parseIp } from '@sidegate/kit';
import { type Candidate, type Cidr4, type Ip, type Ip4, LIMITS } from '@sidegate/protocol';
import type { IfName, Link } from '../ports/index.ts';

/** Bridges and tunnels of container engines and of VPNs: their addresses lead nowhere a peer could come from. */
const FOREIGN_LINK =
  /^(docker|br-[0-9a-f]{12}$|veth|virbr|cni|flannel|cali|lxc|podman|tun|tap|wg|zt|tailscale)/;
const FOREIGN_KINDS: readonly string[] = ['wireguard', 'tun', 'dummy', 'ifb'];

/** The interfaces through which packets of other machines come. */
export const ownLinks = (links: readonly Link[], tunnelName: IfName): readonly Link[] =>
  links.filter(
    (link) =>
      link.isUp &&
      !link.isLoopback &&
      link.name !== tunnelName &&
      !FOREIGN_KINDS.includes(link.linkKind ?? '') &&
      !FOREIGN_LINK.test(link.name),
  );

const candidateOf = (address: Ip, port: number): Candidate[] => {
  const endpoint = formatEndpoint({ address, port });
  if (!address.includes(':'))
    return isUnicast4(address as Ip4) ? [{ kind: kindOf4(address as Ip4), endpoint }] : [];
  // Global unicast only: link-local needs a zone, ULA is not routed to peers.
  return /^[23]/.test(address) ? [{ kind: 'ipv6', endpoint }] : [];
};
/** A public address on an interface is as good as one set by hand. */
const kindOf4 = (address: Ip4): Candidate['kind'] => (isPrivate4(address) ? 'lan' : 'static');

/** Own candidates, those from config and from plugins first, at most what a check-in may carry. */
export const gatherCandidates = (options: {
  readonly links: readonly Link[];
  readonly tunnelName: IfName;
  readonly listenPort: number;
  readonly extra: readonly Candidate[];
}): readonly Candidate[] => {
  const addresses = ownLinks(options.links, options.tunnelName)
    .flatMap((link) => [...link.addresses4, ...link.addresses6])
    .map((cidr: string) => parseIp(cidr.split('/')[0]!))
    .filter((address) => address !== undefined);
  const own = addresses.flatMap((address) => candidateOf(address, options.listenPort));
  const all = [...options.extra, ...own];
  return all
    .filter((one, at) => all.findIndex(({ endpoint }) => endpoint === one.endpoint) === at)
    .slice(0, LIMITS.candidatesPerNode);
};

/** What of the local network decides whether our old way out still exists. */
export interface NetworkPosition {
  readonly addresses: readonly string[];
  readonly defaults: readonly string[];
}

/** IPv4 networks of our own interfaces: where a private candidate may be, and what the mesh must not overlap. */
export const ownCidrs4 = (links: readonly Link[], tunnelName: IfName): readonly Cidr4[] =>
  ownLinks(links, tunnelName).flatMap((link) => link.addresses4);

/** Has the old way out gone (an address vanished, the default route changed), or did something merely appear? */
export const hasMoved = (before: NetworkPosition, after: NetworkPosition): boolean =>
  before.addresses.some((address) => !after.addresses.includes(address)) ||
  before.defaults.some((route) => !after.defaults.includes(route));
