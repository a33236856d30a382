import type { Clock } from './clock.ts';

/** Delays between tries: exponential, capped, with jitter so that a fleet does not come back in one wave. */
export interface Backoff {
  /** The next delay in milliseconds. */
  nextMs(): number;
  /** After a success. */
  reset(): void;
}

/** Doubles from `firstMs` to `maxMs`; each delay is spread by +-`jitter` (0.2 = 20 %). */
export const createBackoff = (options: {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly jitter?: number;
  readonly random?: () => number;
}): Backoff => {
  const { firstMs, maxMs, jitter = 0.2, random = Math.random } = options;
  let step = 0;
  return {
    nextMs() {
      const base = Math.min(maxMs, firstMs * 2 ** Math.min(step++, 30));
      return Math.round(base * (1 - jitter + 2 * jitter * random()));
    },
    reset() {
      step = 0;
    },
  };
};

/** Delays between tries to come back to somebody who is away. */
export interface ReturnPace {
  /** The next delay in milliseconds. */
  nextMs(): number;
  /** It was there, and is lost from now on. */
  noteLost(): void;
}

/**
 * Each delay is a share of the time since the loss, within limits and spread by +-20 %: whatever an outage's length, its
 * end is noticed within that share of it, and who is away for long is not asked often.
 */
export const createReturnPace = (options: {
  readonly clock: Pick<Clock, 'monoMs'>;
  readonly minMs: number;
  readonly maxMs: number;
  readonly share?: number;
  readonly random?: () => number;
}): ReturnPace => {
  const { clock, minMs, maxMs, share = 0.25, random = Math.random } = options;
  let lostAtMs = clock.monoMs();
  return {
    nextMs() {
      const delayMs = Math.min(maxMs, Math.max(minMs, (clock.monoMs() - lostAtMs) * share));
      return Math.round(delayMs * (0.8 + 0.4 * random()));
    },
    noteLost() {
      lostAtMs = clock.monoMs();
    },
  };
};
