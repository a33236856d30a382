/**
 * Keeps one connection to ubusd open: connects, puts registrations back, waits for the end, backs off, connects
 * again. What is done over the connection is not its business.
 */
import { UbusError } from '../errors.ts';
import { UBUS_SOCKET_PATH } from '../protocol.ts';
import type { CallLimits, Registration, RegistrationHost } from './registration.ts';
import { openSession, type Session } from './session.ts';
import { createDelays, orAborted, pause, systemTimers, type UbusClock, withDeadline } from './timers.ts';

/** `connecting` also after a connection broke; `closed` is for good. */
export type UbusState = 'connecting' | 'connected' | 'closed';

/** How to connect. */
export interface UbusOptions {
  /** Socket of ubusd. */
  readonly path?: string;
  /** Default limit of a call, connecting included; 30 s as in the `ubus` tool. */
  readonly timeoutMs?: number;
  /** First and longest delay between tries to connect; 0.2 s and 10 s. */
  readonly retryFirstMs?: number;
  readonly retryMaxMs?: number;
  /** Closes the client at once when aborted. */
  readonly signal?: AbortSignal;
  readonly clock?: UbusClock;
  /** Each change of state; `cause` says why a connection ended or could not be made. */
  readonly onState?: (state: UbusState, cause?: unknown) => void;
  /** Errors that no caller sees: thrown by handlers, or while putting something back after a reconnect. */
  readonly onError?: (error: unknown, what: string) => void;
}

/** The connection over time. */
export interface Keeper {
  readonly host: RegistrationHost;
  readonly state: UbusState;
  /** The open connection, if there is one now. */
  readonly session: Session | undefined;
  /** Resolves once `state` is `connected`; rejects when closed, or with the signal's reason. */
  connected(signal: AbortSignal): Promise<void>;
  /** Puts something on the bus for the first time: its failure is the caller's, its return is ours. */
  attach(registration: Registration, limits: CallLimits | undefined): Promise<void>;
  close(graceMs: number): Promise<void>;
}

const closedError = () => new UbusError('connection-failed', 'the ubus client is closed');

