/** A chore at an interval, until a signal aborts. */
import type { Clock } from '@sidegate/kit';

/** Runs `task` after every `intervalMs`; an error goes to `onError` and the next run comes all the same. */
export const repeat = (
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
  task: () => void | Promise<void>,
  onError: (error: unknown) => void,
): void => {
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal);
      try {
        await task();
      } catch (error) {
        onError(error);
      }
    }
  };
  // The only rejection left is the signal's own.
  loop().catch(() => {});
};
