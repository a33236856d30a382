/** What several rivals had in the same runs, and how that becomes one row. */
import { performance } from 'node:perf_hooks';
import { systemClock } from '@sidegate/kit';
import { medianOf } from './report.ts';

/** Values by rival, in the order of the runs. */
export type Results = Map<string, number[]>;

/** Adds the value of one run. */
export const note = (results: Results, name: string, value: number): void => {
  results.set(name, [...(results.get(name) ?? []), value]);
};

const round = (value: number): string => String(Number(value.toPrecision(3)));

/** What the others had, for the column beside ours; `maxMs` is when they were not waited for any longer. */
export const others = (results: Results, maxMs = Number.POSITIVE_INFINITY): string =>
  [...results]
    .filter(([name]) => name !== 'sidegate')
    .map(([name, values]) => {
      const median = medianOf(values);
      return `${name} ${median >= maxMs ? `over ${maxMs}` : round(median)}`;
    })
    .join(', ');

/** Our own values. */
export const oursIn = (results: Results): readonly number[] => results.get('sidegate') ?? [];

/** Waits for a state; false where it did not come. */
export const until = async (isReached: () => boolean | Promise<boolean>, maxMs: number): Promise<boolean> => {
  const deadline = performance.now() + maxMs;
  while (!(await isReached())) {
    if (performance.now() > deadline) return false;
    await systemClock.sleep(20);
  }
  return true;
};
