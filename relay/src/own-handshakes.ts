/**
 * Handshakes that a beacon begins itself: with a node whose place it knows from before a restart, when a packet comes
 * from there. Its sessions went with the restart, and no event stream tells a stock app to make new ones; by itself it
 * finds out fifteen seconds after a question that nobody answers. WireGuard takes an initiation from any peer it has.
 *
 * Invariant: one initiation each REKEY_TIMEOUT to such a place, and to no other; it is larger than what asked for it (ADR 20).
 */
import { consumeResponse, encodeInitiation, encodeTimestamp } from './initiator.ts';
import { decodePublicKey, type KeyPair, type RandomSource } from './key-pair.ts';
import type { Leg, Session } from './node-table.ts';
import type { SessionTable } from './session-table.ts';
import { REKEY_TIMEOUT_MS } from './wireguard-messages.ts';

/** Begins and ends them. */
export const createOwnHandshakes = (deps: {
  readonly keys: readonly KeyPair[];
  readonly sessions: SessionTable;
  readonly keyPair: RandomSource['keyPair'];
}) => {
  const { keys, sessions } = deps;
  return {
    /** An initiation, where the leg is one of those and it is time. */
    begin(leg: Leg, beaconIndex: number, nowMs: number, wallMs: number): Uint8Array | undefined {
      const { adopted } = leg;
      if (adopted === undefined || leg.current !== undefined) return undefined;
      if (nowMs - adopted.begunAtMs < REKEY_TIMEOUT_MS) return undefined;
      const handshake = encodeInitiation(
        keys[beaconIndex]!,
        decodePublicKey(leg.node.publicKey),
        sessions.pickIndex(),
        encodeTimestamp(wallMs),
        undefined,
        deps.keyPair(),
      );
      leg.adopted = { handshake, begunAtMs: nowMs };
      return handshake.bytes;
    },

    /** The session that a response to one of them agrees on; `undefined` where it answers something else. */
    end(leg: Leg, beaconIndex: number, bytes: Uint8Array, nowMs: number): Session | undefined {
      const handshake = leg.adopted?.handshake;
      const agreed = handshake && consumeResponse(keys[beaconIndex]!, handshake, bytes);
      if (agreed === undefined) return undefined;
      const { ownIndex: index, peerIndex, sendKey, receiveKey } = agreed;
      sessions.add({ leg, beaconIndex, index, peerIndex, receiveKey, sendKey }, nowMs);
      const session = leg.next!;
      sessions.confirm(session);
      leg.adopted = undefined;
      return session;
    },
  };
};
