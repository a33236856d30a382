import { createVirtualClock } from '@sidegate/kit';
import { expect, test } from 'vitest';
import { createClockWatch } from './clock-watch.ts';

const FIFTY_YEARS_MS = 50 * 365.25 * 86_400_000;

test('a clock that goes on, slews or jumps ahead is not behind', async () => {
  const clock = createVirtualClock();
  const watch = createClockWatch(clock);
  expect(watch.isBehind()).toBe(false);
  await clock.advance(86_400_000);
  clock.jumpWall(-60_000);
  expect(watch.isBehind()).toBe(false);
  clock.jumpWall(FIFTY_YEARS_MS);
  expect(watch.isBehind()).toBe(false);
});

test('fifty years back is behind at once, broker or none, until they are made up for', () => {
  const clock = createVirtualClock();
  const watch = createClockWatch(clock);
  clock.jumpWall(-FIFTY_YEARS_MS);
  expect(watch.isBehind()).toBe(true);
  clock.jumpWall(FIFTY_YEARS_MS);
  expect(watch.isBehind()).toBe(false);
});

test('fifty years ahead and back again is behind what peers were told meanwhile', () => {
  const clock = createVirtualClock();
  const watch = createClockWatch(clock);
  clock.jumpWall(FIFTY_YEARS_MS);
  watch.isBehind();
  clock.jumpWall(-FIFTY_YEARS_MS);
  watch.noteBroker(clock.wallMs());
  expect(watch.isBehind()).toBe(true);
});

test('a router that boots in 1970 is behind the broker, and not any more once NTP was there', async () => {
  const clock = createVirtualClock(0);
  const watch = createClockWatch(clock);
  const nowMs = FIFTY_YEARS_MS;
  expect(watch.isBehind()).toBe(false);
  watch.noteBroker(nowMs);
  expect(watch.isBehind()).toBe(true);
  await clock.advance(30_000);
  watch.noteBroker(undefined);
  clock.jumpWall(nowMs);
  expect(watch.isBehind()).toBe(false);
});
