/**
 * How old sessions are. WireGuard dates a handshake by the wall clock, which jumps: routers boot in 1970, and a battery
 * that died is made up for by NTP decades later. What is new in a reading happened since the reading before, whatever
 * its date says, and from then on time since boot counts, which goes on while a laptop sleeps. Only what the first reading
 * finds has to be believed.
 */
import type { Clock } from '@sidegate/kit';
import type { PublicKey } from '@sidegate/protocol';
import type { TunnelPeerState } from '../../../ports/index.ts';

/** Steps of NTP within this are no news. */
const CLOCK_STEP_MAX_MS = 60_000;

export interface SessionAges {
  /** Takes in a reading of the tunnel, whole. */
  note(states: readonly TunnelPeerState[]): void;
  /** Milliseconds since this peer's last handshake; `undefined`: none that counts. */
  ageMs(state: TunnelPeerState | undefined): number | undefined;
}

interface Handshake {
  /** As WireGuard dates it. */
  readonly at: number;
  /** Since boot; `undefined` where the date is of the future: the clock went back since, nobody knows by how much. */
  readonly madeAtMs: number | undefined;
}

/** Nothing read yet. */
export const createSessionAges = (clock: Pick<Clock, 'wallMs' | 'bootMs'>): SessionAges => {
  let known = new Map<PublicKey, Handshake>();
  let readAtMs: number | undefined;
  const handshakeOf = (at: number, nowMs: number): Handshake => {
    const ageMs = clock.wallMs() - at;
    if (readAtMs === undefined)
      return { at, madeAtMs: ageMs < -CLOCK_STEP_MAX_MS ? undefined : nowMs - Math.max(0, ageMs) };
    return { at, madeAtMs: nowMs - Math.min(Math.max(0, ageMs), nowMs - readAtMs) };
  };
  return {
    note(states) {
      const nowMs = clock.bootMs();
      const next = new Map<PublicKey, Handshake>();
      for (const { publicKey, latestHandshakeAt: at } of states) {
        if (at === undefined) continue;
        const before = known.get(publicKey);
        next.set(publicKey, before?.at === at ? before : handshakeOf(at, nowMs));
      }
      known = next;
      readAtMs = nowMs;
    },
    ageMs(state) {
      const madeAtMs = state && known.get(state.publicKey)?.madeAtMs;
      return madeAtMs === undefined ? undefined : clock.bootMs() - madeAtMs;
    },
  };
};
