/**
 * One HTTP request to the broker, over Node's own client. It has the shape of `fetch`, as far as we use that, and not
 * its price: the first call of `fetch` compiles a client of its own, which then costs an idle agent megabytes.
 */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

/** What is asked. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request, and the body while it is read. */
  readonly signal: AbortSignal;
}

/** What is answered. The body comes as it is read, and is read once. */
export interface HttpReply {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** `fetch` is one too. Rejects where there is no answer; follows no redirect. */
export type RequestHttp = (url: string, request: HttpRequest) => Promise<HttpReply>;

/** Shorter than the pause between two comments of the broker, so a silent stream is asked about at once. */
const KEEPALIVE_MS = 10_000;

const toReply = (message: IncomingMessage): HttpReply => {
  const status = message.statusCode ?? 0;
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: { get: (name) => message.headers[name]?.toString() ?? null },
    body: message,
  };
};

/** Asks over a connection of its own: one kept for later may be from an address that this machine no longer has. */
export const requestHttp: RequestHttp = (url, { method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestTls : requestPlain;
    const call = send(url, { method, headers: { ...headers, connection: 'close' }, agent: false, signal });
    call.on('error', reject);
    call.on('response', (message) => {
      // Without a reader it would hold its connection.
      if (method === 'HEAD') message.resume();
      resolve(toReply(message));
    });
    // A NAT that forgot the connection learns of it again, or has it ended; an event stream only listens otherwise.
    call.setSocketKeepAlive(true, KEEPALIVE_MS);
    call.end(body);
  });
