import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { codeOf, defineErrors } from '../errors.ts';
import { Secret } from '../secret.ts';
import { readJson, toErrorReply } from './body.ts';
import { readCookie, renderSessionCookie } from './cookies.ts';
import { decodeEventStream, type SseMessage } from './sse.ts';

const Schema = v.strictObject({ name: v.pipe(v.string(), v.maxLength(5)) });
const requestOf = (chunks: (string | Buffer)[], headers: Record<string, string> = {}): IncomingMessage =>
  Object.assign(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), {
    headers,
  }) as unknown as IncomingMessage;
const codeOfReading = (chunks: (string | Buffer)[], headers?: Record<string, string>): Promise<string> =>
  readJson(requestOf(chunks, headers), Schema, 32).then(
    () => 'ok',
    (error: unknown) => codeOf(error),
  );

test('a body is read across chunks, even when a character is split', async () => {
  const bytes = Buffer.from('{"name":"zoë"}');
  expect(await readJson(requestOf([bytes.subarray(0, 12), bytes.subarray(12)]), Schema, 32)).toEqual({
    name: 'zoë',
  });
});

test('each kind of bad body has its code', async () => {
  expect(await codeOfReading(['{"name":'])).toBe('BODY_NOT_JSON');
  expect(await codeOfReading([Buffer.of(0xff, 0xfe)])).toBe('BODY_NOT_JSON');
  expect(await codeOfReading(['{"name":"too long"}'])).toBe('BODY_INVALID');
  expect(await codeOfReading(['{"name":"a","x":1}'])).toBe('BODY_INVALID');
  expect(await codeOfReading(['x'.repeat(33)])).toBe('BODY_TOO_LARGE');
  expect(await codeOfReading(['{}'], { 'content-length': '1000' })).toBe('BODY_TOO_LARGE');
});

test('the inner message of an unknown error stays inside', () => {
  expect(JSON.stringify(toErrorReply(new Error('password is hunter2')))).not.toContain('hunter2');
  const Own = defineErrors('Own', {
    GONE: { hint: 'Look elsewhere.', retry: 'never', blame: 'remote', status: 410 },
  });
  expect(toErrorReply(new Own('GONE', 'The thing is gone', { field: 'id' }))).toEqual({
    status: 410,
    body: { error: { code: 'GONE', message: 'The thing is gone', hint: 'Look elsewhere.', field: 'id' } },
  });
});

test('a cookie is found by its whole name', () => {
  expect(readCookie('a=1; session=x=y; b=2', 'session')).toBe('x=y');
  expect(readCookie('mysession=1', 'session')).toBeUndefined();
  expect(readCookie(undefined, 'session')).toBeUndefined();
  expect(renderSessionCookie('s', 'v', { maxAgeSec: 60, secure: true })).toBe(
    's=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure',
  );
});

const decodeAll = async (chunks: Uint8Array[], limitBytes?: number): Promise<(SseMessage | undefined)[]> => {
  const messages: (SseMessage | undefined)[] = [];
  for await (const message of decodeEventStream(Readable.from(chunks), limitBytes)) messages.push(message);
  return messages;
};

test('an event stream is decoded alike, wherever it is cut', async () => {
  const bytes = Buffer.from(':\n\nevent: map\ndata: {"a":\ndata: "ü"}\n\ndata: plain\r\n\r\n');
  const expected = [undefined, { event: 'map', data: '{"a":\n"ü"}' }, { event: 'message', data: 'plain' }];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (cut) => {
      expect(await decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected);
    }),
  );
});

test('an event that never ends is refused, however small its pieces', async () => {
  const pieces = Array.from({ length: 100_000 }, () => Buffer.from('data: '.padEnd(64, 'x')));
  const startedAtMs = performance.now();
  await expect(decodeAll(pieces, 6_000_000)).rejects.toThrow(RangeError);
  // Its square would be minutes.
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  await expect(decodeAll([Buffer.from('data: '.padEnd(200, 'x'))], 100)).rejects.toThrow(RangeError);
});

test('a secret prints as nothing but its label', () => {
  const secret = new Secret('hunter2');
  expect(`${secret} ${JSON.stringify({ secret })}`).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});
