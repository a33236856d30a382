/**
 * Private relays: a node with a public address offers in its check-in to relay for its account, somebody approves it,
 * and the maps of the account's nodes name it beside the broker's beacons. What it must know to do its work it asks of
 * the broker: keys, and who may talk to whom; nothing else.
 */
import * as v from 'valibot';
import { DnsLabel, Endpoint, NodeId, Port, PublicKey } from './ids.ts';
import { LIMITS } from './limits.ts';

/** Where a relay speaks WireGuard. The key is the relay's own, not that of the node it runs on. */
export const RelayOffer = v.strictObject({
  publicKey: PublicKey,
  endpoints: v.pipe(v.array(Endpoint), v.minLength(1), v.maxLength(LIMITS.endpointsPerRelay)),
});
export type RelayOffer = v.InferOutput<typeof RelayOffer>;

/** An approved relay, in a node's map. */
export const MapRelay = v.strictObject({ node: NodeId, name: DnsLabel, ...RelayOffer.entries });
export type MapRelay = v.InferOutput<typeof MapRelay>;

const GroupIndex = v.pipe(v.number(), v.integer(), v.minValue(0));
/**
 * `GET /v1/nodes/self/relay-directory`, for approved relays: the nodes they relay for. Policy treats nodes of one group
 * alike, so that ten thousand nodes need few pairs. Answers 304 to an `if-none-match` with the present revision.
 */
export const RelayDirectory = v.strictObject({
  revision: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  nodes: v.array(v.strictObject({ id: NodeId, publicKey: PublicKey, group: GroupIndex })),
  /** Groups whose nodes may open tunnels to each other, each pair once. */
  meets: v.array(v.strictTuple([GroupIndex, GroupIndex])),
});
export type RelayDirectory = v.InferOutput<typeof RelayDirectory>;

/** `POST /api/relay` of the agent, on its unix socket: be a relay, or no longer. */
export const RelayWish = v.strictObject({
  isOn: v.boolean(),
  port: v.exactOptional(Port),
  /** Where others reach it, if not at this machine's own public addresses. */
  endpoints: v.exactOptional(v.pipe(v.array(Endpoint), v.maxLength(LIMITS.endpointsPerRelay))),
});
export type RelayWish = v.InferOutput<typeof RelayWish>;

/** `GET /api/relay` of the agent. */
export const RelayStatus = v.strictObject({
  isOn: v.boolean(),
  /** `waiting`: nobody let it relay yet. */
  state: v.picklist(['off', 'no-address', 'waiting', 'relaying']),
  port: Port,
  publicKey: v.exactOptional(PublicKey),
  endpoints: v.array(Endpoint),
  /** Nodes that it may relay for, and those of them that are here. */
  nodes: v.number(),
  nodesHere: v.number(),
  relayedPackets: v.number(),
  relayedBytes: v.number(),
});
export type RelayStatus = v.InferOutput<typeof RelayStatus>;
