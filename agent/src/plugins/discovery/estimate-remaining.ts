/**
 * How long a scan will still take. A source that knows says so; of the others it is as long again as they took for what
 * they have done. Who looks closer at devices cannot be done before those who find them, and takes a while after.
 */
import type { DiscoverySource } from './source.ts';

/** Less than this is no ground for an estimate. */
const LEAST_SHARE = 0.05;
/** What the last device found still takes: connections that nobody answers, pages that come slowly. */
const AFTERWARDS_MS = 2_000;

/** See the top of this file. */
export interface Estimate {
  note(source: DiscoverySource, share: number, remainingMs: number | undefined, nowMs: number): void;
  /** `undefined`: nobody can tell yet. */
  remainingMs(nowMs: number): number | undefined;
}

interface Standing {
  readonly share: number;
  /** The moment it will be done, as it looks. */
  readonly endMs: number | undefined;
}

/** Nothing is known at first. */
export const createEstimate = (sources: readonly DiscoverySource[], startedMs: number): Estimate => {
  const standings = new Map<DiscoverySource, Standing>();
  const endOf = (role: DiscoverySource['role']): { readonly endMs?: number; readonly isKnown: boolean } => {
    const open = sources.filter((one) => one.role === role && (standings.get(one)?.share ?? 0) < 1);
    const ends = open.map((one) => standings.get(one)?.endMs);
    const known = ends.filter((end) => end !== undefined);
    return {
      isKnown: known.length === ends.length,
      ...(known.length === 0 ? {} : { endMs: Math.max(...known) }),
    };
  };
  return {
    note(source, share, remainingMs, nowMs) {
      const takenMs = nowMs - startedMs;
      const rest = remainingMs ?? (share < LEAST_SHARE ? undefined : (takenMs * (1 - share)) / share);
      standings.set(source, { share, endMs: rest === undefined ? undefined : nowMs + rest });
    },
    remainingMs(nowMs) {
      const found = endOf('find');
      const examined = endOf('examine');
      if (!found.isKnown) return undefined;
      if (found.endMs !== undefined) {
        return Math.max(found.endMs + AFTERWARDS_MS, examined.endMs ?? 0) - nowMs;
      }
      return examined.endMs === undefined ? undefined : Math.max(0, examined.endMs - nowMs);
    },
  };
};
