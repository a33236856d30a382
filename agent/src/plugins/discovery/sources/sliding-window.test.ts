import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSlidingWindow } from './sliding-window.ts';

describe('places that are free again after a while', () => {
  it('never gives more than there are in any stretch of time', () => {
    const steps = fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 90 }),
        steps,
        (places, holdMs, waits) => {
          const window = createSlidingWindow(places, holdMs);
          const taken: number[] = [];
          let nowMs = 0;
          for (const waitMs of waits) {
            nowMs += waitMs;
            if (window.waitMs(nowMs) > 0) continue;
            window.take(nowMs);
            taken.push(nowMs);
          }
          for (const at of taken) {
            expect(taken.filter((one) => one > at - holdMs && one <= at).length).toBeLessThanOrEqual(places);
          }
        },
      ),
    );
  });

  it('gives them all at once when none is taken, and says how long many take', () => {
    const window = createSlidingWindow(3, 1_000);
    expect(window.spanMs(3, 0)).toBe(0);
    expect(window.spanMs(4, 0)).toBe(1_000);
    for (const nowMs of [0, 100, 200]) window.take(nowMs);
    expect(window.waitMs(200)).toBe(800);
    expect(window.spanMs(2, 200)).toBe(900);
    expect(window.spanMs(4, 200)).toBe(1_800);
    expect(window.waitMs(1_000)).toBe(0);
  });
});
