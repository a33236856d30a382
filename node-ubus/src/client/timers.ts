/**
 * Time as a dependency, so that tests own it. The shape is a subset of what larger code bases call a clock.
 */
export interface UbusClock {
  /** Calls `task` once after `delayMs`, unless disposed before. */
  after(delayMs: number, task: () => void): Disposable;
}

/** The machine's timers. They keep the process alive: someone is waiting for them. */
export const systemTimers: UbusClock = {
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`, or at once when `signal` is aborted. Never rejects. */
export const pause = (clock: UbusClock, delayMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal.addEventListener('abort', finish, { once: true });
  });

/** Runs `work` with a signal that aborts when `signal` does, or with `expired()` after `timeoutMs`. */
export const withDeadline = async <T>(
  clock: UbusClock,
  limits: {
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    readonly expired: () => Error;
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  limits.signal?.throwIfAborted();
  const controller = new AbortController();
  const forward = () => controller.abort(limits.signal?.reason);
  limits.signal?.addEventListener('abort', forward, { once: true });
  const timer = clock.after(limits.timeoutMs, () => controller.abort(limits.expired()));
  try {
    return await work(controller.signal);
  } finally {
    timer[Symbol.dispose]();
    limits.signal?.removeEventListener('abort', forward);
  }
};

/** `promise`, or the signal's reason if that comes first. */
export const orAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/** Delays in milliseconds that double from `firstMs` to `maxMs`, each spread by +-20 %. */
export const createDelays = (firstMs: number, maxMs: number): { nextMs(): number; reset(): void } => {
  let step = 0;
  return {
    nextMs: () => Math.min(maxMs, firstMs * 2 ** Math.min(step++, 30)) * (0.8 + 0.4 * Math.random()),
    reset: () => {
      step = 0;
    },
  };
};
