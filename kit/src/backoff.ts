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
