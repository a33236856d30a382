import type { Ip } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { createPrefixLimiter, createTokenBucket, prefixOf, takeTokens } from './rate-limit.ts';

describe('token bucket', () => {
  it('gives its burst at once and refills at its rate, not beyond the burst', () => {
    const rate = { perSec: 10, burst: 2 };
    const bucket = createTokenBucket(rate, 0);
    const takes = [0, 0, 0, 100, 100, 10_000, 10_000, 10_000].map((nowMs) => takeTokens(bucket, rate, nowMs));
    expect(takes).toEqual([true, true, false, true, false, true, true, false]);
  });
});

describe('prefixes', () => {
  it.each([
    ['198.51.100.7', '198.51.100'],
    ['2001:db8:1:2ff::7', '2001:db8:1:2'],
    ['2001:db8:1:2aa:5::7', '2001:db8:1:2'],
    ['2001:db8::7', '2001:db8:0:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::', 'fe80:0:0:0'],
  ])('%s is counted with %s', (address, prefix) => {
    expect(prefixOf(address as Ip)).toBe(prefix);
  });

  it('have a bucket each, which is forgotten when full', () => {
    const limiter = createPrefixLimiter({ perSec: 1, burst: 1 });
    const take = (address: string, nowMs: number) => limiter.take({ address: address as Ip, port: 1 }, nowMs);
    expect([take('198.51.100.7', 0), take('198.51.100.8', 0), take('198.51.101.7', 0)]).toEqual([
      true,
      false,
      true,
    ]);
    limiter.sweep(2_000);
    expect(take('198.51.100.7', 2_000)).toBe(true);
  });
});
