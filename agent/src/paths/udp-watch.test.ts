import { expect, test } from 'vitest';
import {
  createUdpWatch,
  isBehindShim,
  noteDoubt,
  noteGreeted,
  noteMoved,
  stepUdpWatch,
  type UdpReading,
  type UdpWatch,
} from './udp-watch.ts';

const SILENT: UdpReading = {
  answers: [false, false],
  isBrokerReachable: true,
  isShimOpen: false,
  hasOtherFamily: false,
};
const OPEN = { ...SILENT, isShimOpen: true };

/** Reads every 100 ms for a while, if not told otherwise; tells what was asked for, and when. */
const run = (state: UdpWatch, reading: UdpReading, fromMs: number, forMs: number, everyMs = 100) => {
  const asked: string[] = [];
  let next = state;
  for (let atMs = fromMs; atMs <= fromMs + forMs; atMs += everyMs) {
    const step = stepUdpWatch(next, reading, atMs);
    next = step.effects.includes('greet') ? noteGreeted(step.state, atMs) : step.state;
    for (const effect of step.effects) asked.push(`${atMs - fromMs} ${effect}`);
  }
  return { state: next, asked };
};
const blocked = () => {
  const opening = run(createUdpWatch(0), SILENT, 0, 3_000).state;
  return stepUdpWatch(opening, OPEN, 3_100).state;
};
const working = () => run(createUdpWatch(0), { ...SILENT, answers: [false, true] }, 0, 200).state;

test('silence for three seconds, greeted twice, opens the shim; it is used once it is open', () => {
  const { state, asked } = run(createUdpWatch(0), SILENT, 0, 8_000);
  expect(asked).toEqual(['1200 greet', '3000 open-shim']);
  expect(stepUdpWatch(state, OPEN, 8_100).effects).toEqual(['use-shim']);
  expect(isBehindShim(blocked())).toBe(true);
});

test('a machine that looks once a second listens longer, and an answer that comes late is in time', () => {
  expect(run(createUdpWatch(0), SILENT, 1_000, 15_000, 1_000).asked).toEqual([
    '3000 greet',
    '9000 open-shim',
  ]);
  const late = run(createUdpWatch(0), SILENT, 1_000, 5_000, 1_000).state;
  expect(stepUdpWatch(late, { ...SILENT, answers: [false, true] }, 7_000).state.phase).toBe('working');
});

test('the other address family is tried first', () => {
  expect(run(createUdpWatch(0), { ...SILENT, hasOtherFamily: true }, 0, 6_000).asked.at(-1)).toBe(
    '5500 open-shim',
  );
});

test('nothing is concluded while the broker is out of reach altogether', () => {
  expect(run(createUdpWatch(0), { ...SILENT, isBrokerReachable: false }, 0, 60_000).asked).toEqual([
    '1200 greet',
  ]);
});

test('an answer ends the doubt, also while the shim opens', () => {
  expect(working().phase).toBe('working');
  const opening = run(createUdpWatch(0), SILENT, 0, 3_000).state;
  const step = stepUdpWatch(opening, { ...SILENT, answers: [true, false] }, 3_100);
  expect([step.state.phase, step.effects]).toEqual(['working', ['close-shim']]);
});

test('a path in trouble casts doubt, but not on an answer of a moment ago', () => {
  expect(noteDoubt(working(), 1_000).effects).toEqual([]);
  expect(noteDoubt(working(), 60_000).effects).toEqual(['greet']);
});

test('another beacon answers: beacon 0 is tried, and the shim left with time for what is in flight', () => {
  const { state, asked } = run(blocked(), { ...OPEN, answers: [true, true] }, 4_000, 3_000);
  expect(asked).toEqual(['0 try-udp', '100 leave-shim', '2100 close-shim']);
  expect(state.phase).toBe('working');
});

test('a trial that fails is rolled back, and comes again ever later', () => {
  const { asked } = run(blocked(), { ...OPEN, answers: [false, true] }, 4_000, 60_000);
  expect(asked).toEqual([
    '0 try-udp',
    '3000 end-trial',
    '8000 try-udp',
    '11000 end-trial',
    '26000 try-udp',
    '29000 end-trial',
  ]);
});

test('with a single beacon it is tried every five minutes, and when the network changes', () => {
  const alone = { ...OPEN, answers: [false] };
  expect(run(blocked(), alone, 3_100, 299_000).asked).toEqual([]);
  expect(run(blocked(), alone, 3_100, 301_000).asked).toEqual(['300000 try-udp']);
  expect(run(noteMoved(blocked()), alone, 3_100, 1_000).asked).toEqual(['0 try-udp']);
});
