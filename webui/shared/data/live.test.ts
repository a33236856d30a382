import { expect, test, vi } from 'vitest';
import type { EventStream, StreamState } from './event-stream.ts';
import { createLiveList, createLiveValue, type LiveState } from './live.ts';

interface Item {
  readonly id: string;
  readonly text: string;
}
interface Events {
  changed: Item;
  removed: { id: string };
}

const createStream = () => {
  const states = new Set<(state: StreamState) => void>();
  const listeners = new Map<string, Set<(data: never) => void>>();
  const stream: EventStream<Events> = {
    state: 'live',
    watchState: (listener) => {
      states.add(listener);
      return { [Symbol.dispose]: () => void states.delete(listener) };
    },
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener as (data: never) => void));
      return { [Symbol.dispose]: () => void set.delete(listener as (data: never) => void) };
    },
    close: () => {},
  };
  return {
    stream,
    listenerCount: () => states.size + [...listeners.values()].reduce((sum, set) => sum + set.size, 0),
    open: () => {
      for (const listener of states) listener('live');
    },
    push: <K extends keyof Events>(name: K, data: Events[K]) => {
      for (const listener of listeners.get(name) ?? []) listener(data as never);
    },
  };
};

const deferred = <T>() => {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

const watchItems = (load: (signal: AbortSignal) => Promise<readonly Item[]>) => {
  const source = createStream();
  const list = createLiveList<Item, Events>({
    stream: source.stream,
    load,
    changed: 'changed',
    removed: 'removed',
  });
  const states: LiveState<readonly Item[]>[] = [];
  return { ...source, list, states, watching: list.watch((state) => states.push(state)) };
};

test('a list is fetched when first watched, then follows events', async () => {
  const { list, push, states } = watchItems(async () => [{ id: 'a', text: 'one' }]);
  expect(states[0]?.status).toBe('loading');
  await settle();
  push('changed', { id: 'a', text: 'two' });
  expect(list.state.value).toEqual([{ id: 'a', text: 'two' }]);
  push('changed', { id: 'b', text: 'new' });
  push('removed', { id: 'a' });
  await expect.poll(() => list.state.value).toEqual([{ id: 'b', text: 'new' }]);
});

test('a flood of events is few changes, and a write of our own comes after them', async () => {
  const { list, push, states } = watchItems(async () => []);
  await settle();
  const before = states.length;
  for (let n = 0; n < 5000; n++) push('changed', { id: `h${n % 1000}`, text: `${n}` });
  await expect.poll(() => list.state.value?.length).toBe(1000);
  expect(states.length - before).toBeLessThan(10);
  push('changed', { id: 'h1', text: 'theirs' });
  push('changed', { id: 'h1', text: 'theirs again' });
  list.put({ id: 'h1', text: 'mine' });
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(list.get('h1')?.text).toBe('mine');
});

test('an event that arrives during a fetch is not undone by the older answer', async () => {
  const answer = deferred<readonly Item[]>();
  const { list, push } = watchItems(() => answer.promise);
  push('changed', { id: 'a', text: 'newer' });
  push('removed', { id: 'b' });
  answer.resolve([
    { id: 'a', text: 'older' },
    { id: 'b', text: 'gone' },
  ]);
  await settle();
  expect(list.get('a')?.text).toBe('newer');
  await expect.poll(() => list.state.value).toEqual([{ id: 'a', text: 'newer' }]);
});

test('a reopened stream fetches anew, and the answer replaces the list', async () => {
  const load = vi
    .fn<() => Promise<readonly Item[]>>()
    .mockResolvedValueOnce([{ id: 'a', text: 'one' }])
    .mockResolvedValueOnce([]);
  const { list, open } = watchItems(load);
  await settle();
  open();
  await settle();
  expect(load).toHaveBeenCalledTimes(2);
  expect(list.state.value).toEqual([]);
});

test('a failed refresh keeps the last known value and says what failed', async () => {
  const load = vi
    .fn<() => Promise<readonly Item[]>>()
    .mockResolvedValueOnce([{ id: 'a', text: 'one' }])
    .mockRejectedValueOnce(new Error('boom'));
  const { list } = watchItems(load);
  await settle();
  list.refresh();
  await settle();
  expect(list.state.status).toBe('failed');
  expect(list.state.error?.code).toBe('UNEXPECTED');
  expect(list.state.value).toHaveLength(1);
});

test('the last watcher stops events and aborts the fetch; the value stays for the next one', async () => {
  let signal: AbortSignal | undefined;
  const { list, watching, listenerCount } = watchItems(async (given) => {
    signal = given;
    return [{ id: 'a', text: 'one' }];
  });
  await settle();
  list.refresh();
  watching[Symbol.dispose]();
  expect(signal?.aborted).toBe(true);
  expect(listenerCount()).toBe(0);
  expect(list.state.value).toHaveLength(1);
  watching[Symbol.dispose]();
  expect(listenerCount()).toBe(0);
});

test('a write of our own is applied at once', async () => {
  const { list } = watchItems(async () => []);
  await settle();
  list.put({ id: 'a', text: 'mine' });
  expect(list.get('a')?.text).toBe('mine');
  list.drop('a');
  expect(list.get('a')).toBeUndefined();
});

test('a live value is replaced whole by its event', async () => {
  const { stream, push } = createStream();
  const value = createLiveValue<Item, Events>({
    stream,
    load: async () => ({ id: 'a', text: 'one' }),
    changed: 'changed',
  });
  value.watch(() => {});
  await settle();
  push('changed', { id: 'z', text: 'two' });
  expect(value.state.value).toEqual({ id: 'z', text: 'two' });
});
