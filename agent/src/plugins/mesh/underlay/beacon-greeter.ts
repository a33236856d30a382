/**
 * What a session says to its beacons by WireGuard, and how long they have been silent. A greeting is a new handshake: it
 * shows them our address, opens the way back, and is the only thing that tells whether they are there.
 */
import type { Clock } from '@sidegate/kit';
import type { Endpoint, NetworkMap } from '@sidegate/protocol';
import { greetedOf, type Underlay } from '../../../paths/underlay.ts';
import type { TunnelKeeper } from '../tunnel/tunnel-keeper.ts';

/** Beacons are shown our mapping at most so often: a peer that sleeps is no reason to talk to the broker. */
const SHOW_MAPPING_MIN_MS = 500;
/** Asked for again so soon, a packet did not help: a broker that restarted needs a new handshake. */
const SHOWN_IN_VAIN_MS = 4_000;
/** Silent peers make us doubt the beacons at most so often. */
const DOUBT_MIN_MS = 10_000;
/** How long the beacons may be silent before somebody should know. */
const PATIENCE_MS = 10_000;

export interface BeaconGreeter {
  /** When they were greeted last; `undefined` before there was a map that names them. */
  greetedAtMs(): number | undefined;
  /** The tunnel has them as peers: the first time, WireGuard greets them by itself. */
  noteInTunnel(): void;
  greet(): Promise<void>;
  /** Greets beacon 0 alone. */
  greetFirst(): Promise<void>;
  /** Was the last greeting long ago? */
  isDoubtDue(): boolean;
  /** Shows them our mapping; resolves with false where that was done a moment ago. */
  showMapping(): Promise<boolean>;
  /** The tunnel was read: does a beacon answer? Returns whether they have been silent for too long. */
  noteReading(isAnswered: boolean): boolean;
  /** Where the map says that they see us: is it another place than before? */
  noteSeenAt(self: NetworkMap['self']): boolean;
}

/** Starts with beacons that nobody greeted. */
export const createBeaconGreeter = (deps: {
  readonly clock: Clock;
  readonly map: () => NetworkMap | undefined;
  readonly underlay: () => Underlay;
  readonly keeper: () => TunnelKeeper | undefined;
}): BeaconGreeter => {
  const { clock, map, underlay, keeper } = deps;
  let greetedAtMs = clock.monoMs();
  let hasGreeted = false;
  let silentSinceMs: number | undefined;
  let shownAtMs = Number.NEGATIVE_INFINITY;
  let seenAt: readonly (Endpoint | undefined)[] = [];

  const greeted = (): ReturnType<typeof greetedOf> => {
    const current = map();
    return current === undefined ? [] : greetedOf(current);
  };
  const reset = async (count?: number): Promise<void> =>
    await keeper()?.resetBeacons(greeted(), underlay(), count);

  return {
    greetedAtMs: () => (hasGreeted ? greetedAtMs : undefined),
    noteInTunnel() {
      if (!hasGreeted) greetedAtMs = clock.monoMs();
      hasGreeted = true;
    },
    async greet() {
      greetedAtMs = clock.monoMs();
      await reset();
    },
    greetFirst: () => reset(1),
    isDoubtDue: () => clock.monoMs() - greetedAtMs > DOUBT_MIN_MS,
    async showMapping() {
      const sinceLastMs = clock.monoMs() - shownAtMs;
      if (sinceLastMs < SHOW_MAPPING_MIN_MS) return false;
      shownAtMs = clock.monoMs();
      if (sinceLastMs < SHOWN_IN_VAIN_MS) await reset();
      else await keeper()?.pokeBeacons(greeted(), underlay());
      return true;
    },
    noteReading(isAnswered) {
      // Not since the last greeting: beacons that are tried over one family after the other are greeted ever again.
      silentSinceMs = isAnswered ? undefined : (silentSinceMs ?? greetedAtMs);
      return silentSinceMs !== undefined && clock.monoMs() - silentSinceMs > PATIENCE_MS;
    },
    noteSeenAt({ reflexive4, reflexive6 }) {
      const before = seenAt;
      seenAt = [reflexive4 ?? before[0], reflexive6 ?? before[1]];
      // A family that was not seen so far is news, and no other address.
      return seenAt.some((seen, at) => before[at] !== undefined && before[at] !== seen);
    },
  };
};
