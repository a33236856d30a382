/**
 * The relay: forwards opaque WireGuard messages between authenticated sources whose nodes may talk.
 *
 * An initiation finds its destination by mac1, which is keyed by the recipient's public key; what follows finds its
 * way by the index that the recipient chose for itself. The packet leaves unchanged from the beacon that the
 * destination keeps its NAT mapping to. Whoever is unknown, not permitted or over quota gets silence.
 */
import type { BeaconLimits } from './beacon-limits.ts';
import { createDestinationSearch, noteAcquaintance } from './destination-search.ts';
import type { NodeState, NodeTable, RelayPair } from './node-table.ts';
import { takeTokens } from './rate-limit.ts';
import type { BeaconDirectory, BeaconEvents, DropReason, Outgoing } from './types.ts';
import { INITIATION, RESPONSE, readIndex, TRANSPORT } from './wireguard-messages.ts';

/** Longer than any session, with the 60 s in which its replacement may fail. */
const ROUTE_IDLE_MS = 240_000;
/** Two sessions and a bad link's retried handshakes; beyond it the least recently used goes. */
const INDEXES_PER_PAIR = 16;
/** How long a revoked permission may outlive the decision. */
const POLICY_RECHECK_MS = 1_000;
/** Transport messages and cookie replies have it in the same place. */
const RECEIVER_INDEX_OFFSET = TRANSPORT.receiver;

interface RelayDeps {
  readonly table: NodeTable;
  readonly directory: BeaconDirectory;
  readonly events: BeaconEvents;
  readonly limits: BeaconLimits;
  readonly drop: (reason: DropReason) => readonly Outgoing[];
}

