/** Holds one event stream to the broker: reconnects by itself, and takes silence for death. */
import { type Clock, createReturnPace, createScope, type Logger } from '@sidegate/kit';
import type { NodeEvent } from '@sidegate/protocol';

/** The broker comments every 15 s: two lost comments and a bit. */
const DEAD_AFTER_MS = 35_000;
const RETRY = { minMs: 500, maxMs: 30_000 } as const;

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
  const pace = createReturnPace({ clock, ...RETRY });
  let attempt = new AbortController();
  let wakeUp = new AbortController();
  let isRestarting = false;
  let heardAtMs = Number.NEGATIVE_INFINITY;

  const readOnce = async () => {
    isRestarting = false;
    attempt = new AbortController();
    const { signal } = attempt;
    let timer: Disposable | undefined;
    let wasThere = false;
    const expectLife = () => {
      timer?.[Symbol.dispose]();
      timer = clock.after(DEAD_AFTER_MS, () => attempt.abort(new Error('the broker fell silent')));
    };
    expectLife();
    try {
      for await (const event of deps.open(AbortSignal.any([scope.signal, signal]))) {
        expectLife();
        heardAtMs = clock.monoMs();
        wasThere = true;
        deps.onConnected(true);
        if (event === 'garbled') deps.onGarbled();
        else if (event !== undefined) deps.onEvent(event);
      }
    } finally {
      timer?.[Symbol.dispose]();
      if (wasThere) pace.noteLost();
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
      await clock.sleep(pace.nextMs(), AbortSignal.any([scope.signal, wakeUp.signal])).catch(() => {});
    }
  };
  const running = run();
  return {
    heardAtMs: () => heardAtMs,
    restart() {
      isRestarting = true;
      pace.noteLost();
      attempt.abort(new Error('our network changed'));
      wakeUp.abort();
    },
    async [Symbol.asyncDispose]() {
      await scope.end();
      await running;
    },
  };
};
