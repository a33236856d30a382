import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { NodeId } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import { newClaims, newTicketKey, signTicket } from './testing/tickets.ts';
import { openWebBench, testMap, type WebBench } from './testing/web-bench.ts';

const EDGE = testMap().self.id;
const post = (bench: WebBench, body: unknown, headers: Record<string, string> = {}) =>
  bench.ask('/api/session', { method: 'POST', body, headers });
const newTicket = (bench: WebBench, change: Parameters<typeof newClaims>[2] = {}) =>
  signTicket(newClaims(EDGE, bench.clock.wallMs(), change), bench.ticketKey.privateKey);
const refusal = (reply: {
  readonly status: number;
  readonly json: { readonly error?: { readonly code: string } };
}) => `${reply.status} ${reply.json?.error?.code}`;

describe('logging in', () => {
  test('a password opens a session with a cookie that scripts and other sites never get', async () => {
    await using bench = await openWebBench();
    const reply = await post(bench, { password: 'correct horse battery' });
    expect(reply.status).toBe(200);
    expect(reply.json.user).toEqual({ name: 'root', role: 'owner', via: 'password' });
    expect(reply.json.expiresAt).toBe(bench.clock.wallMs() + 3_600_000);
    expect(reply.headers['set-cookie']?.[0]).toMatch(
      /^sidegate_edgeedge=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(reply.text).not.toContain(reply.headers['set-cookie']?.[0]?.split(/[=;]/)[1]);
  });

  test('a ticket opens a session with the role it says', async () => {
    await using bench = await openWebBench({ password: undefined });
    const reply = await post(bench, { ticket: newTicket(bench, { role: 'admin' }) });
    expect(reply.json.user).toEqual({ name: 'Tess', role: 'admin', via: 'ticket' });
  });

  test('the login page learns what it may offer', async () => {
    await using bench = await openWebBench({ password: undefined });
    bench.publish('life', {
      state: 'up',
      brokerUrl: 'https://broker.example',
      brokerConnected: true,
      lastContactAt: undefined,
      beaconReachable: true,
      publicKey: undefined,
    });
    expect((await bench.ask('/api/login')).json).toEqual({
      name: 'home',
      passwordLogin: false,
      passwordHint: 'Run `sidegate login set-password`.',
      portalUrl: 'https://broker.example',
    });
  });

  test('a wrong password is refused', async () => {
    await using bench = await openWebBench();
    const reply = await post(bench, { password: 'guess' });
    expect(refusal(reply)).toBe('401 LOGIN_WRONG');
    expect(reply.headers['set-cookie']).toBeUndefined();
  });

  test('where no password is set, none is right', async () => {
    await using bench = await openWebBench({ password: undefined });
    for (const password of ['', 'undefined', 'guess']) {
      expect(refusal(await post(bench, { password }))).toBe('403 NO_PASSWORD_SET');
    }
  });

  test('the sixth guess has to wait, even with the right password; a ticket does not', async () => {
    await using bench = await openWebBench();
    const guesses = await Promise.all(Array.from({ length: 8 }, () => post(bench, { password: 'guess' })));
    expect(guesses.map(refusal).sort()).toEqual([
      ...Array(5).fill('401 LOGIN_WRONG'),
      ...Array(3).fill('429 LOGIN_THROTTLED'),
    ]);
    const right = await post(bench, { password: 'correct horse battery' });
    expect([refusal(right), right.headers['retry-after']]).toEqual(['429 LOGIN_THROTTLED', '5']);
    expect((await post(bench, { ticket: newTicket(bench) })).status).toBe(200);
    await bench.clock.advance(5000);
    expect((await post(bench, { password: 'correct horse battery' })).status).toBe(200);
  });
});

describe('tickets', () => {
  test('expired, forged, foreign and malformed ones are refused', async () => {
    await using bench = await openWebBench();
    const nowMs = bench.clock.wallMs();
    const sign = (claims: unknown, key = bench.ticketKey) => signTicket(claims, key.privateKey);
    const cases = {
      expired: sign(newClaims(EDGE, nowMs, { issuedAt: nowMs - 3_600_000, expiresAt: nowMs - 3_540_000 })),
      forged: sign(newClaims(EDGE, nowMs), newTicketKey()),
      foreign: sign(newClaims('n_otherotherother1' as NodeId, nowMs)),
      malformed: 'nonsense',
      member: newTicket(bench, { role: 'member' }),
    };
    const codes = await Promise.all(
      Object.entries(cases).map(async ([name, ticket]) => [name, refusal(await post(bench, { ticket }))]),
    );
    expect(Object.fromEntries(codes)).toEqual({
      expired: '401 TICKET_EXPIRED',
      forged: '401 TICKET_INVALID',
      foreign: '401 TICKET_INVALID',
      malformed: '401 TICKET_INVALID',
      member: '403 ROLE_NOT_PERMITTED',
    });
  });

  test('one ticket opens one session, however many try at once, and after a restart too', async () => {
    const files = new Map<string, string>();
    const ticketKey = newTicketKey();
    await using before = await openWebBench({ files, ticketKey });
    const ticket = newTicket(before);
    const replies = await Promise.all(Array.from({ length: 5 }, () => post(before, { ticket })));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    await using after = await openWebBench({ files, ticketKey });
    expect(refusal(await post(after, { ticket }))).toBe('401 TICKET_USED');
  });

  test('marks of expired tickets are not kept', async () => {
    const files = new Map<string, string>();
    await using bench = await openWebBench({ files });
    await post(bench, { ticket: newTicket(bench) });
    await bench.clock.advance(7 * 60_000);
    await post(bench, { ticket: newTicket(bench) });
    expect(Object.keys(JSON.parse(files.get('runtime/used-tickets.json') ?? ''))).toHaveLength(1);
  });

  test('a spoilt file of marks does not keep the web UI from starting', async () => {
    await using bench = await openWebBench({ files: new Map([['runtime/used-tickets.json', '{"a":']]) });
    expect((await post(bench, { ticket: newTicket(bench) })).status).toBe(200);
  });
});

describe('sessions', () => {
  test('the API answers with the session of its cookie, and with none not at all', async () => {
    await using bench = await openWebBench();
    expect(refusal(await bench.ask('/api/status'))).toBe('401 NOT_LOGGED_IN');
    expect(refusal(await bench.ask('/api/session'))).toBe('401 NOT_LOGGED_IN');
    const headers = await bench.logIn();
    const reply = await bench.ask('/api/hosts/1?x=2', { headers });
    expect(reply.json).toEqual({
      actor: { kind: 'session', name: 'root', role: 'owner', address: '127.0.0.1' },
      url: '/api/hosts/1?x=2',
    });
    expect((await bench.ask('/api/session', { headers })).json.csrf).toBe(headers['x-sidegate-csrf']);
  });

  test('slide while used, end when idle for an hour', async () => {
    await using bench = await openWebBench();
    const headers = await bench.logIn();
    for (let turn = 0; turn < 3; turn++) {
      await bench.clock.advance(50 * 60_000);
      expect((await bench.ask('/api/session', { headers })).status).toBe(200);
    }
    await bench.clock.advance(60 * 60_000);
    expect((await bench.ask('/api/session', { headers })).status).toBe(401);
  });

  test('end after twelve hours however busy', async () => {
    await using bench = await openWebBench();
    const headers = await bench.logIn();
    let lastMs = 0;
    for (let elapsedMs = 0; elapsedMs < 13 * 3_600_000; elapsedMs += 30 * 60_000) {
      if ((await bench.ask('/api/session', { headers })).status === 200) lastMs = elapsedMs;
      await bench.clock.advance(30 * 60_000);
    }
    expect(lastMs).toBe(11.5 * 3_600_000);
  });

  test('end at log-out, which takes the cookie away', async () => {
    await using bench = await openWebBench();
    const headers = await bench.logIn();
    const reply = await bench.ask('/api/session', { method: 'DELETE', headers });
    expect(reply.status).toBe(204);
    expect(reply.headers['set-cookie']?.[0]).toMatch(/^sidegate_edgeedge=; .*Max-Age=0$/);
    expect((await bench.ask('/api/session', { headers })).status).toBe(401);
  });

  test('an event stream ends with its session', async () => {
    await using bench = await openWebBench();
    const headers = await bench.logIn();
    const request = httpRequest({
      host: '127.0.0.1',
      port: bench.port,
      path: '/api/events',
      headers: { ...headers, host: 'home' },
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    const ended = new Promise((resolve) => response.on('error', resolve).on('close', resolve).resume());
    await bench.ask('/api/session', { method: 'DELETE', headers });
    await ended;
  });

  test('an event stream needs a session', async () => {
    await using bench = await openWebBench();
    expect(refusal(await bench.ask('/api/events'))).toBe('401 NOT_LOGGED_IN');
  });
});

describe('what strangers send', () => {
  test('a write without the session’s token changes nothing', async () => {
    await using bench = await openWebBench();
    const { cookie, 'x-sidegate-csrf': csrf } = await bench.logIn();
    const write = (headers: Record<string, string>) =>
      bench.ask('/api/forwards', { method: 'POST', headers, body: { port: 1 } });
    expect(refusal(await write({ cookie }))).toBe('403 CSRF_REJECTED');
    expect(refusal(await write({ cookie, 'x-sidegate-csrf': `${csrf.slice(0, -1)}_` }))).toBe(
      '403 CSRF_REJECTED',
    );
    expect((await write({ cookie, 'x-sidegate-csrf': csrf })).json.body).toEqual({ port: 1 });
    expect(refusal(await bench.ask('/api/session', { method: 'DELETE', headers: { cookie } }))).toBe(
      '403 CSRF_REJECTED',
    );
  });

  test('a name that is not ours gets nothing, not even a page', async () => {
    await using bench = await openWebBench({ config: { hostNames: ['box.lan'] } });
    for (const path of ['/', '/api/login', '/api/status']) {
      expect(refusal(await bench.ask(path, { headers: { host: 'evil.example' } }))).toBe('421 HOST_REJECTED');
    }
    for (const host of ['home', '127.0.0.1', '[::1]:7380', 'box.lan:80', 'HOME.acme.sidegate.internal.']) {
      expect((await bench.ask('/api/login', { headers: { host } })).status).toBe(200);
    }
  });

  test('a page of another origin gets nothing, nor does one on another port of this host', async () => {
    await using bench = await openWebBench();
    for (const origin of ['http://evil.example', 'http://home.acme.sidegate.internal:8001', 'null']) {
      const reply = await post(bench, { password: 'correct horse battery' }, { origin });
      expect(refusal(reply)).toBe('403 ORIGIN_REJECTED');
    }
    const own = { origin: `http://home.acme.sidegate.internal:${bench.port}` };
    expect((await post(bench, { password: 'correct horse battery' }, own)).status).toBe(200);
  });

  test('a form cannot log in', async () => {
    await using bench = await openWebBench();
    const headers = { 'content-type': 'text/plain' };
    expect(refusal(await post(bench, { password: 'correct horse battery' }, headers))).toBe(
      '400 BODY_NOT_JSON',
    );
  });

  test('malformed and meaningless bodies are named', async () => {
    await using bench = await openWebBench();
    const headers = { 'content-type': 'application/json' };
    const raw = (rawBody: string) => bench.ask('/api/session', { method: 'POST', rawBody, headers });
    expect(refusal(await raw('{"password":'))).toBe('400 BODY_NOT_JSON');
    expect(refusal(await raw('{"password":1}'))).toBe('400 BODY_INVALID');
    expect(refusal(await raw('{"password":"x","ticket":"y"}'))).toBe('400 BODY_INVALID');
    expect(refusal(await raw('{}'))).toBe('400 BODY_INVALID');
  });

  test('an oversized body is refused, announced or not', async () => {
    await using bench = await openWebBench();
    const password = 'x'.repeat(70_000);
    expect(refusal(await post(bench, { password }))).toBe('413 BODY_TOO_LARGE');
    const headers = { 'content-type': 'application/json' };
    const chunked = await bench.ask('/api/session', {
      method: 'POST',
      rawBody: JSON.stringify({ password }),
      headers,
    });
    expect(refusal(chunked)).toBe('413 BODY_TOO_LARGE');
    const endless = await bench.ask('/api/session', {
      method: 'POST',
      rawBody: ' '.repeat(8_000_000),
      headers,
    });
    expect(refusal(endless)).toBe('413 BODY_TOO_LARGE');
  });

  test('a request line that is no URL breaks nothing', async () => {
    await using bench = await openWebBench();
    for (const path of ['//', '/%', '/%00', '/api/%ff', '/..%2f..%2fetc/passwd', '/../../../../etc/passwd']) {
      const socket = connect(bench.port, '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.1\r\nhost: home\r\nconnection: close\r\n\r\n`);
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      expect(text).toMatch(/^HTTP\/1.1 (200|400|401|404)/);
      expect(text).not.toContain('root:');
    }
    expect((await bench.ask('/')).status).toBe(200);
  });
});

describe('pages', () => {
  test('carry the headers that keep strangers’ markup and frames out', async () => {
    await using bench = await openWebBench();
    const { headers, text, status } = await bench.ask('/');
    expect([status, text]).toEqual([200, '<!doctype html><title>edge</title>']);
    expect(headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  });

  test('a path of the app gets the one page, a missing file is missing, a write is refused', async () => {
    await using bench = await openWebBench();
    expect((await bench.ask('/hosts/h_1')).text).toContain('<title>edge');
    expect((await bench.ask('/app.js')).headers['content-type']).toMatch(/javascript/);
    expect(refusal(await bench.ask('/missing.js'))).toBe('404 NOT_FOUND');
    expect(refusal(await bench.ask('/', { method: 'POST', body: {} }))).toBe('405 METHOD_NOT_ALLOWED');
  });

  test('unbuilt, they say so', async () => {
    await using bench = await openWebBench({ ui: 'not-built' });
    const page = await bench.ask('/', { headers: { accept: 'text/html' } });
    expect([page.status, page.text]).toEqual([503, expect.stringContaining('npm run build')]);
    expect(refusal(await bench.ask('/app.js'))).toBe('503 UI_NOT_BUILT');
    expect((await bench.ask('/api/login')).status).toBe(200);
  });
});
