import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('one after another, none within the call, and a failure is its own', async () => {
  const inTurn = createTurns();
  const seen: string[] = [];
  const task =
    (name: string, fails = false) =>
    async () => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const turns = [inTurn(task('one')), inTurn(task('two', true)), inTurn(task('three'))];
  expect(seen).toEqual([]);
  const outcomes = await Promise.allSettled(turns);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seen).toEqual(['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
});
