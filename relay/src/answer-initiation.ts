/**
 * The beacon as WireGuard's responder: who may begin a handshake with one of its own keys, and what they get. Invariants:
 * nobody costs a Diffie-Hellman before the gate let them pass; an initiation is answered once.
 */
import type { PublicKey } from '@sidegate/protocol';
import type { BeaconLimits } from './beacon-limits.ts';
import { createInitiationGate } from './initiation-gate.ts';
import type { RandomSource } from './key-pair.ts';
import { isForeign, type Leg, type NodeState, type NodeTable } from './node-table.ts';
import {
  type BeaconIdentity,
  type ConsumedInitiation,
  consumeInitiation,
  encodeResponse,
} from './responder.ts';
import type { SessionTable } from './session-table.ts';
import type { BeaconDirectory, DropReason, Outgoing, Way } from './types.ts';
import { INITIATION_MIN_INTERVAL_MS } from './wireguard-messages.ts';

/** What answering works with. */
interface AnswerDeps {
  readonly identities: readonly BeaconIdentity[];
  readonly limits: BeaconLimits;
  readonly table: NodeTable;
  readonly sessions: SessionTable;
  readonly directory: BeaconDirectory;
  readonly random: RandomSource;
  readonly drop: (reason: DropReason) => readonly Outgoing[];
  /** Drops a node that has another key by now. */
  readonly forget: (node: NodeState) => void;
  readonly nowMs: number;
}

/** Takes note of an initiation's time, or tells why it is not fresh. */
const staleness = (
  { initiator: leg, timestamp }: ConsumedInitiation<Leg>,
  nowMs: number,
): DropReason | undefined => {
  if (leg.lastTimestamp !== undefined && Buffer.compare(timestamp, leg.lastTimestamp) <= 0) {
    return 'replayed-initiation';
  }
  if (nowMs - leg.lastInitiationMs < INITIATION_MIN_INTERVAL_MS) return 'rate-limited';
  leg.lastTimestamp = timestamp;
  leg.lastInitiationMs = nowMs;
  return undefined;
};

/** Nobody has come yet. */
export const createInitiationAnswers = (deps: AnswerDeps) => {
  const { identities, limits, table, sessions, directory, random, drop, forget } = deps;
  const gate = createInitiationGate(identities, limits, random.bytes, deps.nowMs);
  const counts = { handshakes: 0, cookieReplies: 0 };

  const findLeg = (publicKey: PublicKey, beaconIndex: number, nowMs: number): Leg | undefined => {
    const ref = directory.isNode(publicKey);
    if (ref === undefined) return undefined;
    const known = table.nodes.get(ref.id);
    if (known !== undefined && known.publicKey !== publicKey) forget(known);
    return table.ensureLeg(ref, beaconIndex, nowMs);
  };

  return {
    counts,
    sweep: gate.sweep,

    /** Takes an initiation whose mac1 is right; a response or a cookie reply, if anything. */
    answer(beaconIndex: number, bytes: Uint8Array, from: Way, nowMs: number): readonly Outgoing[] {
      const admission = gate.admit(beaconIndex, bytes, from, nowMs);
      if (admission === 'rate-limited') return drop(admission);
      if (admission !== 'admitted') {
        counts.cookieReplies++;
        return [{ beaconIndex, to: from, bytes: admission }];
      }
      const consumed = consumeInitiation(identities[beaconIndex]!, bytes, (key) =>
        findLeg(key, beaconIndex, nowMs),
      );
      if (typeof consumed === 'string') return drop(consumed);
      if (isForeign(consumed.initiator, from)) return drop('foreign-web-socket');
      const stale = staleness(consumed, nowMs);
      if (stale !== undefined) return drop(stale);
      const index = sessions.pickIndex();
      const response = encodeResponse(consumed, index, random.keyPair());
      if (response === undefined) return drop('bad-handshake');
      const { receiveKey, sendKey } = response;
      const { initiator: leg, senderIndex: peerIndex } = consumed;
      sessions.add({ leg, beaconIndex, index, peerIndex, receiveKey, sendKey }, nowMs);
      counts.handshakes++;
      return [{ beaconIndex, to: from, bytes: response.bytes }];
    },
  };
};
