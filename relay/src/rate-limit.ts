/** Token buckets: one, and one for each source prefix in bounded memory. */
import type { Ip } from '@sidegate/protocol';
import { isWebSocket, type Way } from './types.ts';

/** What a bucket lets through: `burst` at once, `perSec` in the long run. */
export interface Rate {
  readonly perSec: number;
  readonly burst: number;
}

/** A bucket's fill. */
export interface TokenBucket {
  tokens: number;
  atMs: number;
}

/** A full bucket. */
export const createTokenBucket = (rate: Rate, nowMs: number): TokenBucket => ({
  tokens: rate.burst,
  atMs: nowMs,
});

/** Fills the bucket up to now; returns what is in it. */
export const fillTokens = (bucket: TokenBucket, rate: Rate, nowMs: number): number => {
  bucket.tokens = Math.min(rate.burst, bucket.tokens + ((nowMs - bucket.atMs) * rate.perSec) / 1000);
  bucket.atMs = nowMs;
  return bucket.tokens;
};

/** Takes `cost` tokens, if there are that many. */
export const takeTokens = (bucket: TokenBucket, rate: Rate, nowMs: number, cost = 1): boolean => {
  if (fillTokens(bucket, rate, nowMs) < cost) return false;
  bucket.tokens -= cost;
  return true;
};

/** The part of an address that one customer usually holds: a /24 or a /56. */
export const prefixOf = (address: Ip): string => {
  if (!address.includes(':')) return address.slice(0, address.lastIndexOf('.'));
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? 0 : tail.split(':').length;
    while (groups.length < Math.min(4, 8 - rest)) groups.push('0');
    groups.push(...tail.split(':'));
  }
  const fourth = Number.parseInt(groups[3] ?? '0', 16) >> 8;
  return `${groups.slice(0, 3).join(':')}:${fourth.toString(16)}`;
};

/** Prefixes remembered at once. Forgetting one refills its bucket, which costs us no more than a cookie reply. */
const PREFIXES_MAX = 65_536;

/** One bucket for each prefix, and for each node behind a WebSocket. */
export const createPrefixLimiter = (rate: Rate) => {
  const buckets = new Map<string, TokenBucket>();
  return {
    /** May one more come from there? */
    take(from: Way, nowMs: number): boolean {
      const prefix = isWebSocket(from) ? from : prefixOf(from.address);
      let bucket = buckets.get(prefix);
      if (bucket === undefined) {
        if (buckets.size >= PREFIXES_MAX) buckets.delete(buckets.keys().next().value!);
        bucket = createTokenBucket(rate, nowMs);
        buckets.set(prefix, bucket);
      }
      return takeTokens(bucket, rate, nowMs);
    },
    /** Forgets buckets that are full again. */
    sweep(nowMs: number): void {
      const fullAfterMs = (rate.burst / rate.perSec) * 1000;
      for (const [prefix, bucket] of buckets) if (nowMs - bucket.atMs > fullAfterMs) buckets.delete(prefix);
    },
  };
};