/** Creates the relay over the beacon's nodes. */
export const createRelay = ({ table, directory, events, limits, drop }: RelayDeps) => {
  const total = { packets: 0, bytes: 0 };
  const destinations = createDestinationSearch(table, directory, limits);

  const forward = (pair: RelayPair, bytes: Uint8Array, nowMs: number): readonly Outgoing[] => {
    const way = pair.to.relayLeg?.way;
    if (way === undefined) return drop('destination-offline');
    if (!takeTokens(pair.from.quota, limits.relayBytesPerNode, nowMs, bytes.length))
      return drop('over-quota');
    pair.bytes += bytes.length;
    total.packets++;
    total.bytes += bytes.length;
    return [{ beaconIndex: pair.to.relayBeaconIndex, to: way, bytes }];
  };

  const isStillPermitted = (pair: RelayPair, nowMs: number): boolean => {
    if (nowMs - pair.checkedAtMs >= POLICY_RECHECK_MS) {
      const { from, to } = pair;
      pair.isPermitted = directory.mayTalk(from.id, to.id) || directory.mayTalk(to.id, from.id);
      pair.hasUsedUp = directory.hasUsedUp?.(from.id) === true;
      pair.checkedAtMs = nowMs;
    }
    return pair.isPermitted;
  };

  /** The pair that a message belongs to by the index in it, or why there is none. */
  const findPair = (source: NodeState, receiverIndex: number, nowMs: number): RelayPair | DropReason => {
    const route = source.routes.get(receiverIndex);
    if (route === undefined) return 'unknown-index';
    if (!isStillPermitted(route.pair, nowMs)) return 'not-permitted';
    route.usedAtMs = nowMs;
    return route.pair;
  };

  const forwardTo = (to: NodeState | undefined, source: NodeState, bytes: Uint8Array, nowMs: number) => {
    if (to === undefined) return drop('unknown-destination');
    if (!directory.mayTalk(source.id, to.id)) return drop('not-permitted');
    noteAcquaintance(source, to);
    openRoute(to, readIndex(bytes, INITIATION.sender), source, nowMs);
    return forward(ensurePair(source, to), bytes, nowMs);
  };

  return {
    total: total as Readonly<typeof total>,

    /** Forwards an initiation that is for none of our own keys. */
    forwardInitiation: (source: NodeState, bytes: Uint8Array, nowMs: number): readonly Outgoing[] =>
      forwardTo(destinations.find(source, bytes, nowMs), source, bytes, nowMs),

    /**
     * Forwards what a source sent before we knew it, oldest first as given. Of several to one node only the newest: the
     * source has given up the others, and the node, which takes an initiation every 20 ms, would drop the newest.
     */
    forwardHeld(source: NodeState, messages: readonly Uint8Array[], nowMs: number): readonly Outgoing[] {
      const newest = new Map<NodeState | undefined, Uint8Array>();
      for (const bytes of messages) newest.set(destinations.find(source, bytes, nowMs), bytes);
      return [...newest].flatMap(([to, bytes]) => forwardTo(to, source, bytes, nowMs));
    },

    /** Forwards a response, and opens the way for what its initiator sends from now on. */
    forwardResponse(source: NodeState, bytes: Uint8Array, nowMs: number): readonly Outgoing[] {
      const pair = findPair(source, readIndex(bytes, RESPONSE.receiver), nowMs);
      if (typeof pair === 'string') return drop(pair);
      openRoute(pair.to, readIndex(bytes, RESPONSE.sender), source, nowMs);
      return forward(pair, bytes, nowMs);
    },

    /** Forwards a transport message or a cookie reply. */
    forwardByIndex(source: NodeState, bytes: Uint8Array, nowMs: number): readonly Outgoing[] {
      const pair = findPair(source, readIndex(bytes, RECEIVER_INDEX_OFFSET), nowMs);
      if (typeof pair === 'string') return drop(pair);
      return pair.hasUsedUp ? drop('over-quota') : forward(pair, bytes, nowMs);
    },

    /** Reports traffic and forgets idle routes of one node. */
    sweep(node: NodeState, nowMs: number): void {
      destinations.sweep(node, nowMs);
      for (const [index, route] of node.routes) {
        if (nowMs - route.usedAtMs > ROUTE_IDLE_MS) closeRoute(route.pair, index);
      }
      for (const [id, pair] of node.pairs) {
        if (pair.bytes > 0) events.onRelayed?.(node.id, id, pair.bytes);
        pair.bytes = 0;
        if (pair.indexes.length === 0) node.pairs.delete(id);
      }
    },
  };
};

const ensurePair = (from: NodeState, to: NodeState): RelayPair => {
  const known = from.pairs.get(to.id);
  if (known?.to === to) return known;
  const pair: RelayPair = {
    from,
    to,
    indexes: [],
    isPermitted: true,
    hasUsedUp: false,
    checkedAtMs: Number.NEGATIVE_INFINITY,
    bytes: 0,
  };
  from.pairs.set(to.id, pair);
  return pair;
};

/** Lets packets of `from` with this receiver index go to `to`; a live route to another node is not taken over. */
const openRoute = (from: NodeState, receiverIndex: number, to: NodeState, nowMs: number): void => {
  const existing = from.routes.get(receiverIndex);
  if (existing !== undefined) {
    if (existing.pair.to === to) existing.usedAtMs = nowMs;
    return;
  }
  const pair = ensurePair(from, to);
  if (pair.indexes.length >= INDEXES_PER_PAIR) {
    const usedAtMs = (index: number): number => from.routes.get(index)?.usedAtMs ?? 0;
    closeRoute(
      pair,
      pair.indexes.reduce((oldest, index) => (usedAtMs(index) < usedAtMs(oldest) ? index : oldest)),
    );
  }
  pair.indexes.push(receiverIndex);
  from.routes.set(receiverIndex, { pair, usedAtMs: nowMs });
};

const closeRoute = (pair: RelayPair, receiverIndex: number): void => {
  pair.from.routes.delete(receiverIndex);
  pair.indexes.splice(pair.indexes.indexOf(receiverIndex), 1);
};
