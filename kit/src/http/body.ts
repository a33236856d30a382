/** Reading requests with limits and writing JSON: what agent and broker both need above `node:http`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorBody } from '@sidegate/protocol';
import * as v from 'valibot';
import { CodedError, defineErrors } from '../errors.ts';

/** What is wrong with a request before anyone looked at its meaning. */
export const HttpError = defineErrors('HttpError', {
  BODY_TOO_LARGE: { hint: 'Send less in one request.', retry: 'never', blame: 'remote', status: 413 },
  BODY_NOT_JSON: {
    hint: 'Send one JSON object, encoded as UTF-8.',
    retry: 'never',
    blame: 'remote',
    status: 400,
  },
  BODY_INVALID: { hint: 'Correct the named field.', retry: 'never', blame: 'remote', status: 400 },
  NOT_FOUND: { hint: 'Check the address.', retry: 'never', blame: 'remote', status: 404 },
  METHOD_NOT_ALLOWED: { hint: 'Use another method.', retry: 'never', blame: 'remote', status: 405 },
});

const readBytes = async (request: IncomingMessage, limitBytes: number): Promise<Buffer> => {
  const tooLarge = () =>
    new HttpError('BODY_TOO_LARGE', 'The request body is too large', { details: { limitBytes } });
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Leaving the loop must not destroy the socket: the refusal is still to be sent on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Parses `value` or throws `BODY_INVALID` naming the first wrong field. */
export const parseBody = <S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> => {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? '';
  throw new HttpError('BODY_INVALID', field === '' ? issue.message : `${field}: ${issue.message}`, { field });
};

/** Reads a JSON body of at most `limitBytes` and parses it by `schema`. An empty body counts as `{}`. */
export const readJson = async <S extends v.GenericSchema>(
  request: IncomingMessage,
  schema: S,
  limitBytes: number,
): Promise<v.InferOutput<S>> => {
  const bytes = await readBytes(request, limitBytes);
  let value: unknown;
  try {
    value = bytes.length === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new HttpError('BODY_NOT_JSON', 'The request body is not JSON', { cause });
  }
  return parseBody(schema, value);
};

/** Sends JSON that no cache keeps. */
export const sendJson = (response: ServerResponse, status: number, value: unknown): void => {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
};

/** Turns whatever was thrown into status and body; the inner message of an unknown error stays inside. */
export const toErrorReply = (error: unknown): { readonly status: number; readonly body: ErrorBody } => {
  if (!(error instanceof CodedError) || error.meta.status === undefined) {
    return {
      status: 500,
      body: {
        error: { code: 'INTERNAL', message: 'Something went wrong here', hint: 'The log has the details.' },
      },
    };
  }
  const { code, message, hint, field, meta } = error;
  return {
    status: meta.status ?? 500,
    body: { error: { code, message, hint, ...(field === undefined ? {} : { field }) } },
  };
};

/** Sends the reply for an error; an answer that has begun is cut off instead. */
export const sendError = (response: ServerResponse, error: unknown): void => {
  const { status, body } = toErrorReply(error);
  if (response.headersSent) response.destroy();
  else sendJson(response, status, body);
};
