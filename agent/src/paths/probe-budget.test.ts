import type { Ip } from '@sidegate/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createProbeBudget, PROBES_PER_ADDRESS, PROBES_TO_STRANGERS } from './probe-budget.ts';

const ip = (text: string) => text as Ip;
const HOUR_MS = 3_600_000;
const countTaken = (
  budget: ReturnType<typeof createProbeBudget>,
  address: Ip,
  tries: number,
  nowMs: number,
) => Array.from({ length: tries }).filter(() => budget.take(address, nowMs)).length;

test('an address that never answers gets a burst, then one packet in two seconds', () => {
  const budget = createProbeBudget(0);
  let taken = 0;
  for (let nowMs = 0; nowMs < HOUR_MS; nowMs += 100) taken += countTaken(budget, ip('192.0.2.7'), 3, nowMs);
  expect(taken).toBeLessThanOrEqual(PROBES_PER_ADDRESS.burst + 3600 * PROBES_PER_ADDRESS.perSec);
  expect(taken).toBeGreaterThan(PROBES_PER_ADDRESS.burst + 3500 * PROBES_PER_ADDRESS.perSec);
});

test('one that answers gets what it needs, until it was silent for long', () => {
  const budget = createProbeBudget(0);
  budget.noteProven(ip('192.0.2.7'), 0);
  expect(countTaken(budget, ip('192.0.2.7'), 5000, 1)).toBe(5000);
  expect(countTaken(budget, ip('192.0.2.7'), 5000, HOUR_MS)).toBe(PROBES_PER_ADDRESS.burst);
  expect(countTaken(budget, ip('192.0.2.8'), 5000, HOUR_MS)).toBe(PROBES_PER_ADDRESS.burst);
});

test('addresses of one IPv6 /64 share, those of others do not', () => {
  const budget = createProbeBudget(0);
  const { burst } = PROBES_PER_ADDRESS;
  expect(countTaken(budget, ip('2001:db8:1:2::1'), 1000, 0)).toBe(burst);
  expect(countTaken(budget, ip('2001:db8:1:2:3:4:5:6'), 1000, 0)).toBe(0);
  expect(countTaken(budget, ip('2001:db8:1:3::1'), 1000, 0)).toBe(burst);
  expect(countTaken(budget, ip('2001:db8::1'), 1000, 0)).toBe(burst);
  expect(countTaken(budget, ip('2001:db8::2'), 1000, 0)).toBe(0);
});

test('all strangers together get a burst and a rate, whatever is named when', () => {
  const wish = fc.record({ address: fc.ipV4(), waitMs: fc.nat(2000), tries: fc.nat(400) });
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 200 }), (wishes) => {
      const budget = createProbeBudget(0);
      let [nowMs, taken] = [0, 0];
      for (const { address, waitMs, tries } of wishes) {
        nowMs += waitMs;
        taken += countTaken(budget, ip(address), tries, nowMs);
      }
      const { burst, perSec } = PROBES_TO_STRANGERS;
      expect(taken).toBeLessThanOrEqual(burst + (nowMs / 1000) * perSec);
    }),
  );
});

test('a hundred thousand addresses in an hour do not close the way to a peer, nor to one named later', () => {
  const budget = createProbeBudget(0);
  const peer = ip('198.51.100.1');
  for (let at = 0; at < 100_000; at++)
    budget.take(ip(`${at >> 16}.${(at >> 8) & 255}.${at & 255}.1`), at * 36);
  budget.noteProven(peer, 3_600_000);
  expect(budget.take(peer, 3_700_000)).toBe(true);
  expect(budget.take(ip('192.0.2.1'), 3_700_000)).toBe(true);
});
