/**
 * Which changes make the tunnel's peers what the map wants. Endpoints of existing peers are left alone: the path
 * machine decides those, and an interface that outlived the agent may hold healthy direct ones. Pure.
 */
import type { Beacon, Endpoint, MapPeer, MapRelay, NetworkMap, PublicKey } from '@sidegate/protocol';
import { DEFAULTS } from '@sidegate/protocol';
import { beaconEndpoint, greetedOf, relayFor, type Underlay } from '../paths/underlay.ts';
import type { TunnelPeer, TunnelPeerChange, TunnelPeerState } from '../ports/index.ts';

/** A beacon: held open by keepalive, no network behind it, so it can never inject a packet. */
export const beaconPeer = ({ publicKey }: Pick<Beacon, 'publicKey'>, endpoint: Endpoint): TunnelPeer => ({
  publicKey,
  endpoint,
  allowedIps: [],
  keepaliveSec: DEFAULTS.beaconKeepaliveSec,
});

/** What is behind a peer: itself, and its hosts that have addresses of their own. */
export const peerNetworks = (peer: MapPeer): readonly string[] =>
  [peer, ...(peer.hosts ?? [])].flatMap(({ address4, address6 }) => [`${address4}/32`, `${address6}/128`]);

/** A node of the map. The beacon's keepalive holds the mapping; peers have their own only while a path needs it. */
export const nodePeer = (
  peer: MapPeer,
  endpoint: Endpoint | undefined,
  keepaliveSec: number,
): TunnelPeer => ({
  publicKey: peer.publicKey,
  ...(endpoint === undefined ? {} : { endpoint }),
  allowedIps: peerNetworks(peer),
  keepaliveSec,
});

/** The beacons that we have a way to. */
export const beaconPeers = (
  beacons: readonly (Beacon | MapRelay)[],
  underlay: Underlay,
): readonly TunnelPeer[] =>
  beacons.flatMap((beacon, index) => {
    const endpoint = beaconEndpoint(beacon, underlay, index === 0);
    return endpoint === undefined ? [] : [beaconPeer(beacon, endpoint)];
  });

/** Every peer the tunnel should have. */
export const desiredPeers = (
  map: NetworkMap,
  underlay: Underlay,
  keepaliveOf: (publicKey: PublicKey) => number,
  relayOf: (peer: MapPeer) => Endpoint | undefined = (peer) => relayFor(map, peer, underlay),
): readonly TunnelPeer[] => [
  ...beaconPeers(greetedOf(map), underlay),
  ...map.peers.map((peer) => nodePeer(peer, relayOf(peer), keepaliveOf(peer.publicKey))),
];

const hasSameNetworks = (one: readonly string[], other: readonly string[]): boolean => {
  const others = new Set(other);
  return one.length === others.size && one.every((network) => others.has(network));
};

const withoutEndpoint = ({ endpoint: _, ...peer }: TunnelPeer): TunnelPeer => peer;

const planPeer = (
  wanted: TunnelPeer,
  found: TunnelPeerState | undefined,
  isResting: boolean,
): readonly TunnelPeerChange[] => {
  if (found === undefined) return [{ kind: 'set', peer: wanted }];
  const isBeacon = wanted.allowedIps.length === 0;
  if (isBeacon && wanted.endpoint !== undefined && found.endpoint !== wanted.endpoint)
    return [{ kind: 'reset', peer: wanted }];
  const isEqual =
    hasSameNetworks(wanted.allowedIps, found.allowedIps) && wanted.keepaliveSec === found.keepaliveSec;
  // Nobody looks after the endpoint of a peer that nobody talks to, and its relay may be another by now.
  if (isResting && wanted.endpoint !== undefined && found.endpoint !== wanted.endpoint)
    return [{ kind: 'set', peer: wanted }];
  if (!isEqual || found.endpoint === undefined)
    return [{ kind: 'set', peer: found.endpoint === undefined ? wanted : withoutEndpoint(wanted) }];
  return [];
};

/** Changes in the order in which they are safe: strangers out first, so that no network has two owners. */
export const planTunnelPeers = (
  wanted: readonly TunnelPeer[],
  found: readonly TunnelPeerState[],
  isResting: (publicKey: PublicKey) => boolean = () => false,
): readonly TunnelPeerChange[] => {
  const wantedKeys = new Set(wanted.map(({ publicKey }) => publicKey));
  const foundByKey = new Map(found.map((state) => [state.publicKey, state]));
  return [
    ...found
      .filter(({ publicKey }) => !wantedKeys.has(publicKey))
      .map(({ publicKey }): TunnelPeerChange => ({ kind: 'remove', publicKey })),
    ...wanted.flatMap((peer) => planPeer(peer, foundByKey.get(peer.publicKey), isResting(peer.publicKey))),
  ];
};
