/** Token buckets by key, in bounded memory: what limits requests by address, and punches by pair. */
import type { Clock } from '@sidegate/kit';

/** Keys remembered at once; forgetting the oldest refills its bucket. */
const KEYS_MAX = 20_000;

/** `burst` at once, `perSec` in the long run. */
export interface BucketRate {
  readonly burst: number;
  readonly perSec: number;
}

/** Creates one bucket for each key met. */
export const createTokenBuckets = ({ burst, perSec }: BucketRate, clock: Pick<Clock, 'monoMs'>) => {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    /** Takes one; else says in how many seconds there is one again. */
    take(key: string): { readonly ok: true } | { readonly ok: false; readonly retryAfterSec: number } {
      const nowMs = clock.monoMs();
      const known = buckets.get(key);
      const tokens =
        known === undefined ? burst : Math.min(burst, known.tokens + ((nowMs - known.atMs) * perSec) / 1000);
      buckets.delete(key);
      if (buckets.size >= KEYS_MAX) buckets.delete(buckets.keys().next().value!);
      buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: nowMs });
      return tokens >= 1 ? { ok: true } : { ok: false, retryAfterSec: Math.ceil((1 - tokens) / perSec) };
    },
  };
};
