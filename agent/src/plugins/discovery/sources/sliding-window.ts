/** Places in somebody's table: each taken is free again after a while, and no sooner. */

/** See the top of this file. */
export interface SlidingWindow {
  /** Until a place is free; 0: now. */
  waitMs(nowMs: number): number;
  take(nowMs: number): void;
  /** How long it takes to get so many places, one after the other, from now on. */
  spanMs(places: number, nowMs: number): number;
}

/** At most `places` taken in any `holdMs`. */
export const createSlidingWindow = (places: number, holdMs: number): SlidingWindow => {
  // When each place was taken last, in a ring: the oldest is at `next`.
  const takenMs = new Float64Array(places).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  const freeMs = (index: number) => takenMs[index % places]! + holdMs;
  return {
    waitMs: (nowMs) => Math.max(0, freeMs(next) - nowMs),
    take(nowMs) {
      takenMs[next] = nowMs;
      next = (next + 1) % places;
    },
    spanMs(wanted, nowMs) {
      if (wanted <= 0) return 0;
      const rounds = Math.floor((wanted - 1) / places);
      return Math.max(0, freeMs(next + ((wanted - 1) % places)) - nowMs) + rounds * holdMs;
    },
  };
};
