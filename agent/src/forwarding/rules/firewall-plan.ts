/**
 * What the one table must do: the wishes of all plugins, merged. Conflicts are settled here, once, so that the
 * renderer never meets two rules for one port. Pure; the order of the wishes decides nothing but ties.
 */
import { ip4ToNumber } from '@sidegate/kit';
import type {
  AddressRule,
  FirewallWish,
  ForwardRule,
  OwnService,
  PermittedPeer,
} from '../../plugin-api/firewall-wish.ts';

/** The tunnel's part of a wish. */
export type FirewallTunnel = NonNullable<FirewallWish['tunnel']>;
/** The sharing of the WireGuard port, as wished. */
export type PortSharing = NonNullable<FirewallWish['portSharing']>;

/** All wishes as one value, sorted: equal plans render to equal rulesets. */
export interface FirewallPlan {
  readonly portSharing: PortSharing | undefined;
  readonly tunnel: FirewallTunnel | undefined;
  readonly ownServices: readonly OwnService[];
  readonly forwards: readonly ForwardRule[];
  readonly addresses: readonly AddressRule[];
}

/** `tcp/8001`: what two rules may not share. */
export const portKey = (protocol: 'tcp' | 'udp', port: number): string => `${protocol}/${port}`;

const byPeerAddress = (one: PermittedPeer, other: PermittedPeer): number =>
  ip4ToNumber(one.address4) - ip4ToNumber(other.address4);

const byPort =
  <T extends { readonly protocol: string }>(port: (item: T) => number) =>
  (one: T, other: T) =>
    one.protocol === other.protocol ? port(one) - port(other) : one.protocol < other.protocol ? -1 : 1;

const uniqueBy = <T>(items: readonly T[], key: (item: T) => string): T[] => {
  const seen = new Map<string, T>();
  for (const item of items) if (!seen.has(key(item))) seen.set(key(item), item);
  return [...seen.values()];
};

/** Ports of this machine that no forward may take: own services and what leads to them. */
const portsInUse = (services: readonly OwnService[]): ReadonlySet<string> =>
  new Set(
    services.flatMap(({ protocol, port, alsoPort }) => [
      portKey(protocol, port),
      ...(alsoPort === undefined ? [] : [portKey(protocol, alsoPort)]),
    ]),
  );

/** Merges wishes: the first tunnel and port sharing win, and an own service is never shadowed by a forward. */
export const mergeWishes = (wishes: readonly FirewallWish[]): FirewallPlan => {
  const tunnel = wishes.find((wish) => wish.tunnel !== undefined)?.tunnel;
  const ownServices = uniqueBy(
    wishes.flatMap((wish) => wish.ownServices ?? []),
    ({ protocol, port }) => portKey(protocol, port),
  ).sort(byPort((service) => service.port));
  const inUse = portsInUse(ownServices);
  const forwards = uniqueBy(
    wishes.flatMap((wish) => wish.forwards ?? []),
    ({ protocol, edgePort }) => portKey(protocol, edgePort),
  ).filter(({ protocol, edgePort }) => !inUse.has(portKey(protocol, edgePort)));
  return {
    portSharing: wishes.find((wish) => wish.portSharing !== undefined)?.portSharing,
    tunnel: tunnel && {
      ...tunnel,
      peers: uniqueBy(tunnel.peers, ({ address4 }) => address4).sort(byPeerAddress),
    },
    ownServices,
    forwards: forwards.sort(byPort((rule) => rule.edgePort)),
    addresses: uniqueBy(
      wishes.flatMap((wish) => wish.addresses ?? []),
      ({ meshAddress }) => meshAddress,
    ).sort((one, other) => ip4ToNumber(one.meshAddress) - ip4ToNumber(other.meshAddress)),
  };
};
