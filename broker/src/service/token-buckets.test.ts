import { createVirtualClock } from '@sidegate/kit';
import { expect, test } from 'vitest';
import { createTokenBuckets } from './token-buckets.ts';

test('a burst passes, the rest waits for its turn, keys do not share', async () => {
  const clock = createVirtualClock();
  const buckets = createTokenBuckets({ burst: 2, perSec: 0.5 }, clock);
  expect([buckets.take('a').ok, buckets.take('a').ok]).toEqual([true, true]);
  expect(buckets.take('a')).toEqual({ ok: false, retryAfterSec: 2 });
  expect(buckets.take('b').ok).toBe(true);
  await clock.advance(2_000);
  expect(buckets.take('a').ok).toBe(true);
  expect(buckets.take('a').ok).toBe(false);
});
