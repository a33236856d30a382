import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EventSourceLike, openEventStream, type StreamState } from './event-stream.ts';

interface Events {
  ping: { n: number };
}

class FakeSource implements EventSourceLike {
  readyState = 0;
  isClosed = false;
  readonly #listeners = new Map<string, ((event: { data?: unknown }) => void)[]>();
  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  close(): void {
    this.isClosed = true;
  }
  fire(type: string, data?: unknown): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data });
  }
}

const open = () => {
  const sources: FakeSource[] = [];
  const states: StreamState[] = [];
  const stream = openEventStream<Events>({
    names: ['ping'],
    delayMs: (attempt) => 1000 * (attempt + 1),
    open: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
  });
  stream.watchState((state) => states.push(state));
  return { stream, sources, states };
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('events arrive decoded; what is not JSON is dropped', () => {
  const { stream, sources } = open();
  const seen: number[] = [];
  stream.on('ping', ({ n }) => seen.push(n));
  sources[0]?.fire('open');
  sources[0]?.fire('ping', '{"n":1}');
  sources[0]?.fire('ping', 'not json');
  sources[0]?.fire('ping', '{"n":2}');
  expect(seen).toEqual([1, 2]);
});

test('a stream the browser gave up is opened again, later each time', () => {
  const { sources, states } = open();
  const fail = (index: number) => {
    const source = sources[index];
    if (source === undefined) throw new Error(`no source ${index}`);
    source.readyState = 2;
    source.fire('error');
  };
  fail(0);
  expect(states).toEqual(['reconnecting']);
  vi.advanceTimersByTime(999);
  expect(sources).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(sources).toHaveLength(2);
  fail(1);
  vi.advanceTimersByTime(1999);
  expect(sources).toHaveLength(2);
  vi.advanceTimersByTime(1);
  sources[2]?.fire('open');
  expect(states).toEqual(['reconnecting', 'live']);
});

test('while the browser itself retries, no second stream is opened', () => {
  const { sources, states } = open();
  sources[0]?.fire('open');
  sources[0]?.fire('error');
  vi.advanceTimersByTime(60_000);
  expect(sources).toHaveLength(1);
  expect(states).toEqual(['live', 'reconnecting']);
});

test('closing stops the retries', () => {
  const { stream, sources } = open();
  const [first] = sources;
  if (first === undefined) throw new Error('no source');
  first.readyState = 2;
  first.fire('error');
  stream.close();
  vi.advanceTimersByTime(60_000);
  expect(sources).toHaveLength(1);
  expect(first.isClosed).toBe(true);
});
