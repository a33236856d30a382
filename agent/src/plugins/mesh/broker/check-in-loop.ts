/** Checks in with the broker about every minute, at once when something changed, and backs off while it fails. */
import { type Clock, createBackoff, createScope, createSingleFlight } from '@sidegate/kit';

const BACKOFF = { firstMs: 1000, maxMs: 60_000, jitter: 0.2 } as const;
const JITTER = 0.1;

/** The loop, until disposed. */
export interface CheckInLoop extends AsyncDisposable {
  /** Check in now. Several calls during one check-in become one more. */
  request(): void;
}

/** Runs `checkIn`, which answers with the seconds until the next one, or rejects. */
export const runCheckInLoop = (options: {
  readonly clock: Clock;
  readonly checkIn: (signal: AbortSignal) => Promise<{ readonly nextSec: number }>;
  readonly onFailed: (error: unknown) => void;
  readonly random?: () => number;
}): CheckInLoop => {
  const { clock, checkIn, onFailed, random = Math.random } = options;
  const scope = createScope();
  const backoff = createBackoff(BACKOFF);
  let timer: Disposable | undefined;
  const plan = (delayMs: number) => {
    timer?.[Symbol.dispose]();
    if (!scope.signal.aborted) timer = clock.after(delayMs, request);
  };
  const flight = createSingleFlight(async () => {
    if (scope.signal.aborted) return;
    try {
      const { nextSec } = await checkIn(scope.signal);
      backoff.reset();
      plan(nextSec * 1000 * (1 - JITTER + 2 * JITTER * random()));
    } catch (error) {
      if (scope.signal.aborted) return;
      onFailed(error);
      plan(backoff.nextMs());
    }
  });
  const request = () => void flight.request().catch(onFailed);
  request();
  return {
    request,
    async [Symbol.asyncDispose]() {
      timer?.[Symbol.dispose]();
      await scope.end();
      await flight.idle();
      timer?.[Symbol.dispose]();
    },
  };
};
