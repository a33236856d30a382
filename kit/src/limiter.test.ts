import { expect, test } from 'vitest';
import { createLimiter } from './limiter.ts';

test('runs so many at once, the others in order, and a failure makes room', async () => {
  const limiter = createLimiter(2);
  const begun: number[] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const runs = [0, 1, 2, 3].map((at) =>
    limiter.run(() => {
      begun.push(at);
      return new Promise<void>((resolve, reject) => {
        ends[at] = { resolve, reject };
      });
    }),
  );
  const outcomes = Promise.allSettled(runs);
  expect(begun).toEqual([0, 1]);
  expect(limiter.waitingCount).toBe(2);
  ends[1]!.reject(new Error('no'));
  await expect(runs[1]).rejects.toThrow('no');
  expect(begun).toEqual([0, 1, 2]);
  expect(limiter.waitingCount).toBe(1);
  ends[0]!.resolve();
  ends[2]!.resolve();
  await runs[2];
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[3]!.resolve();
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
});

test('a place that is handed over is not taken by who comes in between', async () => {
  const limiter = createLimiter(1);
  let running = 0;
  let most = 0;
  const task = async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  };
  const first = limiter.run(task);
  const second = limiter.run(task);
  await first;
  await Promise.all([second, limiter.run(task), limiter.run(task)]);
  expect(most).toBe(1);
});
