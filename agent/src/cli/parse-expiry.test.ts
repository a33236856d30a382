import { describe, expect, it } from 'vitest';
import { AgentError } from '../errors.ts';
import { parseDuration, parseMoment } from './parse-expiry.ts';

/** A Wednesday. */
const NOW = new Date(2026, 3, 15, 12, 0);
const moment = (text: string) => new Date(parseMoment(text, NOW.getTime()));

describe('parseDuration', () => {
  it.each([
    ['45s', 45_000],
    ['30m', 1_800_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
    ['two hours', 7_200_000],
    ['2 h', 7_200_000],
    ['An hour 30 minutes', 5_400_000],
    ['90 sec', 90_000],
    ['a day', 86_400_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '2', 'h', '0h', '-2h', '2h!', '2y', 'two', 'hours', 'two hoers', '2 h x', 'toString h'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseDuration(text)).toThrow(AgentError);
    },
  );
});

describe('parseMoment', () => {
  it.each([
    ['18:30', new Date(2026, 3, 15, 18, 30)],
    ['9:00', new Date(2026, 3, 16, 9, 0)],
    ['friday', new Date(2026, 3, 18)],
    ['Wed', new Date(2026, 3, 16)],
    ['today', new Date(2026, 3, 16)],
    ['Tomorrow', new Date(2026, 3, 17)],
    ['tuesday', new Date(2026, 3, 22)],
    ['2026-12-31', new Date(2027, 0, 1)],
    ['2026-12-31 18:00', new Date(2026, 11, 31, 18, 0)],
    ['2026-12-31T18:00', new Date(2026, 11, 31, 18, 0)],
  ])('%s', (text, at) => expect(moment(text)).toEqual(at));

  it.each(['', 'soon', 'f', '25:00', '2026-02-30', '2026-13-01', '2026-1-1'])('refuses "%s"', (text) => {
    expect(() => moment(text)).toThrow(AgentError);
  });
});
