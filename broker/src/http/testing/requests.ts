/** Short ways to a listening broker for HTTP tests. */
import { decodeEventStream, type SseMessage } from '@sidegate/kit';
import type { Enrolment, ErrorBody, NodeDescription } from '@sidegate/protocol';
import { describeNode } from '../../service/testing/create-test-service.ts';
import type { TestBroker } from '../../testing.ts';

/** Status and body of an answer. */
export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request; a string body is sent as it is. */
export const call = async <T = ErrorBody>(
  url: string,
  method: string,
  path: string,
  { token, body, headers }: CallOptions = {},
): Promise<Answer<T>> => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? undefined : JSON.parse(text)) as T,
  };
};

/** Code of an error answer with its status: `404 NODE_UNKNOWN`. */
export const gist = ({ status, body }: Answer<ErrorBody>): string =>
  `${status} ${body?.error?.code ?? ''}`.trim();

/** Lets a machine in. */
export const enrolNode = async (
  broker: TestBroker,
  more: Partial<NodeDescription> = {},
): Promise<Enrolment> => {
  const node = describeNode(more);
  const { secret } = await broker.createKey({ role: node.role });
  const { status, body } = await call<Enrolment>(broker.url, 'POST', '/v1/enrol', {
    body: { key: secret, node },
  });
  if (status !== 201) throw new Error(`enrol: ${status} ${JSON.stringify(body)}`);
  return body;
};

/** Reads an event stream; `next` waits for the next event of that name. */
export const openEvents = async (url: string, headers: Readonly<Record<string, string>>) => {
  const stopping = new AbortController();
  const response = await fetch(url, { headers, signal: stopping.signal });
  if (!response.ok) throw new Error(`open events: ${response.status}`);
  const messages = decodeEventStream(response.body!)[Symbol.asyncIterator]();
  return {
    async next<T>(name: string): Promise<T> {
      for (;;) {
        const { value, done } = await messages.next();
        if (done === true) throw new Error(`the stream ended before ${name}`);
        const message = value as SseMessage | undefined;
        if (message?.event === name) return JSON.parse(message.data) as T;
      }
    },
    /** Resolves when the server ends the stream. */
    async ended(): Promise<void> {
      while ((await messages.next()).done !== true);
    },
    stop: () => stopping.abort(),
  };
};
