/** Router and socket server together, over a real unix socket. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmitter, decodeEventStream, silentLogger, systemClock } from '@sidegate/kit';
import { LIMITS } from '@sidegate/protocol';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiActor, ApiRoute, EdgeEventMap } from '../plugin-api/index.ts';
import { type ApiRouter, createApiRouter } from './api-router.ts';
import { serveLocally } from './local-server.ts';
import { renderOpenApi } from './render-openapi.ts';

const SESSION: ApiActor = { kind: 'session', name: 'Tess', role: 'technician' };
const Body = v.strictObject({ name: v.string() });
const route = (
  method: ApiRoute['method'],
  path: string,
  handler: ApiRoute['handler'],
  reach?: 'local',
): ApiRoute => ({
  method,
  path,
  summary: `${method} ${path}`,
  handler,
  ...(reach === undefined ? {} : { reach }),
});

let directory: string;
let socketPath: string;
let router: ApiRouter;
let server: AsyncDisposable;
const events = createEmitter<EdgeEventMap>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sidegate-api-'));
  socketPath = join(directory, 'run', 'sidegate.sock');
  router = createApiRouter({ events, clock: systemClock, log: silentLogger });
  router.complete();
  server = await serveLocally(socketPath, router, silentLogger);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}
const ask = (method: string, path: string, body?: string, at = socketPath): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asking = request({ socketPath: at, method, path }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, headers, body: text === '' ? undefined : JSON.parse(text) });
    });
    asking.on('error', reject);
    asking.end(body);
  });
const codeOf = ({ body }: Answer) => (body as { error: { code: string } }).error.code;

describe('routes', () => {
  it('are waited for while plugins start', async () => {
    const path = join(directory, 'starting.sock');
    const starting = createApiRouter({ events, clock: systemClock, log: silentLogger });
    await using _ = await serveLocally(path, starting, silentLogger);
    const answers = Promise.all(
      ['/api/late', '/api/never'].map((address) => ask('GET', address, undefined, path)),
    );
    starting.add(route('GET', '/early', async () => 'early'));
    expect(await ask('GET', '/api/early', undefined, path)).toMatchObject({ status: 200, body: 'early' });
    starting.add(route('GET', '/late', async () => 'late'));
    starting.complete();
    expect(await answers).toMatchObject([{ status: 200, body: 'late' }, { status: 404 }]);
  });

  it('get parameters, query, body and the local actor', async () => {
    router.add(
      route('POST', '/hosts/:id/notes', async ({ params, query, actor, readBody }) => ({
        ...params,
        ...query,
        actor,
        body: await readBody(Body),
      })),
    );
    const answer = await ask('POST', '/api/hosts/h%201/notes?dryRun=1', '{"name":"ü"}');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: 'h 1',
      dryRun: '1',
      actor: { kind: 'local', name: 'root', role: 'owner' },
      body: { name: 'ü' },
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('answer 204 for nothing', async () => {
    router.add(route('DELETE', '/hosts/:id', async () => undefined));
    expect(await ask('DELETE', '/api/hosts/1')).toMatchObject({ status: 204, body: undefined });
  });

  it('spelled out win over those with a parameter', async () => {
    router.add(route('GET', '/scans/:id', async () => 'one'));
    router.add(route('GET', '/scans/latest', async () => 'latest'));
    expect((await ask('GET', '/api/scans/latest')).body).toBe('latest');
    expect((await ask('GET', '/api/scans/s_1')).body).toBe('one');
  });

  it('go when they are disposed, and cannot be taken twice', async () => {
    const added = router.add(route('GET', '/a/:x', async () => 1));
    expect(() => router.add(route('GET', '/a/:y', async () => 2))).toThrow(
      expect.objectContaining({ code: 'ROUTE_TAKEN' }),
    );
    added[Symbol.dispose]();
    expect(codeOf(await ask('GET', '/api/a/1'))).toBe('NOT_FOUND');
    router.add(route('GET', '/a/:y', async () => 2));
  });
});

describe('bad requests', () => {
  beforeEach(() => {
    router.add(route('POST', '/things', async ({ readBody }) => await readBody(Body)));
  });

  it.each([
    ['an unknown path', 'GET', '/api/nothing', undefined, 404, 'NOT_FOUND'],
    ['a path outside', 'GET', '/etc/passwd', undefined, 404, 'NOT_FOUND'],
    ['a broken escape', 'GET', '/api/%zz', undefined, 404, 'NOT_FOUND'],
    ['another method', 'GET', '/api/things', undefined, 405, 'METHOD_NOT_ALLOWED'],
    ['malformed JSON', 'POST', '/api/things', '{"name":', 400, 'BODY_NOT_JSON'],
    ['a wrong field', 'POST', '/api/things', '{"name":1}', 400, 'BODY_INVALID'],
    ['a field too many', 'POST', '/api/things', '{"name":"a","b":1}', 400, 'BODY_INVALID'],
    ['a huge body', 'POST', '/api/things', `"${'x'.repeat(LIMITS.bodySizeBytes)}"`, 413, 'BODY_TOO_LARGE'],
  ])('%s is a clear error', async (_, method, path, body, status, code) => {
    const answer = await ask(method, path, body);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  it('and a handler that throws show nothing of the inside', async () => {
    router.add(
      route('GET', '/boom', async () => {
        throw new Error('secret inner message');
      }),
    );
    const answer = await ask('GET', '/api/boom');
    expect([answer.status, codeOf(answer)]).toEqual([500, 'INTERNAL']);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });
});

it('hides local routes from sessions', async () => {
  router.add(route('POST', '/down', async () => undefined, 'local'));
  const remote = {
    ...router,
    serve: (...[asked, answer]: Parameters<ApiRouter['serve']>) => router.serve(asked, answer, SESSION),
  };
  const path = join(directory, 'run', 'other.sock');
  const other = await serveLocally(path, remote, silentLogger);
  const status = await new Promise((resolve) => {
    request({ socketPath: path, method: 'POST', path: '/api/down' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(status).toBe(404);
  expect((await ask('POST', '/api/down')).status).toBe(204);
  await other[Symbol.asyncDispose]();
});

it('streams events and lets go of a listener that went away', async () => {
  const response = await new Promise<IncomingMessage>((resolve) => {
    request({ socketPath, path: '/api/events' }, resolve).end();
  });
  expect(response.headers['content-type']).toContain('text/event-stream');
  const messages = decodeEventStream(response as AsyncIterable<Uint8Array>);
  await messages.next();
  events.emit('host.removed', { id: 'h_aaaaaaaaaaaaaaaa' as EdgeEventMap['host.removed']['id'] });
  expect((await messages.next()).value).toEqual({
    event: 'host.removed',
    data: '{"id":"h_aaaaaaaaaaaaaaaa"}',
  });
  response.destroy();
});

it('tells a handler that its client went away', async () => {
  const asked = new Promise<AbortSignal>((resolve) => {
    router.add(
      route('GET', '/slow', ({ signal }) => {
        resolve(signal);
        return new Promise(() => {});
      }),
    );
  });
  const asking = request({ socketPath, path: '/api/slow' });
  asking.on('error', () => {});
  asking.end();
  const signal = await asked;
  expect(signal.aborted).toBe(false);
  asking.destroy();
  await vi.waitFor(() => expect(signal.aborted).toBe(true));
});

describe('the socket', () => {
  it('is for its owner alone, in a directory for its owner alone', async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'run'))).mode & 0o777).toBe(0o700);
  });

  it('is not taken from a living agent', async () => {
    await expect(serveLocally(socketPath, router, silentLogger)).rejects.toMatchObject({
      code: 'DAEMON_RUNNING',
    });
    expect((await ask('GET', '/api/nothing')).status).toBe(404);
  });

  it('is taken from a dead one', async () => {
    const path = join(directory, 'run', 'stale.sock');
    spawnSync(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    expect((await stat(path)).isSocket()).toBe(true);
    const next = await serveLocally(path, router, silentLogger);
    await next[Symbol.asyncDispose]();
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('describes itself', async () => {
  router.add(route('GET', '/hosts/:id', async () => 1));
  router.add(route('POST', '/down', async () => undefined, 'local'));
  const document = renderOpenApi(router.routes(), '1.2.3') as {
    info: { version: string };
    paths: Record<string, Record<string, { summary: string; parameters: object[]; description?: string }>>;
  };
  expect(document.info.version).toBe('1.2.3');
  expect(Object.keys(document.paths)).toEqual(['/down', '/events', '/hosts/{id}']);
  expect(document.paths['/hosts/{id}']?.get).toMatchObject({
    summary: 'GET /hosts/:id',
    parameters: [{ name: 'id', in: 'path', required: true }],
  });
  expect(document.paths['/down']?.post?.description).toContain('unix socket');
});
