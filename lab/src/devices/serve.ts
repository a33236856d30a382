/** What the HTTP pages of the lab's devices share. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What a device answers on one path. */
export interface Answer {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly status?: number;
}

/** Makes the request handler of a device that calls itself `server`. */
export const answerWith =
  (server: string, answers: Readonly<Record<string, () => Answer>>) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(request.url ?? '/', 'http://device');
    const answer = answers[pathname]?.() ?? { status: 404, type: 'text/plain', body: 'not found\n' };
    response.writeHead(answer.status ?? 200, {
      server,
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
      'cache-control': 'no-store',
    });
    response.end(answer.body);
  };

/** A plain HTTP server for those answers; it does not listen yet. */
export const createDeviceServer = (...handler: Parameters<typeof answerWith>): Server =>
  createServer(answerWith(...handler));
