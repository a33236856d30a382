import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { LIMITS } from '@sidegate/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCheckIn, describeNode } from '../service/testing/create-test-service.ts';
import { type PortalClient, startTestBroker, TEST_OWNER, type TestBroker } from '../testing.ts';
import { call, enrolNode, gist } from './testing/requests.ts';

let broker: TestBroker;
let owner: PortalClient;
beforeAll(async () => {
  broker = await startTestBroker();
  owner = await broker.login();
});
afterAll(() => broker.stop());

const send = (method: string, path: string, options?: Parameters<typeof call>[3]) =>
  call(broker.url, method, path, options);
const asOwner = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  send(method, `/v1/portal${path}`, {
    body,
    headers: { cookie: owner.cookie, 'x-sidegate-csrf': owner.session.csrf, ...headers },
  });

describe('logging in', () => {
  const login = (email: string, password: string, headers: Record<string, string> = {}) =>
    send('POST', '/v1/portal/session', { body: { email, password }, headers });

  test('with a wrong password or as nobody: the same answer, with a hint', async () => {
    const [wrong, nobody] = [
      await login(TEST_OWNER.email, 'not the password'),
      await login('nobody@example.com', 'not the password'),
    ];
    expect(gist(wrong)).toBe('401 LOGIN_REJECTED');
    expect(nobody.body).toEqual(wrong.body);
    expect(wrong.body.error.hint).not.toBe('');
    expect(wrong.headers.get('set-cookie')).toBeNull();
  });

  test('from another site', async () => {
    const evil = { origin: 'https://evil.example' };
    expect(gist(await login(TEST_OWNER.email, TEST_OWNER.password, evil))).toBe('403 ORIGIN_REJECTED');
    const site = { 'sec-fetch-site': 'cross-site' };
    expect(gist(await login(TEST_OWNER.email, TEST_OWNER.password, site))).toBe('403 ORIGIN_REJECTED');
  });

  test('too often: wait, says Retry-After', async () => {
    await using guarded = await startTestBroker();
    const attempt = () =>
      call(guarded.url, 'POST', '/v1/portal/session', {
        body: { email: 'a@example.com', password: 'guess' },
      });
    for (let at = 0; at < 5; at++) expect(gist(await attempt())).toBe('401 LOGIN_REJECTED');
    const answer = await attempt();
    expect(gist(answer)).toBe('429 LOGIN_THROTTLED');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    await expect(guarded.login()).resolves.toBeDefined();
  });
});

describe('an enrolment key', () => {
  const enrol = (key: string, more = {}) =>
    send('POST', '/v1/enrol', { body: { key, node: describeNode(more) } });

  test('that was used', async () => {
    const { secret } = await broker.createKey({ reusable: false });
    expect((await enrol(secret)).status).toBe(201);
    expect(gist(await enrol(secret))).toBe('403 ENROLMENT_KEY_USED');
  });

  test('that has expired', async () => {
    const { secret, key } = await broker.createKey();
    const row = await broker.broker.store.enrolment.findKeyById(key.id);
    const expired = `sgk_${'x'.repeat(32)}`;
    const { hashSecret } = await import('../service/secrets.ts');
    await broker.broker.store.enrolment.insertKey({
      ...row!,
      id: 'k_0000000000000001' as never,
      secretHash: hashSecret(expired),
      expiresAt: 1,
    });
    expect(gist(await enrol(expired))).toBe('403 ENROLMENT_KEY_EXPIRED');
    expect((await enrol(secret)).status).toBe(201);
  });

  test('that was revoked', async () => {
    const { secret, key } = await broker.createKey();
    expect((await asOwner('DELETE', `/enrolment-keys/${key.id}`)).status).toBe(204);
    expect(gist(await enrol(secret))).toBe('403 ENROLMENT_KEY_REVOKED');
  });

  test('that nobody made, and one that is none', async () => {
    expect(gist(await enrol(`sgk_${'A'.repeat(32)}`))).toBe('403 ENROLMENT_KEY_UNKNOWN');
    const answer = await enrol('hunter2');
    expect(gist(answer)).toBe('400 BODY_INVALID');
    expect(answer.body.error.field).toBe('key');
  });

  test('for another role', async () => {
    const { secret } = await broker.createKey({ role: 'client' });
    expect(gist(await enrol(secret, { role: 'edge' }))).toBe('403 ENROLMENT_ROLE_MISMATCH');
  });

  test('for a machine that is in already', async () => {
    const [first, second] = [await broker.createKey(), await broker.createKey()];
    const { publicKey } = describeNode();
    expect((await enrol(first.secret, { publicKey })).status).toBe(201);
    const answer = await enrol(second.secret, { publicKey });
    expect(gist(answer)).toBe('409 NODE_ALREADY_ENROLLED');
    expect(answer.body.error.hint).toContain('remove it in the portal');
  });

  test('tried too often from one address', async () => {
    await using guarded = await startTestBroker({ enrolRate: { burst: 2, perSec: 0.1 } });
    const attempt = () =>
      call(guarded.url, 'POST', '/v1/enrol', {
        body: { key: `sgk_${'A'.repeat(32)}`, node: describeNode() },
      });
    expect([gist(await attempt()), gist(await attempt())]).toEqual([
      '403 ENROLMENT_KEY_UNKNOWN',
      '403 ENROLMENT_KEY_UNKNOWN',
    ]);
    const answer = await attempt();
    expect(gist(answer)).toBe('429 RATE_LIMITED');
    expect(answer.headers.get('retry-after')).toBe('10');
  });
});

