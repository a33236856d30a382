import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptCounter, createReplayWindow } from './replay-window.ts';

describe('replay window', () => {
  it('accepts each counter once, in any order within the window', () => {
    const window = createReplayWindow();
    expect([5, 3, 4, 3, 5, 132, 5].map((counter) => acceptCounter(window, counter))).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('refuses what is too far behind', () => {
    const window = createReplayWindow();
    acceptCounter(window, 1_000);
    expect(acceptCounter(window, 1_000 - 128)).toBe(false);
    expect(acceptCounter(window, 1_000 - 127)).toBe(true);
  });

  it('agrees with a set of everything seen', () => {
    const steps = fc.array(fc.oneof(fc.nat(400), fc.nat(2 ** 40)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (counters) => {
        const window = createReplayWindow();
        const seen = new Set<number>();
        let highest = -1;
        for (const counter of counters) {
          const isFresh = !seen.has(counter) && counter + 128 > highest;
          expect(acceptCounter(window, counter)).toBe(isFresh);
          seen.add(counter);
          highest = Math.max(highest, counter);
        }
      }),
    );
  });
});
