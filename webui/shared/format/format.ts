/** Numbers and moments as people read them. Pure. */
import { t } from '../i18n/common.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** 1536 -> `1.5 kB`; decimal units, as operators count traffic. */
export const formatBytes = (sizeBytes: number): string => {
  let value = Math.max(0, sizeBytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? 'B'}`;
};

/** 3.456 -> `3.5 ms`; 23.4 -> `23 ms`. */
export const formatRtt = (rttMs: number): string => `${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`;

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' });

/** `just now`, `5 minutes ago`, `in 2 hours` relative to `nowMs`. */
export const formatRelative = (atMs: number, nowMs: number): string => {
  const deltaSec = Math.round((atMs - nowMs) / 1000);
  const step = STEPS.find(([, sec]) => Math.abs(deltaSec) >= sec);
  if (step === undefined)
    return Math.abs(deltaSec) < 10 ? t('time.now') : relative.format(deltaSec, 'second');
  return relative.format(Math.trunc(deltaSec / step[1]), step[0]);
};

/** How long something took: `45 s`, `3 min`, `2 h`, `5 d`. */
export const formatSpan = (ms: number): string => {
  const sec = Math.max(0, Math.round(ms / 1000));
  if (sec < 60) return `${sec} s`;
  if (sec < 3600) return `${Math.floor(sec / 60)} min`;
  return sec < 86_400 ? `${Math.floor(sec / 3600)} h` : `${Math.floor(sec / 86_400)} d`;
};

const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
/** The moment in the reader's time zone. */
export const formatAbsolute = (atMs: number): string => absolute.format(atMs);

const count = new Intl.NumberFormat('en');
/** 12345 -> `12,345`. */
export const formatCount = (value: number): string => count.format(value);
