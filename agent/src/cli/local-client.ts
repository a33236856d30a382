/** The daemon's API over its unix socket. Answers are parsed; refusals become `DaemonRefusal`. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { decodeEventStream } from '@sidegate/kit';
import { EDGE_EVENTS, type EdgeEvent, ErrorBody } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../errors.ts';

/** Far above any list an edge can have. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

/** The daemon said no: its own code, message and hint. */
export class DaemonRefusal extends Error {
  readonly status: number;
  readonly body: ErrorBody['error'];
  constructor(status: number, body: ErrorBody['error']) {
    super(body.message);
    this.status = status;
    this.body = body;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Each call is a connection of its own; it rejects with `DaemonRefusal`, or `DAEMON_*` where there was no answer. */
export interface LocalClient {
  /** Path without `/api`. Without a schema the answer is ignored. */
  ask<S extends v.GenericSchema>(
    method: Method,
    path: string,
    schema: S,
    body?: unknown,
  ): Promise<v.InferOutput<S>>;
  /** Connected when the promise resolves: what happens from then on is in the stream. */
  watch(signal: AbortSignal): Promise<AsyncIterable<EdgeEvent>>;
}

const explain = (error: NodeJS.ErrnoException, socketPath: string): Error => {
  const details = { socketPath };
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new AgentError('DAEMON_NOT_PERMITTED', 'You may not talk to the daemon', {
      details,
      cause: error,
    });
  }
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
    return new AgentError('DAEMON_NOT_RUNNING', `The daemon is not running (no answer at ${socketPath})`, {
      details,
      cause: error,
    });
  }
  return error;
};

const open = (
  socketPath: string,
  call: { method: Method; path: string; body?: unknown; signal: AbortSignal },
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const text = call.body === undefined ? undefined : JSON.stringify(call.body);
    const request = httpRequest({
      socketPath,
      method: call.method,
      path: `/api${call.path}`,
      agent: false,
      signal: call.signal,
      headers: {
        host: 'sidegate',
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    request.once('response', resolve);
    request.once('error', (error) =>
      reject(call.signal.aborted ? call.signal.reason : explain(error, socketPath)),
    );
    request.end(text);
  });

const readAnswer = async (response: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > ANSWER_LIMIT_BYTES)
      throw new AgentError('DAEMON_NOT_UNDERSTOOD', 'The answer is too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
};

const decode = <S extends v.GenericSchema>(
  response: IncomingMessage,
  value: unknown,
  schema: S,
): v.InferOutput<S> => {
  const status = response.statusCode ?? 0;
  const refusal = v.safeParse(ErrorBody, value);
  if (status >= 400 && refusal.success) throw new DaemonRefusal(status, refusal.output.error);
  const answer = v.safeParse(schema, value);
  if (status < 400 && answer.success) return answer.output;
  throw new AgentError(
    'DAEMON_NOT_UNDERSTOOD',
    'The daemon answered something that this command does not know',
    {
      details: { status, issue: answer.success ? '' : answer.issues[0].message },
    },
  );
};

async function* decodeEvents(response: IncomingMessage): AsyncGenerator<EdgeEvent> {
  for await (const message of decodeEventStream(response)) {
    if (message === undefined || !(message.event in EDGE_EVENTS)) continue;
    const event = message.event as EdgeEvent['event'];
    const data = v.safeParse(EDGE_EVENTS[event] as v.GenericSchema, JSON.parse(message.data));
    if (data.success) yield { event, data: data.output } as EdgeEvent;
  }
}

/** A client; nothing is connected before the first call. `signal` ends every call. */
export const createLocalClient = (socketPath: string, signal: AbortSignal): LocalClient => ({
  async ask(method, path, schema, body) {
    const response = await open(socketPath, { method, path, body, signal });
    const value = await readAnswer(response).catch((cause: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw new AgentError('DAEMON_NOT_UNDERSTOOD', 'The answer of the daemon could not be read', { cause });
    });
    return decode(response, value, schema);
  },
  async watch(streamSignal) {
    const response = await open(socketPath, {
      method: 'GET',
      path: '/events',
      signal: AbortSignal.any([signal, streamSignal]),
    });
    if (response.statusCode !== 200) decode(response, await readAnswer(response), v.never());
    return decodeEvents(response);
  },
});
