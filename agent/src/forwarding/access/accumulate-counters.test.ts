import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accumulateUsage } from './accumulate-counters.ts';

describe('accumulateUsage', () => {
  it('grows by what was added, over any number of resets', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(1_000_000))), (steps) => {
        let counter = 0;
        let expected = 0;
        let record: ReturnType<typeof accumulateUsage> | undefined;
        for (const [isReset, added] of steps) {
          // A reset that is not followed by less than before cannot be told from none; the adapter keeps counters.
          if (isReset && added < counter) counter = 0;
          counter += added;
          expected += added;
          record = accumulateUsage(record, { connections: 0, bytes: counter });
        }
        expect(record?.total.bytes ?? 0).toBe(expected);
      }),
    );
  });
});
