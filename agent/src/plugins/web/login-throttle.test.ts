import { createVirtualClock } from '@sidegate/kit';
import { expect, test } from 'vitest';
import { createLoginThrottle } from './login-throttle.ts';

const open = () => {
  const clock = createVirtualClock();
  return { clock, throttle: createLoginThrottle(clock) };
};
const waits = (outcome: ReturnType<ReturnType<typeof createLoginThrottle>['begin']>) =>
  'retryAfterSec' in outcome ? outcome.retryAfterSec : 0;

test('five failures are free, then the delay doubles with each', async () => {
  const { clock, throttle } = open();
  for (let tries = 0; tries < 5; tries++) expect(waits(throttle.begin('a'))).toBe(0);
  for (const delaySec of [5, 10, 20, 40]) {
    expect(waits(throttle.begin('a'))).toBe(delaySec);
    await clock.advance(delaySec * 1000);
    expect(waits(throttle.begin('a'))).toBe(0);
  }
});

test('waiting is not failing: asking again does not make the delay longer', async () => {
  const { clock, throttle } = open();
  for (let tries = 0; tries < 5; tries++) throttle.begin('a');
  await clock.advance(4000);
  for (let tries = 0; tries < 100; tries++) expect(waits(throttle.begin('a'))).toBe(1);
});

test('success clears the slate of its source', () => {
  const { throttle } = open();
  for (let tries = 0; tries < 4; tries++) throttle.begin('a');
  const attempt = throttle.begin('a');
  if ('succeed' in attempt) attempt.succeed();
  for (let tries = 0; tries < 5; tries++) expect(waits(throttle.begin('a'))).toBe(0);
});

test('many sources together are slowed down too, but for half a minute at most', async () => {
  const { clock, throttle } = open();
  for (let source = 0; source < 50; source++) expect(waits(throttle.begin(`source ${source}`))).toBe(0);
  expect(waits(throttle.begin('another'))).toBe(1);
  for (let round = 0; round < 20; round++) {
    await clock.advance(30_000);
    expect(waits(throttle.begin(`later ${round}`))).toBe(0);
  }
  expect(waits(throttle.begin('the owner'))).toBe(30);
});

test('a jump of the wall clock changes nothing', () => {
  const { clock, throttle } = open();
  for (let tries = 0; tries < 5; tries++) throttle.begin('a');
  clock.jumpWall(86_400_000);
  expect(waits(throttle.begin('a'))).toBe(5);
});
