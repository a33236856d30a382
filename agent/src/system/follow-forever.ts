import { type Clock, createBackoff, createScope, type Logger } from '@sidegate/kit';
import type { Follow } from './run.ts';

const RESTART = { firstMs: 500, maxMs: 60_000 } as const;
/** What ran longer than this was healthy: the next delay is short again. */
const HEALTHY_MS = 10_000;

/** What following needs. */
export interface FollowDeps {
  readonly follow: Follow;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Follows an endless program until disposed, and starts it again with backoff whenever it ends. `onRestart` is called
 * then, for what happened in between was missed.
 */
export const followForever = (
  { follow, clock, log }: FollowDeps,
  file: string,
  args: readonly string[],
  { onLine, onRestart }: { readonly onLine: (line: string) => void; readonly onRestart: () => void },
): Disposable => {
  const scope = createScope();
  const backoff = createBackoff(RESTART);
  const { signal } = scope;
  const loop = async () => {
    while (!signal.aborted) {
      const startedAt = clock.monoMs();
      await follow(file, args, { signal, onLine }).catch((error: unknown) => {
        if (!signal.aborted) log.debug('follow a program', { command: file, error });
      });
      if (signal.aborted) return;
      if (clock.monoMs() - startedAt > HEALTHY_MS) backoff.reset();
      await clock.sleep(backoff.nextMs(), signal);
      onRestart();
    }
  };
  void loop().catch(() => undefined);
  return { [Symbol.dispose]: () => void scope.end() };
};
