/** Slows down guessing of passwords and codes: some tries are free, then each costs twice the time of the one before. */
import type { Clock } from '@sidegate/kit';
import { BrokerError } from '../errors.ts';

const FREE_TRIES = 5;
const FIRST_DELAY_MS = 5_000;
const DELAY_MAX_MS = 15 * 60_000;
/** Quiet for this long: forgotten. */
const FORGET_MS = 30 * 60_000;
/** Keys remembered; the one tried longest ago is forgotten first. */
const KEYS_MAX = 20_000;

interface Tries {
  readonly count: number;
  readonly lastMs: number;
}

/** Creates a throttle over monotonic time. */
export const createLoginThrottle = (clock: Pick<Clock, 'monoMs'>) => {
  const tries = new Map<string, Tries>();

  const waitMs = (key: string, freeTries: number, nowMs: number): number => {
    const known = tries.get(key);
    if (known === undefined || nowMs - known.lastMs >= FORGET_MS || known.count < freeTries) return 0;
    const delayMs = Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** Math.min(20, known.count - freeTries));
    return Math.max(0, known.lastMs + delayMs - nowMs);
  };
  const count = (key: string, nowMs: number): void => {
    const known = tries.get(key);
    const isRecent = known !== undefined && nowMs - known.lastMs < FORGET_MS;
    tries.delete(key);
    if (tries.size >= KEYS_MAX) tries.delete(tries.keys().next().value!);
    tries.set(key, { count: isRecent ? known.count + 1 : 1, lastMs: nowMs });
  };

  return {
    /**
     * Counts a try of `name` from `address`, or throws `LOGIN_THROTTLED`. Counted before the check, so that many at
     * once gain nothing. One address may try several names, but not many.
     */
    begin(address: string, name: string): void {
      const nowMs = clock.monoMs();
      const pair = `${address} ${name}`;
      const leftMs = Math.max(waitMs(pair, FREE_TRIES, nowMs), waitMs(address, 4 * FREE_TRIES, nowMs));
      if (leftMs > 0) {
        const retryAfterSec = Math.ceil(leftMs / 1000);
        throw new BrokerError('LOGIN_THROTTLED', `Too many tries: wait ${retryAfterSec} s`, {
          details: { retryAfterSec },
        });
      }
      count(pair, nowMs);
      count(address, nowMs);
    },
    /** It was right: nothing is held against either. */
    succeed(address: string, name: string): void {
      tries.delete(`${address} ${name}`);
      tries.delete(address);
    },
  };
};
export type LoginThrottle = ReturnType<typeof createLoginThrottle>;
