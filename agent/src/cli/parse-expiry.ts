/** When something ends or began, as people say it: `2h`, `friday`, `18:30`. Pure; local time, as people mean it. */
import { AgentError } from '../errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DAY_END = [24, 0] as const;

const refuse = (message: string, hint: string): AgentError => new AgentError('USAGE', message, { hint });

const NUMBERS = 'an one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** `two hours` as `2h`. */
const shorten = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/\b[a-z]+(?= )/g, (word) => {
      const number = NUMBERS.indexOf(word === 'a' ? 'an' : word);
      return number < 0 ? word : String(Math.max(1, number));
    })
    .replaceAll(/(\d) ?(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?\b(?: |$)/g, '$1$2');

/** `90s`, `30m`, `1h30m`, `2d`, `two hours`: milliseconds. */
export const parseDuration = (text: string): number => {
  const short = shorten(text);
  const parts = [...short.matchAll(/(\d{1,6})([smhdw])/g)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0);
  if (ms > 0 && parts.map(([part]) => part).join('') === short) return ms;
  throw refuse(`${text} is not a length of time`, 'Write it as 45m, 2h, 1h30m, 3d, 1w or "two hours".');
};

/** `2026-01-02` and `2026-01-02 18:00`; a day means its end. */
const parseDate = (text: string): number | undefined => {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?$/.exec(text);
  if (found === null) return undefined;
  const [year, month, day] = found.slice(1, 4).map(Number) as [number, number, number];
  const [hour, minute] = found[4] === undefined ? DAY_END : [Number(found[4]), Number(found[5])];
  const date = new Date(year, month - 1, day);
  const isReal = date.getMonth() === month - 1 && date.getDate() === day && hour <= 24 && minute < 60;
  return isReal ? new Date(year, month - 1, day, hour, minute).getTime() : undefined;
};

/** `18:30`: today, or tomorrow where that has passed. */
const parseTimeOfDay = (text: string, now: Date): number | undefined => {
  const found = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (found === null) return undefined;
  const on = (day: number) =>
    new Date(
      now.getFullYear(),
      now.getMonth(),
      now.getDate() + day,
      Number(found[1]),
      Number(found[2]),
    ).getTime();
  return on(0) > now.getTime() ? on(0) : on(1);
};

const daysUntil = (text: string, now: Date): number => {
  if (text === 'today' || text === 'tomorrow') return Number(text === 'tomorrow');
  const at = text.length < 3 ? -1 : WEEKDAYS.findIndex((day) => day.startsWith(text));
  return at < 0 ? -1 : (at - now.getDay() + 7) % 7;
};

/** `friday`, `fri`, `tomorrow`: the end of the next such day, which may be today. */
const parseWeekday = (text: string, now: Date): number | undefined => {
  const daysAhead = daysUntil(text.toLowerCase(), now);
  if (daysAhead < 0) return undefined;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + daysAhead, ...DAY_END).getTime();
};

/** A moment: a date, a date and time, a time of day, or a day of the week. */
export const parseMoment = (text: string, nowMs: number): number => {
  const now = new Date(nowMs);
  const moment = parseDate(text) ?? parseTimeOfDay(text, now) ?? parseWeekday(text, now);
  if (moment !== undefined) return moment;
  throw refuse(
    `${text} is not a moment`,
    'Write it as 18:30, friday, tomorrow, 2030-01-31 or "2030-01-31 18:00".',
  );
};

/** Since when: so long ago (`2h`), from the beginning of a day (`2026-01-02`), or since the last `18:30`. */
export const parseSince = (text: string, nowMs: number): number => {
  if (/^\d+[smhdw]/.test(text)) return nowMs - parseDuration(text);
  const date = parseDate(/^[\d-]{10}$/.test(text) ? `${text} 00:00` : text);
  if (date !== undefined) return date;
  const time = parseTimeOfDay(text, new Date(nowMs - UNIT_MS.d!));
  if (time !== undefined) return time;
  throw refuse(`${text} is not a moment`, 'Write it as 2h, 3d, 18:30, 2030-01-31 or "2030-01-31 18:00".');
};
