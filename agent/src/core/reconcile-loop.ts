/**
 * One loop for each subsystem of the machine: observe, plan, apply. Single-flight with one queued rerun; a refusal is
 * raised in health, tried again with backoff, and told to whoever waits. A loop holds still until it is released, so
 * that an agent coming back to a working data plane does not first replace it by half of itself.
 */
import {
  type Clock,
  codeOf,
  createBackoff,
  createScope,
  createSingleFlight,
  describeError,
  type Logger,
} from '@sidegate/kit';
import type { Health } from '../plugin-api/index.ts';

/** What a loop is about. */
export interface ReconcileTask {
  /** `firewall`: the warning's code is `firewall-failed`. */
  readonly name: string;
  readonly title: string;
  /** Brings the machine to what is wanted now. Does nothing where it is so already. */
  reconcile(signal: AbortSignal): Promise<void>;
  /** A look for what others changed: every so often even when nothing happens. */
  readonly recheckMs: number;
}

/** At most one run at a time; requests meanwhile become one more run. */
export interface ReconcileLoop extends AsyncDisposable {
  /** Something changed: run soon. */
  request(): void;
  /** Runs now, or once released; rejects with the error of the run. */
  settled(): Promise<void>;
  /** Runs from now on. */
  release(): void;
}

const RETRY = { firstMs: 2_000, maxMs: 60_000 } as const;

/** Starts held. Disposing waits for the run in progress and changes nothing. */
export const createReconcileLoop = (
  task: ReconcileTask,
  { clock, health, log }: { readonly clock: Clock; readonly health: Health; readonly log: Logger },
): ReconcileLoop => {
  const scope = createScope();
  const backoff = createBackoff(RETRY);
  const code = `${task.name}-failed`;
  let isHeld = true;
  let endHold: () => void = () => undefined;
  const hold = new Promise<void>((resolve) => {
    endHold = resolve;
  });
  let timer: Disposable | undefined;
  const runLater = (delayMs: number) => {
    timer?.[Symbol.dispose]();
    if (!scope.signal.aborted) timer = clock.after(delayMs, request);
  };
  const flight = createSingleFlight(async () => {
    scope.signal.throwIfAborted();
    try {
      await task.reconcile(scope.signal);
      backoff.reset();
      health.clear(code);
      runLater(task.recheckMs);
    } catch (error) {
      if (scope.signal.aborted) throw error;
      health.raise({
        code,
        severity: 'error',
        title: task.title,
        hint: `${describeError(error)}. It is tried again by itself.`,
      });
      log.debug(task.title, { code: codeOf(error), error });
      runLater(backoff.nextMs());
      throw error;
    }
  });
  const request = () => {
    // The catch is empty because a failed run has raised its warning already.
    if (!isHeld && !scope.signal.aborted) void flight.request().catch(() => {});
  };
  scope.add(() => timer?.[Symbol.dispose]());
  return {
    request,
    async settled() {
      await hold;
      await flight.request();
    },
    release() {
      isHeld = false;
      endHold();
      request();
    },
    async [Symbol.asyncDispose]() {
      endHold();
      await scope.end();
      await flight.idle();
    },
  };
};
