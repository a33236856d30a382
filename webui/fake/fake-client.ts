/** A fake server reached without a network: a `fetch` and an event source for component tests. */
import type { EventSourceLike } from '../shared/data/event-stream.ts';
import type { FakeApi } from './fake-api.ts';

/** What an app's `deps` need; the session cookie is kept here. */
export interface FakeClient {
  readonly fetch: typeof fetch;
  readonly openEvents: () => EventSourceLike;
  /** Ends the session behind the page's back. */
  dropSession(): void;
  /** Requests made, as `METHOD /path`. */
  readonly calls: string[];
}

const readJsonBody = (init: RequestInit | undefined): unknown =>
  typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;

/** Connects to `api`; `session` is the cookie to begin with. */
export const createFakeClient = (api: FakeApi, session = ''): FakeClient => {
  let cookie = session;
  const calls: string[] = [];
  return {
    calls,
    dropSession: () => {
      cookie = '';
    },
    fetch: async (input, init) => {
      const url = new URL(String(input), 'http://fake.invalid');
      const path = url.pathname.slice(api.base.length);
      const method = init?.method ?? 'GET';
      calls.push(`${method} ${path}`);
      const answer = api.handle({
        method,
        path,
        query: url.searchParams,
        body: readJsonBody(init),
        session: cookie,
        csrf: new Headers(init?.headers).get('x-sidegate-csrf') ?? '',
      });
      if (answer.session !== undefined) cookie = answer.session;
      return new Response(answer.body === undefined ? null : JSON.stringify(answer.body), {
        status: answer.status,
      });
    },
    openEvents: () => {
      const target = new EventTarget();
      const stop = api.subscribe((name, data) =>
        target.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) })),
      );
      queueMicrotask(() => target.dispatchEvent(new Event('open')));
      return {
        readyState: 1,
        addEventListener: (type, listener) =>
          target.addEventListener(type, (event) => listener(event as MessageEvent)),
        close: stop,
      };
    },
  };
};
