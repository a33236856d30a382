/**
 * How fast examiners may meet addresses. Each takes a place in this machine's neighbour table, which Linux has 1,024 of
 * and clears no sooner than 5 s after the answer (`neigh_forced_gc`); who finds none is not reached, the household's
 * own traffic included. No home is large enough to notice; one that somebody fills with made-up devices is.
 */
import type { Clock } from '@sidegate/kit';
import { createSlidingWindow } from './sliding-window.ts';

const HELD_MS = 6_000;
/** For each of the two examiners; the rest is for those who live there. */
const PLACES = 320;

/** Waits until one more may be met. */
export const createNeighbourPace = (clock: Clock): ((signal: AbortSignal) => Promise<void>) => {
  const window = createSlidingWindow(PLACES, HELD_MS);
  return async (signal) => {
    for (;;) {
      const nowMs = clock.monoMs();
      const waitMs = window.waitMs(nowMs);
      if (waitMs <= 0) return window.take(nowMs);
      await clock.sleep(waitMs, signal);
    }
  };
};
