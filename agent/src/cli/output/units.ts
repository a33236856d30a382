/** Numbers as people read them. */

/** `1.4 MB`: powers of ten, as network people count. */
export const formatBytes = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
};

/** `45 s`, `3 min`, `2 h`, `5 d`, `50 y`. */
export const formatDuration = (ms: number): string => {
  const sec = Math.max(0, Math.round(ms / 1000));
  if (sec < 60) return `${sec} s`;
  if (sec < 3600) return `${Math.floor(sec / 60)} min`;
  if (sec < 86_400) return `${Math.floor(sec / 3600)} h`;
  const days = Math.floor(sec / 86_400);
  return days < 731 ? `${days} d` : `${Math.floor(days / 365.25)} y`;
};

/** `3 min ago`; `never` for `undefined`. */
export const formatAgo = (atMs: number | undefined, nowMs: number): string =>
  atMs === undefined ? 'never' : nowMs - atMs < 1500 ? 'just now' : `${formatDuration(nowMs - atMs)} ago`;

/** `4:05`, for a countdown. */
export const formatCountdown = (ms: number): string => {
  const sec = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(sec / 60)}:${String(sec % 60).padStart(2, '0')}`;
};

/** `1 host`, `3 hosts`. */
export const formatCount = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `2026-01-02 18:05`, by the clock on the wall. */
export const formatMoment = (atMs: number): string => {
  const date = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
};