describe('a body', () => {
  test('that is no JSON, or no UTF-8', async () => {
    expect(gist(await send('POST', '/v1/enrol', { body: '{"key":' }))).toBe('400 BODY_NOT_JSON');
    expect(gist(await asOwner('POST', '/users', 'name=Ann'))).toBe('400 BODY_NOT_JSON');
  });

  test('that is too large, announced or not', async () => {
    const body = JSON.stringify({ key: 'x'.repeat(LIMITS.bodySizeBytes) });
    expect(gist(await send('POST', '/v1/enrol', { body }))).toBe('413 BODY_TOO_LARGE');
    const status = await new Promise<number>((resolve, reject) => {
      const chunked = httpRequest(`${broker.url}/v1/enrol`, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      chunked.on('error', reject);
      chunked.write(body);
      chunked.end(body);
    });
    expect(status).toBe(413);
  });

  test('with a field too many, or one that lies', async () => {
    const { token } = await enrolNode(broker);
    const checkIn = (more: object) =>
      send('POST', '/v1/nodes/self/check-in', { token, body: { ...describeCheckIn(), ...more } });
    expect((await checkIn({})).status).toBe(200);
    expect((await checkIn({ reflexive: '198.51.100.7:1' })).body.error.field).toBe('reflexive');
    expect((await checkIn({ listenPort: 70_000 })).body.error.field).toBe('listenPort');
  });

  test('of random bytes is refused, and never a fault of ours', async () => {
    const { token } = await enrolNode(broker);
    const targets: readonly (readonly [string, object])[] = [
      ['/v1/enrol', {}],
      ['/v1/enrol/requests', {}],
      ['/v1/nodes/self/check-in', { authorization: `Bearer ${token}` }],
      ['/v1/nodes/self/punch', { authorization: `Bearer ${token}` }],
      ['/v1/portal/session', {}],
      ['/v1/portal/users', { cookie: owner.cookie, 'x-sidegate-csrf': owner.session.csrf }],
    ];
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), bytes, async ([path, headers], body) => {
        const response = await fetch(`${broker.url}${path}`, {
          method: 'POST',
          headers: { ...headers },
          body,
        });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        await response.arrayBuffer();
      }),
      { numRuns: 150 },
    );
  });
});

