/**
 * Slows down password guessing, per source address and over all of them. A try counts as failed from its beginning,
 * so that many at once gain nothing; success takes it back. Monotonic time: moving the clock does not help either.
 */
import type { Clock } from '@sidegate/kit';

interface ThrottleRule {
  /** Failures without consequence. */
  readonly free: number;
  readonly firstDelayMs: number;
  /** A ceiling, so that nobody is locked out for good by another's guessing. */
  readonly maxDelayMs: number;
}

const PER_SOURCE: ThrottleRule = { free: 5, firstDelayMs: 5_000, maxDelayMs: 15 * 60_000 };
const OVERALL: ThrottleRule = { free: 50, firstDelayMs: 1_000, maxDelayMs: 30_000 };
/** A quiet hour clears the slate. */
const FORGET_AFTER_MS = 60 * 60_000;
const SOURCES_LIMIT = 1024;

interface Tally {
  failures: number;
  lastAtMs: number;
}

const waitMs = (rule: ThrottleRule, tally: Tally, nowMs: number): number => {
  const excess = tally.failures - rule.free;
  if (excess < 0) return 0;
  return tally.lastAtMs + Math.min(rule.maxDelayMs, rule.firstDelayMs * 2 ** Math.min(excess, 20)) - nowMs;
};

/** A try in progress. */
export interface LoginAttempt {
  /** The password was right: this source starts anew. */
  succeed(): void;
}

/** Counts failures by source address and over all: whoever has too many waits longer each time. */
export interface LoginThrottle {
  /** Begins a try, or says how long to wait before the next. */
  begin(source: string): LoginAttempt | { readonly retryAfterSec: number };
}

/** State is in memory: who can restart the agent needs no password. */
export const createLoginThrottle = (clock: Clock): LoginThrottle => {
  const sources = new Map<string, Tally>();
  const overall: Tally = { failures: 0, lastAtMs: 0 };
  const tallyOf = (source: string, nowMs: number): Tally => {
    const known = sources.get(source);
    const tally =
      known === undefined || nowMs - known.lastAtMs > FORGET_AFTER_MS
        ? { failures: 0, lastAtMs: nowMs }
        : known;
    // Deleted and set again: the map's order is then the order of use, and the oldest falls out.
    sources.delete(source);
    sources.set(source, tally);
    if (sources.size > SOURCES_LIMIT) sources.delete(sources.keys().next().value as string);
    return tally;
  };
  return {
    begin(source) {
      const nowMs = clock.monoMs();
      const tally = tallyOf(source, nowMs);
      if (nowMs - overall.lastAtMs > FORGET_AFTER_MS) overall.failures = 0;
      const delayMs = Math.max(waitMs(PER_SOURCE, tally, nowMs), waitMs(OVERALL, overall, nowMs));
      if (delayMs > 0) return { retryAfterSec: Math.ceil(delayMs / 1000) };
      for (const each of [tally, overall]) {
        each.failures += 1;
        each.lastAtMs = nowMs;
      }
      return {
        succeed() {
          tally.failures = 0;
          overall.failures = Math.max(0, overall.failures - 1);
        },
      };
    },
  };
};
