/** One run at a time, at most one queued: the heart of every reconcile loop. */
export interface SingleFlight {
  /** Asks for a run; resolves when a run that began after this call has ended, rejects with its error. */
  request(): Promise<void>;
  /** Waits until nothing runs and nothing is queued. */
  idle(): Promise<void>;
}

/** Wraps `task` so that bursts of requests become one rerun. */
export const createSingleFlight = (task: () => Promise<void>): SingleFlight => {
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  const start = (): Promise<void> => {
    const run = task().finally(() => {
      if (running === run) running = undefined;
    });
    running = run;
    return run;
  };
  return {
    request() {
      if (running === undefined) return start();
      queued ??= running
        .catch(() => {})
        .then(() => {
          queued = undefined;
          return start();
        });
      return queued;
    },
    async idle() {
      while (running !== undefined || queued !== undefined) await (queued ?? running)?.catch(() => {});
    },
  };
};
