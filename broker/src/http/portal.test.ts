import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AuditEntry,
  EnrolmentKey,
  PortalNode,
  PortalSession,
  PortalState,
  TicketCreated,
  User,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeNode } from '../service/testing/create-test-service.ts';
import { openPortalClient, type PortalClient, startTestBroker, type TestBroker } from '../testing.ts';
import { call, enrolNode, gist, openEvents } from './testing/requests.ts';

let broker: TestBroker;
let owner: PortalClient;
beforeAll(async () => {
  broker = await startTestBroker();
  owner = await broker.login();
});
afterAll(() => broker.stop());

describe('the first start', () => {
  const SETUP = {
    accountName: 'Acme',
    accountLabel: 'acme',
    name: 'Olga',
    email: 'Owner@Example.com ',
    password: 'correct horse battery',
  };

  test('gives a code, and whoever has it becomes the owner, once', async () => {
    await using empty = await startTestBroker({ isEmpty: true });
    const setup = (setupCode: string) =>
      call(empty.url, 'POST', '/v1/portal/setup', { body: { ...SETUP, setupCode } });
    const state = async () => v.parse(PortalState, (await call(empty.url, 'GET', '/v1/portal/state')).body);
    expect((await state()).setupNeeded).toBe(true);
    expect(gist(await setup('AAAA-BBBB-CCCC'))).toBe('403 SETUP_CODE_REJECTED');
    const { setupCode } = empty.broker;
    const answer = await setup(` ${setupCode!.toLowerCase()} `);
    expect(answer.status).toBe(201);
    expect(v.parse(PortalSession, answer.body)).toMatchObject({
      user: { role: 'owner', email: 'owner@example.com' },
      account: { label: 'acme', preset: 'service' },
    });
    expect(answer.headers.get('set-cookie')).toMatch(/^sidegate_session=sgs_.*HttpOnly; SameSite=Strict/);
    expect((await state()).setupNeeded).toBe(false);
    expect(gist(await setup(setupCode!))).toBe('409 SETUP_DONE');
    await expect(openPortalClient(empty.url, 'owner@example.com', SETUP.password)).resolves.toBeDefined();
    await empty.restart();
    expect(empty.broker.setupCode).toBeUndefined();
  });

  test('a code of an earlier start is worthless', async () => {
    await using empty = await startTestBroker({ isEmpty: true });
    const { setupCode } = empty.broker;
    await empty.restart();
    const answer = await call(empty.url, 'POST', '/v1/portal/setup', { body: { ...SETUP, setupCode } });
    expect(gist(answer)).toBe('403 SETUP_CODE_REJECTED');
  });
});

describe('a session', () => {
  test('tells who one is, and ends with the logout', async () => {
    const client = await broker.login();
    expect(v.parse(PortalSession, await client.json('GET', '/session')).user.name).toBe('Olga Owner');
    expect((await client.request('DELETE', '/session')).status).toBe(204);
    expect((await client.request('GET', '/session')).status).toBe(401);
  });

  test('ends with a new password', async () => {
    const { json } = owner;
    const wish = { name: 'Tom', email: 'tom@example.com', role: 'technician', password: 'a long password' };
    const { id } = v.parse(User, await json('POST', '/users', wish));
    const tom = await broker.login(wish.email, wish.password);
    expect((await tom.request('PATCH', `/users/${id}`, { password: 'another password' })).status).toBe(200);
    expect((await tom.request('GET', '/session')).status).toBe(401);
    await expect(broker.login(wish.email, 'another password')).resolves.toBeDefined();
  });
});

