/** Where this node may be reached by itself: its interface addresses with the tunnel's port. Pure. */
import { formatEndpoint, isGlobal6, isPrivate4, isUnicast4, isUniqueLocal6, parseIp } from '@sidegate/kit';
import { type Candidate, type Ip, type Ip4, type Ip6, LIMITS } from '@sidegate/protocol';
import type { IfName, Link, Route } from '../ports/index.ts';
import { FAMILIES, type Family } from './family.ts';

/** Bridges and tunnels of container engines and of VPNs: their addresses lead nowhere a peer could come from. */
const FOREIGN_LINK =
  /^(docker|br-[0-9a-f]{12}$|veth|virbr|cni|flannel|cali|lxc|podman|tun|tap|wg|zt|tailscale)/;
const FOREIGN_KINDS: readonly string[] = ['wireguard', 'tun', 'dummy', 'ifb'];

/** The newest ones are first; older ones are on their way out. */
const TEMPORARY_MAX = 2;

const isLinkLocal6 = (cidr: string): boolean => /^fe[89ab]/i.test(cidr);

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
  // Link-local needs a zone; a private network's own addresses are for neighbours.
  if (isUniqueLocal6(address as Ip6)) return [{ kind: 'lan', endpoint }];
  return isGlobal6(address as Ip6) ? [{ kind: 'ipv6', endpoint }] : [];
};
/**
 * Temporary addresses first, and the lasting ones too: our packets leave from one or the other as the kernel is set,
 * and a firewall lets in only what comes for the address that they left from.
 */
const addressesOf = ({ addresses4, addresses6, temporary6 = [] }: Link): readonly string[] => [
  ...addresses4,
  ...temporary6.filter((cidr) => addresses6.includes(cidr)).slice(0, TEMPORARY_MAX),
  ...addresses6.filter((cidr) => !temporary6.includes(cidr)),
];
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
    .flatMap(addressesOf)
    .map((cidr) => parseIp(cidr.split('/')[0]!))
    .filter((address) => address !== undefined);
  const own = addresses.flatMap((address) => candidateOf(address, options.listenPort));
  const all = [...options.extra, ...own];
  return all
    .filter((one, at) => all.findIndex(({ endpoint }) => endpoint === one.endpoint) === at)
    .slice(0, LIMITS.candidatesPerNode);
};

/** What of the local network decides, for each family, whether our old way out still exists. */
export type NetworkPosition = Readonly<
  Record<Family, { readonly addresses: readonly string[]; readonly defaults: readonly string[] }>
>;

/** Addresses that stay and lead somewhere, and default routes. */
export const positionOf = (
  { links, routes }: { readonly links: readonly Link[]; readonly routes: readonly Route[] },
  tunnelName: IfName,
): NetworkPosition => {
  const own = ownLinks(links, tunnelName);
  const lasting6 = ({ addresses6, temporary6 = [] }: Link) =>
    addresses6.filter((cidr) => !temporary6.includes(cidr) && !isLinkLocal6(cidr));
  const defaultsOf = (wanted: Family) =>
    routes
      .filter(
        ({ destination, interfaceName, family }) =>
          family === wanted && destination === 'default' && interfaceName !== tunnelName,
      )
      .map(({ gateway, interfaceName }) => `${gateway} ${interfaceName}`);
  const named = (addresses: (link: Link) => readonly string[]) =>
    own.flatMap((link) => addresses(link).map((cidr) => `${link.name} ${cidr}`));
  return {
    4: { addresses: named(({ addresses4 }) => addresses4), defaults: defaultsOf(4) },
    6: { addresses: named(lasting6), defaults: defaultsOf(6) },
  };
};

/** Can packets leave? */
export const hasWayOut = (position: NetworkPosition): boolean =>
  FAMILIES.some((family) => position[family].addresses.length > 0 && position[family].defaults.length > 0);

/** Over which families the old way out has gone: an address vanished, the default route changed. */
export const findLeft = (before: NetworkPosition, after: NetworkPosition): readonly Family[] =>
  FAMILIES.filter(
    (family) =>
      before[family].addresses.some((address) => !after[family].addresses.includes(address)) ||
      before[family].defaults.some((route) => !after[family].defaults.includes(route)),
  );
