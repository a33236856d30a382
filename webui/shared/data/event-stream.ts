/** One server-sent-event stream per app, shared by every live list; reconnects by itself, for ever. */

/** `live` after the stream opened; `reconnecting` once it was lost. */
export type StreamState = 'connecting' | 'live' | 'reconnecting';

/** Typed events of one stream, by event name. */
export interface EventStream<E extends object> {
  readonly state: StreamState;
  /** Hears every change of `state`; `live` means: fetch anew, events may have been missed. */
  watchState(listener: (state: StreamState) => void): Disposable;
  on<K extends keyof E & string>(name: K, listener: (data: E[K]) => void): Disposable;
  close(): void;
}

/** The part of `EventSource` that is used; tests pass a fake. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void;
  close(): void;
}

/** `open` makes the source; `delayMs` is the wait before attempt n (0-based). */
export interface EventStreamOptions<E> {
  readonly names: readonly (keyof E & string)[];
  readonly open: () => EventSourceLike;
  readonly delayMs?: (attempt: number) => number;
}

/** EventSource.CLOSED, WHATWG HTML section 9.2: the browser has given up and will not try again. */
const CLOSED = 2;
const backoff = (attempt: number): number =>
  Math.min(30_000, 1000 * 2 ** attempt) * (0.75 + Math.random() / 2);

const parseData = (data: unknown): unknown => {
  try {
    return typeof data === 'string' ? JSON.parse(data) : undefined;
  } catch {
    return undefined;
  }
};

const addTo = <T>(set: Set<T>, item: T): Disposable => {
  set.add(item);
  return { [Symbol.dispose]: () => void set.delete(item) };
};

/** Opens the stream at once. */
export const openEventStream = <E extends object>(options: EventStreamOptions<E>): EventStream<E> => {
  const delayMs = options.delayMs ?? backoff;
  const stateListeners = new Set<(state: StreamState) => void>();
  const listeners = new Map<string, Set<(data: never) => void>>();
  let state: StreamState = 'connecting';
  let attempt = 0;
  let source: EventSourceLike | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const setState = (next: StreamState): void => {
    state = next;
    for (const listener of [...stateListeners]) listener(next);
  };
  const deliver = (name: string, raw: unknown): void => {
    const data = parseData(raw);
    if (data === undefined) return;
    for (const listener of [...(listeners.get(name) ?? [])]) listener(data as never);
  };
  const connect = (): void => {
    const current = options.open();
    source = current;
    current.addEventListener('open', () => {
      attempt = 0;
      setState('live');
    });
    current.addEventListener('error', () => {
      if (source !== current) return;
      if (state !== 'reconnecting') setState('reconnecting');
      if (current.readyState !== CLOSED) return;
      timer = setTimeout(connect, delayMs(attempt));
      attempt += 1;
    });
    for (const name of options.names) current.addEventListener(name, (event) => deliver(name, event.data));
  };
  connect();

  return {
    get state() {
      return state;
    },
    watchState: (listener) => addTo(stateListeners, listener),
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      return addTo(set, listener as (data: never) => void);
    },
    close: () => {
      clearTimeout(timer);
      source?.close();
      source = undefined;
    },
  };
};
