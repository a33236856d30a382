/** At most so many tasks at once; the others wait in order. */
export interface Limiter {
  /** How many tasks have not begun. */
  readonly waitingCount: number;
  /** Settles as the task does, whose failure gives its place to the next like its end. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/** Tasks beyond `width` wait. */
export const createLimiter = (width: number): Limiter => {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    get waitingCount() {
      return waiting.length;
    },
    async run(task) {
      if (running < width) running++;
      // The one that ends hands its place over, so that nobody slips in between.
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
};
