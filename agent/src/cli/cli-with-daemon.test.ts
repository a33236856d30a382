/**
 * The real daemon with all its plugins on a machine of memory, driven by the command line over a real unix socket and
 * by HTTP on 127.0.0.1, which plays the mesh address. The broker is away: what is on disk must do.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScope, Secret, silentLogger, systemClock } from '@sidegate/kit';
import type { Cidr4, Forward, NetworkMap } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDaemon } from '../daemon.ts';
import { createMemoryPlatform, type MemoryPlatform } from '../platform/memory.ts';
import { renderIdentity } from '../plugins/mesh/joining/identity.ts';
import { newClaims, newTicketKey, signTicket } from '../plugins/web/testing/tickets.ts';
import { testMap } from '../plugins/web/testing/web-bench.ts';
import type { IfName } from '../ports/index.ts';
import { runCliIn } from './testing/fake-daemon.ts';

const ticketKey = newTicketKey();
const scope = createScope();
let directory: string;
let port: number;
let platform: MemoryPlatform;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => resolve(free));
    });
  });

/** Files of a machine that joined yesterday. */
const filesOf = (map: NetworkMap): ReadonlyMap<string, string> => {
  const identity = renderIdentity({
    wanted: 'up',
    brokerUrl: 'http://127.0.0.1:9',
    privateKey: new Secret(Buffer.alloc(32, 7).toString('base64')),
    token: new Secret(`sgn_${'a'.repeat(43)}`),
    enrolment: {
      nodeId: map.self.id,
      name: map.self.name,
      address4: map.self.address4,
      address6: map.self.address6,
      accountId: map.account.id,
      accountName: map.account.name,
      ticketKey: ticketKey.publicKey as never,
    },
  });
  return new Map([
    ['state/mesh-identity.json', identity],
    ['state/network-map.json', JSON.stringify({ version: 1, map })],
    ['config/config.json', JSON.stringify({ web: { port } })],
  ]);
};

const cli = (...argv: string[]) => runCliIn(directory, argv, { clock: systemClock });
const json = async (...argv: string[]) => {
  const { out, err, exitCode } = await cli(...argv, '--json');
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
};
const web = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
const logIn = async (body: unknown) => {
  const response = await web('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const session = (await response.json()) as { csrf: string; error?: { code: string } };
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
  return { response, session, headers: { cookie, 'x-sidegate-csrf': session.csrf } };
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sidegate-daemon-'));
  port = await freePort();
  const paths = { stateDir: directory, runtimeDir: directory, configFile: join(directory, 'config.json') };
  platform = createMemoryPlatform({ hostname: 'box', paths, files: filesOf(testMap()) });
  platform.fakes.links.links = [
    {
      name: 'lan0' as IfName,
      mac: undefined,
      isUp: true,
      isLoopback: false,
      addresses4: ['192.168.1.1/24' as Cidr4],
      addresses6: [],
      linkKind: undefined,
    },
  ];
  let onReady = () => {};
  const ready = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  const running = runDaemon({ signal: scope.signal, platform, log: silentLogger, onReady });
  scope.add(() => running);
  await Promise.race([ready, running]);
});
afterAll(async () => {
  await scope.end();
  await rm(directory, { recursive: true });
});

