/**
 * Time as a dependency. Wall time is for people and files; intervals use monotonic time, because routers boot in
 * 1970 and jump. Nothing outside this file may call `setTimeout`, `setInterval` or `Date.now`.
 */
import { uptime } from 'node:os';

/** The clocks of a machine. */
export interface Clock {
  /** Milliseconds since 1970; may jump. */
  wallMs(): number;
  /** Milliseconds since some start; never goes back. */
  monoMs(): number;
  /** The same, but it goes on while the machine sleeps, as the ages of WireGuard's sessions do. */
  bootMs(): number;
  /** Calls `task` once after `delayMs`, unless disposed before. */
  after(delayMs: number, task: () => void): Disposable;
  /** Resolves after `delayMs`; rejects with the signal's reason when aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

const sleepOn = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });

/** The machine's clocks. Timers do not keep the process alive. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  bootMs: () => uptime() * 1000,
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref?.();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};

/** A clock for tests and simulations: time passes only in `advance`. */
export interface VirtualClock extends Clock {
  /** Lets time pass, running what is due in order, and microtasks between. */
  advance(ms: number): Promise<void>;
  /** Shifts wall time only, as NTP or a dead battery does. */
  jumpWall(ms: number): void;
  /** The machine sleeps: no interval ends, and it is later afterwards. */
  suspend(ms: number): void;
}

/** Starts at `startWallMs`, monotonic 0. */
export const createVirtualClock = (startWallMs = 1_700_000_000_000): VirtualClock => {
  let mono = 0;
  let wallOffset = startWallMs;
  let sleptMs = 0;
  let nextId = 0;
  const timers = new Map<number, { at: number; task: () => void }>();
  const drainMicrotasks = async () => {
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  };
  const clock: VirtualClock = {
    wallMs: () => Math.round(wallOffset + mono),
    monoMs: () => mono,
    bootMs: () => mono + sleptMs,
    after(delayMs, task) {
      const id = nextId++;
      timers.set(id, { at: mono + Math.max(0, delayMs), task });
      return { [Symbol.dispose]: () => void timers.delete(id) };
    },
    sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
    jumpWall(ms) {
      wallOffset += ms;
    },
    suspend(ms) {
      wallOffset += ms;
      sleptMs += ms;
    },
    async advance(ms) {
      const end = mono + ms;
      for (;;) {
        await drainMicrotasks();
        const due = [...timers]
          .filter(([, timer]) => timer.at <= end)
          .sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
        if (due === undefined) break;
        timers.delete(due[0]);
        mono = Math.max(mono, due[1].at);
        due[1].task();
      }
      mono = end;
      // Whatever the last timers set going comes to its end, however long its chain of promises is.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return clock;
};
