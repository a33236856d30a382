import { createVirtualClock, silentLogger } from '@sidegate/kit';
import { expect, it } from 'vitest';
import { AgentError } from '../errors.ts';
import { followForever } from './follow-forever.ts';
import type { Follow } from './run.ts';

/** A program that a test ends by hand. */
const openProgram = () => {
  const clock = createVirtualClock();
  const state = {
    starts: 0,
    restarts: 0,
    lines: [] as string[],
    end: (_?: Error) => {},
    say: (_: string) => {},
  };
  const follow: Follow = (_, __, { signal, onLine }) =>
    new Promise((resolve, reject) => {
      state.starts += 1;
      state.say = onLine;
      state.end = (error) => (error === undefined ? resolve() : reject(error));
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const following = followForever({ follow, clock, log: silentLogger }, 'ip', ['monitor'], {
    onLine: (line) => state.lines.push(line),
    onRestart: () => {
      state.restarts += 1;
    },
  });
  return { clock, state, following };
};

it('starts the program again when it ends, later and later, and says that something was missed', async () => {
  const { clock, state, following } = openProgram();
  state.say('one');
  state.end();
  await clock.advance(1_000);
  expect([state.starts, state.restarts]).toEqual([2, 1]);
  state.end(new AgentError('COMMAND_NOT_FOUND', 'gone'));
  await clock.advance(700);
  expect(state.starts).toBe(2);
  await clock.advance(1_000);
  expect([state.starts, state.restarts, state.lines]).toEqual([3, 2, ['one']]);
  following[Symbol.dispose]();
});

it('ends with its disposal', async () => {
  const { clock, state, following } = openProgram();
  following[Symbol.dispose]();
  await clock.advance(120_000);
  expect([state.starts, state.restarts]).toEqual([1, 0]);
});
