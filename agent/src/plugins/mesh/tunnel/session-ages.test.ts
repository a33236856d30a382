import { createVirtualClock } from '@sidegate/kit';
import type { PublicKey } from '@sidegate/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TunnelPeerState } from '../../../ports/index.ts';
import { createSessionAges } from './session-ages.ts';

const FIFTY_YEARS_MS = 50 * 365.25 * 86_400_000;
const START_MS = 1_700_000_000_000;
const stateAt = (latestHandshakeAt: number | undefined) =>
  ({ publicKey: 'k' as PublicKey, latestHandshakeAt }) as unknown as TunnelPeerState;

/** Ages after a first reading of this date. */
const open = (latestHandshakeAt: number | undefined) => {
  const clock = createVirtualClock(START_MS);
  const ages = createSessionAges(clock);
  const read = (at: number | undefined) => {
    ages.note([stateAt(at)]);
    return ages.ageMs(stateAt(at));
  };
  return { clock, ages, read, first: read(latestHandshakeAt) };
};

test('a session found at the start is as old as its date says; one of the future is none', () => {
  expect(open(START_MS - 5000).first).toBe(5000);
  expect(open(START_MS + 5000).first).toBe(0);
  expect(open(START_MS + FIFTY_YEARS_MS).first).toBeUndefined();
  expect(open(undefined).first).toBeUndefined();
  expect(open(START_MS).ages.ageMs(undefined)).toBeUndefined();
});

test.each([-FIFTY_YEARS_MS, FIFTY_YEARS_MS])(
  'a jump of %i ms makes no session older or younger',
  async (jump) => {
    const { clock, read } = open(START_MS - 10_000);
    clock.jumpWall(jump);
    await clock.advance(5000);
    expect(read(START_MS - 10_000)).toBe(15_000);
    await clock.advance(200_000);
    expect(read(START_MS - 10_000)).toBe(215_000);
  },
);

test('a session goes on ageing while the machine sleeps', async () => {
  const { clock, read } = open(START_MS - 10_000);
  clock.suspend(3_600_000);
  expect(read(START_MS - 10_000)).toBe(3_610_000);
});

test.each([-FIFTY_YEARS_MS, 0, FIFTY_YEARS_MS])(
  'a handshake since the last reading is no older than that, by a clock that is %i ms off',
  async (jump) => {
    const { clock, read } = open(undefined);
    clock.jumpWall(jump);
    await clock.advance(5000);
    expect(read(START_MS)).toBeGreaterThanOrEqual(0);
    expect(read(START_MS)).toBeLessThanOrEqual(5000);
    // The next is dated by the clock as it is now.
    await clock.advance(120_000);
    expect(read(clock.wallMs() - 1000)).toBe(1000);
  },
);

test('whatever the dates, an age is never negative and grows with time alone', async () => {
  const dates = fc.array(fc.option(fc.integer({ min: 1, max: 4e12 }), { nil: undefined }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(dates, async (all) => {
      const { clock, ages } = open(all[0]);
      for (const at of all) {
        ages.note([stateAt(at)]);
        const age = ages.ageMs(stateAt(at));
        if (age !== undefined) expect(age).toBeGreaterThanOrEqual(0);
        await clock.advance(1000);
        if (age !== undefined) expect(ages.ageMs(stateAt(at))).toBe(age + 1000);
      }
    }),
    { numRuns: 50 },
  );
});
