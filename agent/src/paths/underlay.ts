/**
 * The ways out that this machine has now, and what follows for beacons and relays: which of a beacon's addresses is
 * greeted, which relay a pair of nodes starts behind. Everything that needs an endpoint of the broker asks here. Pure.
 */
import type { Beacon, Endpoint, MapPeer, MapRelay, NetworkMap, PublicKey } from '@sidegate/protocol';
import type { IfName, Link, Route } from '../ports/index.ts';
import { type Family, familyOf } from './family.ts';
import { ownLinks } from './own-candidates.ts';
import { commonRelay, type RelayUser } from './relay-order.ts';

/** Ways out. */
export interface Underlay {
  readonly hasIp4: boolean;
  readonly hasIp6: boolean;
  /**
   * The family that is tried first where both work: IPv4, because the NAT's mapping is the one thing about us that
   * only a beacon can see (our IPv6 addresses we know ourselves); IPv6 once the beacons were silent over IPv4.
   */
  readonly preferred: Family;
  /** Local UDP end of the fallback for networks that block UDP: leads to beacon 0 and its relay. */
  readonly shim: Endpoint | undefined;
  /** Beacon 0 is greeted over UDP nevertheless, to see whether that works again; the relay stays where it is. */
  readonly isTryingUdp: boolean;
}

/** Before anything is known. */
export const NO_UNDERLAY: Underlay = {
  hasIp4: false,
  hasIp6: false,
  preferred: 4,
  shim: undefined,
  isTryingUdp: false,
};

/** Default routes, and the halves of the address space with which VPNs cover them. */
const EVERYWHERE = ['default', '0.0.0.0/0', '0.0.0.0/1', '::/0', '::/1', '2000::/3'];

/** Over which families this machine reaches the internet, or, where there is no default route at all, anything. */
export const findWaysOut = (
  { links, routes }: { readonly links: readonly Link[]; readonly routes: readonly Route[] },
  tunnelName: IfName,
): Pick<Underlay, 'hasIp4' | 'hasIp6'> => {
  const defaults = routes.filter(
    ({ destination, interfaceName }) => EVERYWHERE.includes(destination) && interfaceName !== tunnelName,
  );
  const has = (family: Family) => defaults.some((route) => route.family === family);
  if (defaults.length > 0) return { hasIp4: has(4), hasIp6: has(6) };
  const own = ownLinks(links, tunnelName);
  return {
    hasIp4: own.some(({ addresses4 }) => addresses4.some((cidr) => !cidr.startsWith('169.254.'))),
    hasIp6: own.some(({ addresses6 }) => addresses6.some((cidr) => !/^fe[89ab]/i.test(cidr))),
  };
};

const isReachable = (endpoint: Endpoint, { hasIp4, hasIp6 }: Underlay): boolean =>
  familyOf(endpoint) === 6 ? hasIp6 : hasIp4;

type RelayMap = Pick<NetworkMap, 'beacons' | 'relays'>;

/** What a node greets: the broker's beacons, and the relays of its account. */
export const greetedOf = ({ beacons, relays }: RelayMap): readonly (Beacon | MapRelay)[] => [
  ...beacons,
  ...(relays ?? []),
];

/**
 * Where to greet a beacon; `undefined` where we have no way to any of its addresses. All but the broker's first stay on
 * UDP whatever happens, and so show when it works again.
 */
export const beaconEndpoint = (
  beacon: Beacon | MapRelay,
  underlay: Underlay,
  isFirst = false,
): Endpoint | undefined => {
  const { endpoints } = beacon;
  const isByShim = isFirst && !('node' in beacon) && !underlay.isTryingUdp;
  if (underlay.shim !== undefined && isByShim) return underlay.shim;
  // Offline for a moment: the peer stays what it was, ready for the way out that comes back.
  const isOffline = !underlay.hasIp4 && !underlay.hasIp6;
  const usable = endpoints.filter((endpoint) => isOffline || isReachable(endpoint, underlay));
  return usable.find((endpoint) => familyOf(endpoint) === underlay.preferred) ?? usable[0];
};

/** Which relay an endpoint is of, by its key; the broker's first beacon stands for all of the broker. */
export const relayKeyAt = (map: RelayMap, endpoint: Endpoint, underlay: Underlay): PublicKey | undefined => {
  const own = map.relays?.find(({ endpoints }) => endpoints.includes(endpoint));
  if (own !== undefined) return own.publicKey;
  const isBroker = endpoint === underlay.shim || allBeaconEndpoints(map).includes(endpoint);
  return isBroker ? map.beacons[0]?.publicKey : undefined;
};

/**
 * Where the relay of a pair is for us: that of the account which both reach, else the broker's; an address over which we greet its beacon, because it forwards for sources that
 * it knows. The peer may come to the same relay over the other family. `undefined` while the map has no relay.
 */
export const relayFor = (
  { beacons, relays }: RelayMap,
  peer: Pick<MapPeer, 'publicKey' | 'relays'>,
  underlay: Underlay,
  own?: RelayUser,
): Endpoint | undefined => {
  if (underlay.shim !== undefined) return underlay.shim;
  const common = own && commonRelay(own, peer);
  const relay = common && relays?.find(({ publicKey }) => publicKey === common);
  const chosen = relay && beaconEndpoint(relay, underlay);
  if (chosen !== undefined) return chosen;
  for (const [index, beacon] of beacons.entries()) {
    const endpoint = beaconEndpoint(beacon, underlay, index === 0);
    if (endpoint !== undefined) return endpoint;
  }
  return beacons[0]?.endpoints[0];
};

/** Every endpoint of every beacon: they are nobody's candidate. */
export const allBeaconEndpoints = ({ beacons }: Pick<NetworkMap, 'beacons'>): readonly Endpoint[] =>
  beacons.flatMap(({ endpoints }) => endpoints);

/** Do the beacons have an address of the other family that we could try? */
export const canTryOther = ({ beacons }: Pick<NetworkMap, 'beacons'>, underlay: Underlay): boolean => {
  const greeted = beacons.flatMap((beacon, index) => beaconEndpoint(beacon, underlay, index === 0) ?? []);
  const other = { ...underlay, preferred: underlay.preferred === 4 ? 6 : 4 } as const;
  const wouldGreet = beacons.flatMap((beacon, index) => beaconEndpoint(beacon, other, index === 0) ?? []);
  return wouldGreet.join() !== greeted.join();
};
