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
  readonly bytes: Uint8Array;
  readonly atMs: number;
}

/** Creates an empty store. */
export const createHeldInitiations = () => {
  /** By source, the one that was heard last at the end. */
  const held = new Map<string, readonly Held[]>();
  const keyOf = (beaconIndex: number, from: Way): string =>
    isWebSocket(from) ? `${beaconIndex} ${from}` : `${beaconIndex} ${from.address} ${from.port}`;
  const isFresh = ({ atMs }: Held, nowMs: number): boolean => nowMs - atMs < HELD_MS;

  return {
    /** Keeps a copy for a while. */
    hold(beaconIndex: number, from: Way, bytes: Uint8Array, nowMs: number): void {
      const key = keyOf(beaconIndex, from);
      const before = held.get(key) ?? [];
      held.delete(key);
      if (held.size >= SOURCES_MAX) held.delete(held.keys().next().value!);
      held.set(key, [...before.slice(1 - PER_SOURCE_MAX), { bytes: new Uint8Array(bytes), atMs: nowMs }]);
    },

    /** Hands out what a source that is authenticated now had sent before, oldest first. */
    release(beaconIndex: number, from: Way, nowMs: number): readonly Uint8Array[] {
      if (held.size === 0) return [];
      const key = keyOf(beaconIndex, from);
      const messages = held.get(key) ?? [];
      held.delete(key);
      return messages.filter((message) => isFresh(message, nowMs)).map(({ bytes }) => bytes);
    },

    /** Forgets what is too old. */
    sweep(nowMs: number): void {
      for (const [key, messages] of held) if (!isFresh(messages.at(-1)!, nowMs)) held.delete(key);
    },
  };
};