describe('machines', () => {
  test('are listed, renamed, opened and removed, and all of it stands in the log', async () => {
    const { nodeId } = await enrolNode(broker, { name: 'alder' as never });
    const listed = v.parse(v.array(PortalNode), await owner.json('GET', '/nodes'));
    expect(listed.map(({ id }) => id)).toContain(nodeId);
    const patch = { name: 'birch', note: 'in the cellar', tags: ['north', 'north'] };
    const renamed = v.parse(PortalNode, await owner.json('PATCH', `/nodes/${nodeId}`, patch));
    expect(renamed).toMatchObject({
      fqdn: 'birch.acme.sidegate.internal',
      note: 'in the cellar',
      tags: ['north'],
    });
    const { url } = v.parse(TicketCreated, await owner.json('POST', `/nodes/${nodeId}/ticket`));
    expect(url).toMatch(/^http:\/\/birch\.acme\.sidegate\.internal\/#ticket=[\w-]+\.[\w-]+$/);
    expect((await owner.request('DELETE', `/nodes/${nodeId}`)).status).toBe(204);
    const log = v.parse(v.array(AuditEntry), await owner.json('GET', '/audit'));
    expect(log.slice(0, 4).map(({ action, target }) => `${action} ${target}`)).toEqual([
      'node.removed birch',
      'edge.opened birch',
      'node.changed alder',
      'node.enrolled alder',
    ]);
  });

  test('come in by a code', async () => {
    const created = await call<{ code: string; pollToken: string }>(
      broker.url,
      'POST',
      '/v1/enrol/requests',
      {
        body: { node: describeNode({ role: 'client', name: 'laptop' as never }) },
      },
    );
    const { code, pollToken } = created.body;
    const poll = () =>
      call<{ state: string }>(broker.url, 'GET', '/v1/enrol/requests/self', { token: pollToken });
    expect((await poll()).body).toEqual({ state: 'pending' });
    expect(await owner.json('GET', `/enrolment-requests/${code}`)).toMatchObject({
      name: 'laptop',
      role: 'client',
    });
    expect(v.parse(PortalNode, await owner.json('POST', `/enrolment-requests/${code}/approve`)).name).toBe(
      'laptop',
    );
    expect((await poll()).body.state).toBe('approved');
    expect((await owner.request('POST', `/enrolment-requests/${code}/deny`)).status).toBe(404);
  });

  test('move before the eyes of whoever watches', async () => {
    const events = await openEvents(`${broker.url}/v1/portal/events`, { cookie: owner.cookie });
    const { nodeId } = await enrolNode(broker);
    expect(v.parse(PortalNode, await events.next('node.changed'))).toMatchObject({
      id: nodeId,
      online: false,
    });
    await owner.request('DELETE', `/nodes/${nodeId}`);
    expect(await events.next('node.removed')).toEqual({ id: nodeId });
    events.stop();
  });
});

test('keys are listed without their secrets', async () => {
  const { secret, key } = await broker.createKey({ label: 'for the lab' });
  const response = await owner.request('GET', '/enrolment-keys');
  const text = await response.text();
  expect(v.parse(v.array(EnrolmentKey), JSON.parse(text)).find(({ id }) => id === key.id)).toMatchObject({
    label: 'for the lab',
    state: 'valid',
  });
  expect(text).not.toContain(secret);
});

describe('the pages', () => {
  test('are missed with a clear word until they are built, then served with strict headers', async () => {
    const missing = await fetch(`${broker.url}/`);
    expect([missing.status, await missing.text()]).toEqual([
      503,
      expect.stringContaining('has not been built'),
    ]);
    const directory = join(broker.dataDirectory, 'no-portal');
    mkdirSync(join(directory, 'assets'), { recursive: true });
    writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Sidegate</title>');
    writeFileSync(join(directory, 'assets/app-1234.js'), 'export {};');
    for (const path of ['/', '/approve/ABCD-EFGH', '/nodes/n_1']) {
      const page = await fetch(broker.url + path);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>Sidegate')]);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
      expect(page.headers.get('x-frame-options')).toBe('DENY');
      expect(page.headers.get('cache-control')).toBe('no-cache');
    }
    const script = await fetch(`${broker.url}/assets/app-1234.js`);
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect((await fetch(`${broker.url}/assets/none.js`)).status).toBe(404);
    expect((await fetch(`${broker.url}/..%2f..%2fticket.key`)).status).not.toBe(500);
    expect(await (await fetch(`${broker.url}/%2e%2e/ticket.key`)).text()).not.toContain('PRIVATE');
  });
});