describe('the daemon, asked by the command line', () => {
  test('comes up from what is on disk, without the broker', async () => {
    await expect.poll(async () => (await json('status')).state, { timeout: 5000 }).toBe('up');
    const status = await json('status');
    expect(status.node).toMatchObject({
      name: 'home',
      fqdn: 'home.acme.sidegate.internal',
      address4: '127.0.0.1',
    });
    expect(status.plugins.filter(({ state }: { state: string }) => state !== 'running')).toEqual([]);
    expect((await cli('status')).out).toMatch(/^home \(edge\): up\n/);
  });

  test('publishes a host, and takes it back', async () => {
    expect((await json('scope', 'list')).map(({ cidr }: { cidr: string }) => cidr)).toEqual([
      '192.168.1.0/24',
    ]);
    const plan = await json('forward', 'add', '192.168.1.10:80', '--dry-run');
    expect(plan.ruleset).toContain('192.168.1.10');
    expect(await json('forward', 'list')).toEqual([]);
    const forward: Forward = await json('forward', 'add', '192.168.1.10:80', '--label', 'camera');
    expect((await cli('forward', 'list')).out).toContain('192.168.1.10:80');
    for (const word of ['disable', 'remove']) {
      const dry = await json('forward', word, String(forward.edgePort), '--dry-run');
      expect(dry).toMatchObject({ forward: { id: forward.id, enabled: word === 'remove' }, cuts: [] });
    }
    expect(await json('forward', 'list')).toMatchObject([{ enabled: true }]);
    expect(await json('forward', 'disable', String(forward.edgePort))).toMatchObject({ enabled: false });
    await json('forward', 'remove', forward.id);
    expect((await cli('forward', 'list')).out).toMatch(/^No forwards yet/);
  });

  test('refuses a forward to an address outside the scopes', async () => {
    const { exitCode, err } = await cli('forward', 'add', '203.0.113.7:80');
    expect(exitCode).not.toBe(0);
    expect(err).toMatch(/^error: .+\nhint: .+\n$/);
  });
});

test('a second daemon is refused, and leaves nothing running', async () => {
  const second = createMemoryPlatform({ paths: platform.paths });
  await expect(runDaemon({ platform: second, log: silentLogger })).rejects.toMatchObject({
    code: 'DAEMON_RUNNING',
  });
  expect([second.fakes.firewall.watchers, second.fakes.links.watchers]).toEqual([0, 0]);
  expect((await json('status')).state).toBe('up');
});

describe('its web UI', () => {
  test('lets nobody in without a password, and in with the one that root sets', async () => {
    await expect
      .poll(
        () =>
          web('/api/login').then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 5000 },
      )
      .toBe(200);
    expect((await logIn({ password: 'anything' })).session.error?.code).toBe('NO_PASSWORD_SET');
    const readSecret = async () => 'correct horse battery';
    expect((await runCliIn(directory, ['login', 'set-password'], { readSecret })).exitCode).toBe(0);
    const { headers } = await logIn({ password: 'correct horse battery' });
    const status = (await (await web('/api/status', { headers })).json()) as { state: string };
    expect(status.state).toBe('up');
  });

  test('takes a ticket of the portal once; its session may publish but not take the tunnel down', async () => {
    const ticket = signTicket(newClaims(testMap().self.id, Date.now()), ticketKey.privateKey);
    const { headers } = await logIn({ ticket });
    expect((await logIn({ ticket })).session.error?.code).toBe('TICKET_USED');
    const write = (path: string, body: unknown) =>
      web(path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const target = { kind: 'address', address: '192.168.1.20' };
    const created = await write('/api/forwards', { target, targetPort: 443 });
    expect(created.status).toBe(200);
    expect(((await created.json()) as Forward).owner).toBe('Tess');
    expect((await write('/api/down', {})).status).toBe(404);
    expect((await json('status')).state).toBe('up');
  });

  test('streams what the command line does', async () => {
    const { headers } = await logIn({ password: 'correct horse battery' });
    const ending = new AbortController();
    const response = await web('/api/events', { headers, signal: ending.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    await json('forward', 'add', '192.168.1.30:80');
    let text = '';
    while (!text.includes('192.168.1.30')) text += (await reader?.read())?.value ?? '';
    expect(text).toContain('event: forward.changed');
    ending.abort();
  });
});

test('down closes the web UI and says so', async () => {
  expect((await cli('down')).out).toMatch(/^Down\./);
  await expect
    .poll(() =>
      web('/api/login').then(
        () => true,
        () => false,
      ),
    )
    .toBe(false);
  expect((await cli('status')).out).toMatch(/^box: down: run `sidegate up`/);
});
