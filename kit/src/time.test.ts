import { expect, test } from 'vitest';
import { createBackoff, createReturnPace } from './backoff.ts';
import { createVirtualClock } from './clock.ts';
import { createScope } from './scope.ts';
import { createSingleFlight } from './single-flight.ts';

test('virtual time runs what is due, in order, and nothing before', async () => {
  const clock = createVirtualClock();
  const seen: string[] = [];
  clock.after(200, () => seen.push('b'));
  clock.after(100, () => clock.after(50, () => seen.push('a')));
  const cancelled = clock.after(120, () => seen.push('never'));
  cancelled[Symbol.dispose]();
  await clock.advance(149);
  expect(seen).toEqual([]);
  await clock.advance(1);
  expect(seen).toEqual(['a']);
  await clock.advance(50);
  expect(seen).toEqual(['a', 'b']);
});

test('a jump of the wall clock moves no interval', async () => {
  const clock = createVirtualClock(0);
  let isDone = false;
  void clock.sleep(1000).then(() => {
    isDone = true;
  });
  clock.jumpWall(50 * 365 * 86_400_000);
  await clock.advance(999);
  expect(isDone).toBe(false);
  await clock.advance(1);
  expect(isDone).toBe(true);
});

test('an aborted sleep rejects with the reason and leaves no timer', async () => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const sleep = clock.sleep(1000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(sleep).rejects.toThrow('enough');
});

test('back-off doubles to its cap, within its jitter, and starts over after a success', () => {
  const backoff = createBackoff({ firstMs: 100, maxMs: 400, jitter: 0.2, random: () => 0.5 });
  expect([backoff.nextMs(), backoff.nextMs(), backoff.nextMs(), backoff.nextMs()]).toEqual([
    100, 200, 400, 400,
  ]);
  backoff.reset();
  expect(backoff.nextMs()).toBe(100);
});

test('a scope ends in reverse order, once, with its signal first, in spite of a failing resource', async () => {
  const seen: string[] = [];
  const scope = createScope();
  scope.signal.addEventListener('abort', () => seen.push('signal'));
  scope.add(() => void seen.push('first'));
  scope.add(() => {
    throw new Error('broken');
  });
  scope.add(() => void seen.push('last'));
  await expect(scope.end()).rejects.toThrow('end a resource scope');
  await expect(scope.end()).rejects.toThrow();
  expect(seen).toEqual(['signal', 'last', 'first']);
});

test('a scope ends with its parent', async () => {
  const parent = new AbortController();
  const scope = createScope(parent.signal);
  let isDisposed = false;
  scope.add(() => {
    isDisposed = true;
  });
  parent.abort();
  await scope.end();
  expect(isDisposed).toBe(true);
});

test('a burst of requests during a run becomes one rerun', async () => {
  const gates: (() => void)[] = [];
  const flight = createSingleFlight(() => new Promise<void>((resolve) => gates.push(resolve)));
  const first = flight.request();
  const burst = [flight.request(), flight.request(), flight.request()];
  expect(gates.length).toBe(1);
  gates[0]!();
  await first;
  await Promise.resolve();
  await Promise.resolve();
  expect(gates.length).toBe(2);
  gates[1]!();
  await Promise.all(burst);
  await flight.idle();
  expect(gates.length).toBe(2);
});

test('a failed run is reported to its caller and does not block the next', async () => {
  let runs = 0;
  const flight = createSingleFlight(async () => {
    runs += 1;
    if (runs === 1) throw new Error('first');
  });
  await expect(flight.request()).rejects.toThrow('first');
  await flight.request();
  expect(runs).toBe(2);
});

test('who is away is asked after a share of the time that it is away, within limits', async () => {
  const clock = createVirtualClock();
  const pace = createReturnPace({ clock, minMs: 500, maxMs: 30_000, random: () => 0.5 });
  expect(pace.nextMs()).toBe(500);
  await clock.advance(20_000);
  expect(pace.nextMs()).toBe(5_000);
  await clock.advance(3_600_000);
  expect(pace.nextMs()).toBe(30_000);
  pace.noteLost();
  expect(pace.nextMs()).toBe(500);
});
