import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { readSourceDate } from './source-date.ts';

it('is SOURCE_DATE_EPOCH, and 1970 where there is neither that nor a history', () => {
  expect(readSourceDate('/', { SOURCE_DATE_EPOCH: '1700000000' })).toBe(1_700_000_000);
  expect(readSourceDate(tmpdir(), {})).toBe(0);
});

it('refuses what is no time', () => {
  expect(() => readSourceDate('/', { SOURCE_DATE_EPOCH: 'yesterday' })).toThrow('SOURCE_DATE_EPOCH');
});
