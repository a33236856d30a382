/**
 * The node that an initiation is for, at little cost also where its sender may reach ten thousand.
 *
 * First those whom the sender has greeted, or who greeted it, because nearly all handshakes renew a session: the
 * newest of them, as it may be the same handshake tried again, then from the oldest on, as sessions are renewed in
 * the order in which they were made. Only what is left, a first contact, goes through all whom policy permits and who
 * are here, as fast as `mac1-search.ts` can. What a sender may cost is bounded by packet and by time.
 */
import type { BeaconLimits } from './beacon-limits.ts';
import { hasMac } from './blake2s.ts';
import { findMac1Key, packKeys } from './mac1-search.ts';
import type { Audience, NodeState, NodeTable } from './node-table.ts';
import { fillTokens } from './rate-limit.ts';
import type { BeaconDirectory } from './types.ts';
import { INITIATION } from './wireguard-messages.ts';

/** Acquaintances remembered for a node; beyond it the one that was not heard of for longest goes. */
const ACQUAINTANCES_MAX = 1_024;
/** How many of them are tried: the next to renew is among the first, and the search of all is faster for each. */
const ACQUAINTANCES_TRIED = 64;
/** How long who is permitted and here is taken from the last look. */
const AUDIENCE_FRESH_MS = 1_000;
/** A sender that asks for nobody new for so long needs no audience. */
const AUDIENCE_IDLE_MS = 60_000;

/** Two nodes have to do with each other; `from` spoke. */
export const noteAcquaintance = (from: NodeState, to: NodeState): void => {
  // To the end of the order, where the newest are.
  from.acquaintances.delete(to.id);
  from.acquaintances.set(to.id, to);
  if (!to.acquaintances.has(from.id)) to.acquaintances.set(from.id, from);
  for (const { acquaintances } of [from, to]) {
    if (acquaintances.size > ACQUAINTANCES_MAX) acquaintances.delete(acquaintances.keys().next().value!);
  }
  from.newest = to;
};

/** Creates the search over the beacon's nodes. */
export const createDestinationSearch = (
  table: NodeTable,
  directory: BeaconDirectory,
  limits: BeaconLimits,
) => {
  /** `limit` of those who are here and permitted. */
  const buildAudience = (source: NodeState, limit: number, nowMs: number): Audience => {
    const nodes: NodeState[] = [];
    for (const { id } of directory.relayCandidates(source.id)) {
      const node = table.nodes.get(id);
      if (node?.relayLeg !== undefined && node !== source) nodes.push(node);
      if (nodes.length >= limit) break;
    }
    return {
      nodes,
      packed: packKeys(nodes.map(({ mac1Key }) => mac1Key)),
      builtAtMs: nowMs,
      usedAtMs: nowMs,
    };
  };

  /** The node of this id that is here now: it may have come anew since it was remembered. */
  const present = (remembered: NodeState): NodeState | undefined => {
    const node = table.nodes.get(remembered.id);
    return node?.relayLeg !== undefined && node.publicKey === remembered.publicKey ? node : undefined;
  };

  return {
    /** The destination, if it is here and `source` may look for it. */
    find(source: NodeState, bytes: Uint8Array, nowMs: number): NodeState | undefined {
      const tokens = fillTokens(source.trials, limits.mac1TrialsPerNode, nowMs);
      let left = Math.floor(Math.min(limits.mac1TrialsPerPacket, tokens));
      const spend = (trials: number): void => {
        left -= trials;
        source.trials.tokens -= trials;
      };
      const isFor = ({ mac1Key }: NodeState): boolean => {
        spend(1);
        return hasMac(mac1Key, bytes, INITIATION.mac1);
      };
      const search = (audience: Audience): NodeState | undefined => {
        audience.usedAtMs = nowMs;
        spend(audience.nodes.length);
        const at = findMac1Key(audience.packed, bytes);
        return at === -1 ? undefined : present(audience.nodes[at]!);
      };

      const { newest, audience } = source;
      if (newest !== undefined && left > 0 && isFor(newest)) return present(newest);
      let untried = ACQUAINTANCES_TRIED;
      for (const node of source.acquaintances.values()) {
        if (left <= 0) return undefined;
        if (untried-- === 0) break;
        if (node !== newest && isFor(node)) return present(node);
      }
      const found = audience !== undefined && audience.nodes.length <= left ? search(audience) : undefined;
      const isStale = audience === undefined || nowMs - audience.builtAtMs >= AUDIENCE_FRESH_MS;
      if (found !== undefined || left <= 0 || !(isStale || table.joinedAtMs >= audience.builtAtMs))
        return found;
      source.audience = buildAudience(source, left, nowMs);
      return search(source.audience);
    },

    /** Forgets what a node has not needed for long. */
    sweep(node: NodeState, nowMs: number): void {
      if (node.audience !== undefined && nowMs - node.audience.usedAtMs >= AUDIENCE_IDLE_MS) {
        node.audience = undefined;
      }
    },
  };
};
