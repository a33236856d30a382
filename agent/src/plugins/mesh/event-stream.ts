/** Holds one event stream to the broker: reconnects by itself, and takes silence for death. */
import { type Clock, createScope, type Logger } from '@sidegate/kit';
import type { NodeEvent } from '@sidegate/protocol';

/** The broker comments every 15 s: two lost comments and a bit. */
const DEAD_AFTER_MS = 35_000;
/** Between two tries: a quarter of the time without a stream, so that a broker's restart is over when it is over. */
const RETRY_MS = { min: 500, max: 30_000 } as const;
const RETRY_SHARE = 0.25;
const RETRY_JITTER = 0.2;

export interface EventStreamDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly open: (signal: AbortSignal) => AsyncGenerator<NodeEvent | 'garbled' | undefined>;
  readonly onEvent: (event: NodeEvent) => void;
  readonly onConnected: (isConnected: boolean) => void;
  /** The broker said something that cannot be read. */
  readonly onGarbled: () => void;
  /** The broker refused the stream. */
  readonly onRefused: (error: unknown) => void;
}

/** The stream, until disposed. */
export interface HeldStream extends AsyncDisposable {
  /** When the broker was last heard on it, monotonic. */
  readonly heardAtMs: () => number;
  /** The way to the broker may have changed: connect anew, at once. */
  restart(): void;
}

/** Starts holding a stream. */
export const holdEventStream = (deps: EventStreamDeps): HeldStream => {
  const { clock, log } = deps;
  const scope = createScope();
  let lostAtMs = clock.monoMs();
  const retryMs = (): number => {
    const lostForMs = clock.monoMs() - lostAtMs;
    const delayMs = Math.min(RETRY_MS.max, Math.max(RETRY_MS.min, lostForMs * RETRY_SHARE));
    return delayMs * (1 - RETRY_JITTER + 2 * RETRY_JITTER * Math.random());
  };
  let attempt = new AbortController();
  let wakeUp = new AbortController();
  let isRestarting = false;
  let heardAtMs = Number.NEGATIVE_INFINITY;

  const readOnce = async () => {
    isRestarting = false;
    attempt = new AbortController();
    const { signal } = attempt;
    let timer: Disposable | undefined;
    const expectLife = () => {
      timer?.[Symbol.dispose]();
      timer = clock.after(DEAD_AFTER_MS, () => attempt.abort(new Error('the broker fell silent')));
    };
    expectLife();
    try {
      for await (const event of deps.open(AbortSignal.any([scope.signal, signal]))) {
        expectLife();
        heardAtMs = clock.monoMs();
        deps.onConnected(true);
        if (event === 'garbled') deps.onGarbled();
        else if (event !== undefined) deps.onEvent(event);
      }
    } finally {
      timer?.[Symbol.dispose]();
      if (heardAtMs >= lostAtMs) lostAtMs = clock.monoMs();
      deps.onConnected(false);
    }
  };
  const run = async () => {
    while (!scope.signal.aborted) {
      await readOnce().catch((error: unknown) => {
        if (scope.signal.aborted || isRestarting) return;
        log.debug('the event stream ended', { error });
        deps.onRefused(error);
      });
      if (isRestarting) continue;
      wakeUp = new AbortController();
      await clock.sleep(retryMs(), AbortSignal.any([scope.signal, wakeUp.signal])).catch(() => {});
    }
  };
  const running = run();
  return {
    heardAtMs: () => heardAtMs,
    restart() {
      isRestarting = true;
      lostAtMs = clock.monoMs();
      attempt.abort(new Error('our network changed'));
      wakeUp.abort();
    },
    async [Symbol.asyncDispose]() {
      await scope.end();
      await running;
    },
  };
};