describe('a node', () => {
  test('that nobody knows, and one without a token', async () => {
    const token = `sgn_${'A'.repeat(43)}`;
    const body = describeCheckIn();
    expect(gist(await send('POST', '/v1/nodes/self/check-in', { token, body }))).toBe(
      '401 NODE_TOKEN_UNKNOWN',
    );
    expect(gist(await send('GET', '/v1/nodes/self/events'))).toBe('401 NODE_TOKEN_UNKNOWN');
  });

  test('that was removed is told so', async () => {
    const { token, nodeId } = await enrolNode(broker);
    expect((await asOwner('DELETE', `/nodes/${nodeId}`)).status).toBe(204);
    const answer = await send('POST', '/v1/nodes/self/check-in', { token, body: describeCheckIn() });
    expect(gist(answer)).toBe('401 NODE_REVOKED');
  });

  test('that the portal does not have', async () => {
    for (const id of ['n_0000000000000000', 'nonsense', '..%2f..', "' or 1=1"]) {
      expect(gist(await asOwner('GET', `/nodes/${encodeURIComponent(id)}`))).toBe('404 NODE_UNKNOWN');
    }
  });
});

describe('a write to the portal', () => {
  const key = { label: 'x' };

  test('without a session', async () => {
    expect(gist(await send('POST', '/v1/portal/enrolment-keys', { body: key }))).toBe('401 SESSION_REQUIRED');
  });

  test('without the CSRF token, or with another', async () => {
    const headers = { cookie: owner.cookie };
    expect(gist(await send('POST', '/v1/portal/enrolment-keys', { body: key, headers }))).toBe(
      '403 CSRF_REJECTED',
    );
    const other = await asOwner('POST', '/enrolment-keys', key, { 'x-sidegate-csrf': 'A'.repeat(43) });
    expect(gist(other)).toBe('403 CSRF_REJECTED');
  });

  test('from another site, cookie and token notwithstanding', async () => {
    const answer = await asOwner('POST', '/enrolment-keys', key, { origin: 'https://evil.example' });
    expect(gist(answer)).toBe('403 ORIGIN_REJECTED');
    expect((await asOwner('POST', '/enrolment-keys', key, { origin: broker.url })).status).toBe(201);
  });

  test('by somebody whose role is too small', async () => {
    const { json } = owner;
    await json('POST', '/users', {
      name: 'Mia',
      email: 'mia@example.com',
      role: 'member',
      password: 'a long password',
    });
    const member = await broker.login('mia@example.com', 'a long password');
    for (const [method, path, body] of [
      ['GET', '/users', undefined],
      ['GET', '/audit', undefined],
      ['POST', '/enrolment-keys', { label: '', role: 'edge' }],
      ['PATCH', `/users/${owner.session.user.id}`, { role: 'member' }],
    ] as const) {
      const response = await member.request(method, path, body);
      expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
        403,
        'ROLE_FORBIDDEN',
      ]);
    }
    expect(await (await member.request('GET', '/nodes')).json()).toEqual([]);
  });

  test('of a name that is taken', async () => {
    const [one, other] = [await enrolNode(broker), await enrolNode(broker)];
    const answer = await asOwner('PATCH', `/nodes/${one.nodeId}`, { name: other.name });
    expect(gist(answer)).toBe('409 NODE_NAME_TAKEN');
    expect(answer.body.error.field).toBe('name');
  });
});

describe('the server', () => {
  test('answers an unknown address with a code', async () => {
    expect(gist(await send('GET', '/v1/nothing'))).toBe('404 NOT_FOUND');
    expect(gist(await send('PUT', '/'))).toBe('404 NOT_FOUND');
  });

  test('keeps what went wrong inside to itself', async () => {
    const { users } = broker.broker.service;
    const { list } = users;
    Object.assign(users, { list: () => Promise.reject(new Error('SELECT secret FROM users')) });
    const answer = await asOwner('GET', '/users');
    Object.assign(users, { list });
    expect(gist(answer)).toBe('500 INTERNAL');
    expect(JSON.stringify(answer.body)).not.toContain('SELECT');
    expect(answer.headers.get('x-request-id')).not.toBeNull();
  });

  test('refuses headers without end', async () => {
    const { hostname, port } = new URL(broker.url);
    const reply = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(40_000)}\r\n\r\n`);
      });
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(reply).toMatch(/^HTTP\/1\.1 431 /);
  });
});
