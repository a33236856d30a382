/**
 * Initiations from sources that are not authenticated yet. A node that starts up greets the beacon and its peers at
 * once; without this its first packet to a peer would be lost and WireGuard tries again only after REKEY_TIMEOUT.
 * They are sent on if the source authenticates in time, else forgotten. Bounded; holds bytes, promises nothing.
 */
import { isWebSocket, type Way } from './types.ts';

const HELD_MS = 3_000;
const SOURCES_MAX = 1_024;
const PER_SOURCE_MAX = 8;

interface Held {
  readonly sinceMs: number;
  readonly messages: Uint8Array[];
}

/** Creates an empty store. */
export const createHeldInitiations = () => {
  const held = new Map<string, Held>();
  const keyOf = (beaconIndex: number, from: Way): string =>
    isWebSocket(from) ? `${beaconIndex} ${from}` : `${beaconIndex} ${from.address} ${from.port}`;

  return {
    /** Keeps a copy for a while. */
    hold(beaconIndex: number, from: Way, bytes: Uint8Array, nowMs: number): void {
      const key = keyOf(beaconIndex, from);
      const known = held.get(key);
      if (known !== undefined && nowMs - known.sinceMs < HELD_MS) {
        if (known.messages.length < PER_SOURCE_MAX) known.messages.push(new Uint8Array(bytes));
        return;
      }
      held.delete(key);
      if (held.size >= SOURCES_MAX) held.delete(held.keys().next().value!);
      held.set(key, { sinceMs: nowMs, messages: [new Uint8Array(bytes)] });
    },

    /** Hands out what a source that is authenticated now had sent before. */
    release(beaconIndex: number, from: Way, nowMs: number): readonly Uint8Array[] {
      if (held.size === 0) return [];
      const key = keyOf(beaconIndex, from);
      const known = held.get(key);
      held.delete(key);
      return known !== undefined && nowMs - known.sinceMs < HELD_MS ? known.messages : [];
    },

    /** Forgets what is too old. */
    sweep(nowMs: number): void {
      for (const [key, { sinceMs }] of held) if (nowMs - sinceMs >= HELD_MS) held.delete(key);
    },
  };
};
