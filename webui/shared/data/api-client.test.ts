import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createApiClient } from './api-client.ts';
import { ApiError, parseErrorBody } from './api-error.ts';

const answer = (status: number, body?: unknown): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), { status });

const clientFor = (respond: (url: string, init: RequestInit) => Response | Promise<Response>) => {
  const requests: { url: string; init: RequestInit }[] = [];
  let expired = 0;
  const api = createApiClient({
    base: '/api',
    serverName: 'edge.test',
    onUnauthorized: () => {
      expired += 1;
    },
    fetch: async (url, init) => {
      requests.push({ url: String(url), init: init ?? {} });
      return respond(String(url), init ?? {});
    },
  });
  return { api, requests, expiredCount: () => expired };
};

test('a write carries the CSRF token and a JSON body, a read neither', async () => {
  const { api, requests } = clientFor(() => answer(200, {}));
  api.csrf = 'token';
  await api.post('/things', { a: 1 });
  await api.get('/things');
  const [post, get] = requests.map(({ init }) => new Headers(init.headers));
  expect(post?.get('x-sidegate-csrf')).toBe('token');
  expect(post?.get('content-type')).toBe('application/json');
  expect(requests[0]?.init.body).toBe('{"a":1}');
  expect(get?.has('x-sidegate-csrf')).toBe(false);
  expect(requests[1]?.url).toBe('/api/things');
});

test("a refusal becomes an error with the server's code, sentence, hint and field", async () => {
  const error = {
    code: 'FORWARD_PORT_IN_USE',
    message: 'Port 8001 is taken',
    hint: 'Choose another',
    field: 'edgePort',
  };
  const { api } = clientFor(() => answer(409, { error }));
  await expect(api.post('/forwards', {})).rejects.toMatchObject({ ...error, status: 409 });
});

test('no answer at all has a code and a hint of its own', async () => {
  const { api } = clientFor(() => Promise.reject(new TypeError('Failed to fetch')));
  await expect(api.get('/status')).rejects.toMatchObject({
    code: 'NO_CONNECTION',
    message: 'No connection to edge.test',
  });
});

test('a cancelled request stays a cancellation', async () => {
  const { api } = clientFor(() => Promise.reject(new DOMException('gone', 'AbortError')));
  await expect(api.get('/status')).rejects.toMatchObject({ name: 'AbortError' });
});

test('a lost session is told to the app, a failed login is not', async () => {
  const body = { error: { code: 'NOT_LOGGED_IN', message: 'no' } };
  const { api, expiredCount } = clientFor(() => answer(401, body));
  await expect(api.get('/hosts')).rejects.toBeInstanceOf(ApiError);
  await expect(api.post('/session', {})).rejects.toBeInstanceOf(ApiError);
  expect(expiredCount()).toBe(1);
});

test('204 gives nothing', async () => {
  const { api } = clientFor(() => answer(204));
  await expect(api.remove('/forwards/x')).resolves.toBeUndefined();
});

test('whatever a broken server sends becomes an error a person can be shown', () => {
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 599 }), fc.anything(), (status, body) => {
      const error = parseErrorBody(status, body);
      expect(error).toBeInstanceOf(ApiError);
      expect(error.status).toBe(status);
      expect(error.message).not.toBe('');
    }),
  );
});