/** Resolves when the session has ended. */
const endOf = (session: Session): Promise<void> =>
  new Promise((resolve) => {
    if (session.signal.aborted) return resolve();
    session.signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Ends when `life` is aborted, the session with it. */
const keepConnected = async (
  options: UbusOptions,
  clock: UbusClock,
  life: AbortSignal,
  hooks: {
    opened(session: Session): Promise<void>;
    connected(): void;
    ended(cause: unknown): void;
  },
): Promise<void> => {
  const delays = createDelays(options.retryFirstMs ?? 200, options.retryMaxMs ?? 10_000);
  while (!life.aborted) {
    let kill: () => void = () => undefined;
    try {
      const session = await openSession(options.path ?? UBUS_SOCKET_PATH, life);
      kill = () => session.destroy(closedError());
      life.addEventListener('abort', kill, { once: true });
      if (life.aborted) kill();
      await hooks.opened(session);
      if (!session.signal.aborted) {
        delays.reset();
        hooks.connected();
      }
      await endOf(session);
      hooks.ended(session.signal.reason);
    } catch (error) {
      hooks.ended(error);
    } finally {
      life.removeEventListener('abort', kill);
    }
    await pause(clock, delays.nextMs(), life);
  }
};

/** Lets calls being served finish, flushes, and hangs up; by force when `hurry` is aborted. */
const endGently = async (session: Session, hurry: AbortSignal): Promise<void> => {
  try {
    await orAborted(Promise.all(session.serving), hurry);
    session.requests.failAll(closedError());
    session.end();
    await orAborted(endOf(session), hurry);
  } catch {
    session.destroy(closedError());
  }
};

/** Everyone who waits for a change of the connection. */
const createGate = () => {
  const waiters = new Set<() => void>();
  return {
    wake() {
      for (const waiter of [...waiters]) waiter();
    },
    /** The first value of `read` that is not undefined, asked again on every change; what it throws rejects. */
    async until<T>(signal: AbortSignal, read: () => T | undefined): Promise<T> {
      for (;;) {
        const value = read();
        if (value !== undefined) return value;
        let waiter: () => void = () => undefined;
        const change = new Promise<void>((resolve) => {
          waiter = resolve;
        });
        waiters.add(waiter);
        await orAborted(change, signal).finally(() => waiters.delete(waiter));
      }
    },
  };
};

/** Runs `task` later, unless the session ends first. */
const afterWithin = (clock: UbusClock, session: Session, delayMs: number, task: () => void): void => {
  const cancel = () => timer[Symbol.dispose]();
  const timer = clock.after(delayMs, () => {
    session.signal.removeEventListener('abort', cancel);
    task();
  });
  session.signal.addEventListener('abort', cancel, { once: true });
};

const createHost = (
  options: UbusOptions,
  clock: UbusClock,
  parts: Pick<RegistrationHost, 'session' | 'forget'>,
): RegistrationHost => ({
  ...parts,
  limited: (what, limits, work) =>
    withDeadline(
      clock,
      {
        timeoutMs: limits?.timeoutMs ?? options.timeoutMs ?? 30_000,
        signal: limits?.signal,
        expired: () => new UbusError('timeout', `${what}: no answer in time`),
      },
      work,
    ),
  later: (session, delayMs, task) => afterWithin(clock, session, delayMs, task),
  report: (error, what) => options.onError?.(error, what),
});

/** What is to be on the bus, and how it gets back there. */
const createRestorer = (registrations: ReadonlySet<Registration>, host: RegistrationHost) => {
  /** What fails is tried again while this connection lasts, without holding up the rest. */
  const reattach = async (session: Session, registration: Registration, delayMs = 500): Promise<void> => {
    const what = `restore ${registration.what}`;
    try {
      await host.limited(what, undefined, (signal) => registration.attach(session, signal));
      // Removed by the application while it was on its way.
      if (!registrations.has(registration)) await registration.detach();
    } catch (error) {
      if (session.signal.aborted) return;
      host.report(error, what);
      host.later(session, delayMs, () => {
        if (registrations.has(registration))
          void reattach(session, registration, Math.min(delayMs * 2, 10_000));
      });
    }
  };
  return async (session: Session): Promise<void> => {
    for (const registration of [...registrations]) await reattach(session, registration);
  };
};

/** Starts to connect. */
export const createKeeper = (options: UbusOptions): Keeper => {
  const { clock = systemTimers } = options;
  const life = new AbortController();
  const registrations = new Set<Registration>();
  const gate = createGate();
  let state: UbusState = 'connecting';
  let current: Session | undefined;
  let isClosing = false;

  const openOne = () => (current && !current.signal.aborted ? current : undefined);
  const unlessClosed = <T>(read: () => T | undefined) => {
    if (isClosing) throw closedError();
    return read();
  };
  const setState = (next: UbusState, cause?: unknown) => {
    if (state === 'closed' || (state === next && cause === undefined)) return;
    state = next;
    options.onState?.(next, cause);
    gate.wake();
  };
  const host = createHost(options, clock, {
    session: (signal) => gate.until(signal, () => unlessClosed(openOne)),
    forget: (registration) => void registrations.delete(registration),
  });
  const restore = createRestorer(registrations, host);
  const running = keepConnected(options, clock, life.signal, {
    opened(session) {
      current = session;
      gate.wake();
      return restore(session);
    },
    connected: () => setState('connected'),
    ended(cause) {
      current = undefined;
      if (!isClosing) setState('connecting', cause);
    },
  });

  const close = async (graceMs: number): Promise<void> => {
    if (!isClosing) {
      isClosing = true;
      gate.wake();
      registrations.clear();
      const hurry = new AbortController();
      const timer = clock.after(graceMs, () => hurry.abort());
      const session = openOne();
      if (session) await endGently(session, hurry.signal);
      timer[Symbol.dispose]();
      options.signal?.removeEventListener('abort', abort);
      life.abort(closedError());
      setState('closed');
    }
    await running;
  };
  const abort = () => void close(0);
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted) abort();

  return {
    host,
    get state() {
      return state;
    },
    get session() {
      return openOne();
    },
    connected: async (signal) => {
      await gate.until(signal, () => unlessClosed(() => (state === 'connected' ? true : undefined)));
    },
    attach: (registration, limits) =>
      host.limited(`add ${registration.what}`, limits, async (signal) => {
        await registration.attach(await host.session(signal), signal);
        if (!isClosing) registrations.add(registration);
      }),
    close,
  };
};
