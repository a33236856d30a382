import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { requestHttp } from './request-http.ts';

const never = new AbortController().signal;

const openServer = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

test('asks with method, headers and body, and gives status, headers and body', async () => {
  await using server = await openServer(async (request, response) => {
    const heard = `${request.method} ${request.headers['x-test']} ${request.headers.connection} ${await text(request)}`;
    response.writeHead(201, { 'x-answer': 'yes' }).end(heard);
  });
  const reply = await requestHttp(server.url, {
    method: 'POST',
    headers: { 'x-test': 'on' },
    body: 'päckchen',
    signal: never,
  });
  expect(reply).toMatchObject({ status: 201, ok: true });
  expect(reply.headers.get('x-answer')).toBe('yes');
  expect(reply.headers.get('x-other')).toBeNull();
  expect(await text(reply.body!)).toBe('POST on close päckchen');
});

test('a connection that only listens asks from time to time whether the other end is there', async () => {
  await using server = await openServer((_request, response) => response.writeHead(200).write('so far'));
  const reply = await requestHttp(server.url, { method: 'GET', signal: never });
  const remote = `0100007F:${Number(new URL(server.url).port).toString(16).toUpperCase().padStart(4, '0')}`;
  // sl local remote state queues timer:expires; 02 is the keepalive timer, its time in hundredths (proc_net_tcp.rst).
  const ours = (await readFile('/proc/net/tcp', 'utf8'))
    .split('\n')
    .find((line) => line.includes(` ${remote} 01 `));
  const [, timer, expires] = / (\d\d):([0-9A-F]{8}) /.exec(ours ?? '') ?? [];
  expect(timer).toBe('02');
  expect(Number.parseInt(expires ?? '', 16)).toBeLessThanOrEqual(1_000);
  await reply.body?.[Symbol.asyncIterator]().return?.();
});

test('follows no redirect', async () => {
  await using server = await openServer((_request, response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  });
  expect(await requestHttp(server.url, { method: 'HEAD', signal: never })).toMatchObject({
    status: 302,
    ok: false,
  });
});

test('rejects where nobody answers, and where a certificate is not for us', async () => {
  const options = { method: 'GET', signal: never } as const;
  await expect(requestHttp('http://127.0.0.1:1/', options)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await using server = await openServer(() => {});
  await expect(requestHttp(server.url.replace('http', 'https'), options)).rejects.toThrow();
});

test('an abort ends the waiting, and the reading', async () => {
  await using server = await openServer((request, response) => {
    if (request.method === 'GET') response.write('so far');
  });
  const waiting = new AbortController();
  const waited = requestHttp(server.url, { method: 'POST', signal: waiting.signal });
  waiting.abort();
  await expect(waited).rejects.toThrow();
  const reading = new AbortController();
  const { body } = await requestHttp(server.url, { method: 'GET', signal: reading.signal });
  const chunks: string[] = [];
  const read = (async () => {
    for await (const chunk of body ?? []) {
      chunks.push(Buffer.from(chunk).toString());
      reading.abort();
    }
  })();
  await expect(read).rejects.toThrow();
  expect(chunks).toEqual(['so far']);
});

test('an answer that is cut off is not taken for whole', async () => {
  await using server = await openServer((_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  const { body } = await requestHttp(server.url, { method: 'GET', signal: never });
  await expect(text(body!)).rejects.toThrow();
});
