/**
 * Live resources: fetched when first watched, kept current by events, fetched anew after a reconnect, and
 * kept between watchers so that going back to a page shows the last known state at once.
 */
import { type ApiError, isAbort, toApiError } from './api-error.ts';
import type { EventStream } from './event-stream.ts';

/** What a watcher sees: `value` stays available while a later fetch fails. */
export interface LiveState<T> {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly value: T | undefined;
  readonly error: ApiError | undefined;
}

/** A resource that can be watched; dispose to stop. */
export interface Live<T> {
  readonly state: LiveState<T>;
  watch(listener: (state: LiveState<T>) => void): Disposable;
  refresh(): void;
}

/** A live list, keyed by id; `put` and `drop` apply the answer of one's own write at once. */
export interface LiveList<T> extends Live<readonly T[]> {
  put(item: T): void;
  drop(id: string): void;
  get(id: string): T | undefined;
}

interface CoreOptions<T> {
  readonly load: (signal: AbortSignal) => Promise<T>;
  /** Subscribes to events while watched; `apply` changes the value, also on top of a fetch under way. */
  readonly subscribe: (apply: (change: (value: T) => T) => void) => readonly Disposable[];
  readonly watchOpen: (listener: () => void) => Disposable;
}

const createCore = <T>(options: CoreOptions<T>) => {
  const listeners = new Set<(state: LiveState<T>) => void>();
  let state: LiveState<T> = { status: 'loading', value: undefined, error: undefined };
  let subscriptions: readonly Disposable[] = [];
  let loading: AbortController | undefined;
  let since: ((value: T) => T)[] = [];

  const publish = (next: LiveState<T>): void => {
    state = next;
    for (const listener of [...listeners]) listener(state);
  };
  const apply = (change: (value: T) => T): void => {
    if (loading !== undefined) since.push(change);
    if (state.value !== undefined) publish({ ...state, value: change(state.value) });
  };
  const refresh = (): void => {
    loading?.abort();
    const current = new AbortController();
    loading = current;
    since = [];
    options.load(current.signal).then(
      (loaded) => {
        if (loading !== current) return;
        loading = undefined;
        publish({
          status: 'ready',
          value: since.reduce((value, change) => change(value), loaded),
          error: undefined,
        });
      },
      (cause: unknown) => {
        if (loading !== current || isAbort(cause)) return;
        loading = undefined;
        publish({ ...state, status: 'failed', error: toApiError(cause) });
      },
    );
  };
  const start = (): void => {
    subscriptions = [...options.subscribe(apply), options.watchOpen(refresh)];
    refresh();
  };
  const stop = (): void => {
    for (const subscription of subscriptions) subscription[Symbol.dispose]();
    subscriptions = [];
    loading?.abort();
    loading = undefined;
  };
  const watch = (listener: (state: LiveState<T>) => void): Disposable => {
    listeners.add(listener);
    if (listeners.size === 1) start();
    listener(state);
    return {
      [Symbol.dispose]: () => {
        if (listeners.delete(listener) && listeners.size === 0) stop();
      },
    };
  };
  return {
    get state() {
      return state;
    },
    watch,
    refresh,
    apply,
  };
};

const watchOpen =
  <E extends object>(stream: EventStream<E>) =>
  (listener: () => void): Disposable =>
    stream.watchState((state) => state === 'live' && listener());

/** One value, replaced whole by an event that carries it. */
export const createLiveValue = <T, E extends object>(options: {
  readonly stream: EventStream<E>;
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly changed?: keyof E & string;
}): Live<T> => {
  const { stream, changed } = options;
  return createCore<T>({
    load: options.load,
    watchOpen: watchOpen(stream),
    subscribe: (apply) =>
      changed === undefined ? [] : [stream.on(changed, (data) => apply(() => data as T))],
  });
};

const without = <T extends { id: string }>(items: readonly T[], id: string): readonly T[] =>
  items.filter((item) => item.id !== id);

/** Changes by events are shown at once, and from then on together, this far apart: floods of them stay bearable. */
const BATCH_MS = 150;

/** Events in bursts, as few changes. `flush` before anything newer than what waits. */
const createBatch = <T>(apply: (change: (value: T) => T) => void) => {
  let waiting: ((value: T) => T)[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    const changes = waiting;
    waiting = [];
    if (changes.length > 0) apply((value) => changes.reduce((next, change) => change(next), value));
  };
  const pause = (): void => {
    timer = setTimeout(() => {
      timer = undefined;
      if (waiting.length === 0) return;
      flush();
      pause();
    }, BATCH_MS);
  };
  return {
    add(change: (value: T) => T): void {
      waiting.push(change);
      if (timer !== undefined) return;
      flush();
      pause();
    },
    flush,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      timer = undefined;
      waiting = [];
    },
  };
};

const withItem = <T extends { id: string }>(items: readonly T[], item: T): readonly T[] => {
  const index = items.findIndex((other) => other.id === item.id);
  return index < 0 ? [...items, item] : items.with(index, item);
};

/** A list, changed item by item: `changed` carries an item, `removed` its id. */
export const createLiveList = <T extends { id: string }, E extends object>(options: {
  readonly stream: EventStream<E>;
  readonly load: (signal: AbortSignal) => Promise<readonly T[]>;
  readonly changed?: keyof E & string;
  readonly removed?: keyof E & string;
}): LiveList<T> => {
  const { stream, changed, removed } = options;
  const core = createCore<readonly T[]>({
    load: options.load,
    watchOpen: watchOpen(stream),
    subscribe: () => [
      batch,
      ...(changed === undefined
        ? []
        : [stream.on(changed, (data) => batch.add((items) => withItem(items, data as unknown as T)))]),
      ...(removed === undefined
        ? []
        : [stream.on(removed, (data) => batch.add((items) => without(items, (data as { id: string }).id)))]),
    ],
  });
  const batch = createBatch<readonly T[]>((change) => core.apply(change));
  const applyOwn = (change: (items: readonly T[]) => readonly T[]): void => {
    batch.flush();
    core.apply(change);
  };
  return {
    get state() {
      return core.state;
    },
    watch: core.watch,
    refresh: core.refresh,
    put: (item) => applyOwn((items) => withItem(items, item)),
    drop: (id) => applyOwn((items) => without(items, id)),
    get: (id) => core.state.value?.find((item) => item.id === id),
  };
};
