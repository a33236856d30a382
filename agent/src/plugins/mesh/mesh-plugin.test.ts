import { type AddressInfo, connect, createServer } from 'node:net';
import { startTestBroker, type TestBroker } from '@sidegate/broker/testing';
import { systemClock } from '@sidegate/kit';
import type { ErrorBody, PeerStatus, UpResponse } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { MemoryOptions } from '../../platform/memory.ts';
import type { IfName } from '../../ports/index.ts';
import { publicKeyOf } from '../../tunnel/key-pair.ts';
import { createDeferred } from './broker/deferred.ts';
import { filesOf, openMemoryAgent, SG0, until } from './testing/memory-agent.ts';

/* The real core and the real broker, on loopback; the machine is memory, so no packet flows and beacons are played. */
const openAgent = async (options: MemoryOptions = {}) => {
  const agent = await openMemoryAgent(options);
  onTestFinished(agent.stop);
  return agent;
};

describe('the mesh plugin', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startTestBroker({ preset: 'mesh' });
  });
  afterAll(() => broker.stop());
  const keyOf = async (wish: Parameters<TestBroker['createKey']>[0] = {}) =>
    (await broker.createKey(wish)).secret;

  test('a key brings it up; a second `up` is fine; peers, names and firewall follow the map', async () => {
    const one = await openAgent();
    expect(one.status().state).toBe('not-enrolled');
    const request_ = { brokerUrl: broker.url, key: await keyOf() };
    expect((await one.up(request_)).body).toEqual({ state: 'up' });
    expect((await one.up(request_)).body).toEqual({ state: 'up' });
    const two = await openAgent();
    expect((await two.up({ brokerUrl: broker.url, key: await keyOf(), name: 'second' })).body).toEqual({
      state: 'up',
    });

    await until(async () =>
      (await one.ask<PeerStatus[]>('GET', '/peers')).body.some(({ name }) => name === 'second'),
    );
    const { node } = two.status();
    expect(one.status().node?.name).toBe('box');
    expect(one.platform.fakes.tunnel.routes(SG0)).toContain(`${node?.address4}/32`);
    await until(() =>
      one.platform.fakes.resolver.names.some(({ name }) => name === 'second.acme.sidegate.internal'),
    );
    const config = one.platform.fakes.tunnel.config(SG0)!;
    expect(config.listenPort).toBeGreaterThanOrEqual(20_000);
    expect(config.listenPort).not.toBe(two.platform.fakes.tunnel.config(SG0)!.listenPort);
  });

  test('an edge lets nobody in before its table is in place', async () => {
    const first = await openAgent();
    await first.up({ brokerUrl: broker.url, key: await keyOf({ role: 'edge' }), name: 'unfiltered' });
    const edge = await openAgent();
    const refusing = vi.spyOn(edge.platform.fakes.firewall, 'apply').mockRejectedValue(new Error('no nft'));
    await edge.up({ brokerUrl: broker.url, key: await keyOf({ role: 'edge' }), name: 'filtered' });
    const peersOf = async () =>
      (await edge.platform.fakes.tunnel.read(SG0, AbortSignal.timeout(1000)))!.map(
        ({ allowedIps }) => allowedIps.length,
      );
    await until(() => refusing.mock.calls.length > 0 && edge.status().counts.peers > 0);
    await until(() => edge.status().health.some(({ code }) => code.startsWith('firewall')));
    const before = await peersOf();
    expect(before.length).toBeGreaterThan(0);
    expect(Math.max(...before)).toBe(0);

    refusing.mockRestore();
    const another = await openAgent();
    await another.up({ brokerUrl: broker.url, key: await keyOf({ role: 'edge' }), name: 'another' });
    await until(async () => Math.max(...(await peersOf())) > 0);
  });

  test('an edge that comes back greets the peers that knew it, though its table comes later than its beacons', async () => {
    const edge = await openAgent();
    const { tunnel, firewall } = edge.platform.fakes;
    await edge.up({ brokerUrl: broker.url, key: await keyOf({ role: 'edge' }), name: 'returning' });
    const friend = await openAgent();
    await friend.up({ brokerUrl: broker.url, key: await keyOf(), name: 'friend' });
    const publicKey = publicKeyOf(friend.platform.fakes.tunnel.config(SG0)!.privateKey);
    const isKnown = async () =>
      ((await tunnel.read(SG0, AbortSignal.timeout(1000))) ?? []).some(
        (peer) => peer.publicKey === publicKey,
      );
    await until(isKnown);
    expect((await edge.ask('POST', '/down', {})).status).toBe(204);

    const table = createDeferred();
    const apply = firewall.apply.bind(firewall);
    const slow = vi.spyOn(firewall, 'apply').mockImplementation(async (...args) => {
      await table.promise;
      return apply(...args);
    });
    const [returned, before] = [edge.up({}), tunnel.changes.length];
    const greetings = () =>
      tunnel.changes
        .slice(before)
        .filter((change) => change.kind === 'poke' && change.publicKey === publicKey);
    await until(() => slow.mock.calls.length > 0 && edge.status().broker?.beaconReachable === true);
    expect(await isKnown()).toBe(false);
    expect(greetings()).toEqual([]);
    table.resolve();
    expect((await returned).body).toEqual({ state: 'up' });
    await until(() => greetings().length > 0);
    expect(greetings()).toHaveLength(1);
  });

  test('the private key is in the secret identity file and nowhere else', async () => {
    const agent = await openAgent();
    await agent.up({ brokerUrl: broker.url, key: await keyOf() });
    const key = agent.platform.fakes.tunnel.config(SG0)!.privateKey.reveal();
    const identity = await filesOf(agent).readText('state', 'mesh-identity.json');
    expect(identity).toContain(key);
    expect(JSON.stringify(agent.status())).not.toContain(key);
    await until(() => filesOf(agent).texts.has('state/network-map.json'));
    for (const [name, text] of filesOf(agent).texts)
      if (name !== 'state/mesh-identity.json') expect(text).not.toContain(key);
    expect([...filesOf(agent).secrets].sort()).toEqual([
      'runtime/network-map.json',
      'state/mesh-identity.json',
      'state/network-map.json',
    ]);
  });

  test.each([
    ['one that does not exist', async () => `sgk_${'x'.repeat(32)}`, 'ENROLMENT_KEY_UNKNOWN', 403],
    ['half of one', async () => 'sgk_abc', 'ENROLMENT_KEY_MALFORMED', 400],
  ])(
    'a wrong key, %s, is refused with code and hint; nothing is half-applied',
    async (_name, makeKey, code, status) => {
      const agent = await openAgent();
      const answer = await agent.ask<ErrorBody>('POST', '/up', {
        brokerUrl: broker.url,
        key: await makeKey(),
      });
      expect(answer.status).toBe(status);
      expect(answer.body.error.code).toBe(code);
      expect(answer.body.error.hint).not.toBe('');
      expect(await filesOf(agent).readText('state', 'mesh-identity.json')).toBeUndefined();
      expect(agent.platform.fakes.tunnel.created).toBe(0);
      expect(agent.status().state).toBe('not-enrolled');
    },
  );

  test('a key for one machine does not serve a second', async () => {
    const key = await keyOf({ reusable: false });
    const [first, second] = [await openAgent(), await openAgent()];
    await first.up({ brokerUrl: broker.url, key });
    const answer = await second.ask<ErrorBody>('POST', '/up', { brokerUrl: broker.url, key });
    expect(answer.body.error.code).toBe('ENROLMENT_KEY_USED');
  });

  test('without broker, key or a broker that answers: each its own code', async () => {
    const agent = await openAgent();
    const codeOf = async (body: unknown) => (await agent.ask<ErrorBody>('POST', '/up', body)).body.error.code;
    expect(await codeOf({})).toBe('BROKER_URL_MISSING');
    expect(await codeOf({ brokerUrl: 'http://127.0.0.1:9', key: await keyOf() })).toBe('BROKER_UNREACHABLE');
    expect(await codeOf({ brokerUrl: 'not a url' })).toBe('BODY_INVALID');
    expect(await codeOf({ brokerUrl: `${broker.url}/nowhere`, key: await keyOf() })).not.toBe('INTERNAL');
  });

  test('connections that are lost are made again; a key that works once still does', async () => {
    const agent = await openAgent();
    let lost = 0;
    const flaky = createServer((socket) => {
      const { hostname, port } = new URL(broker.url);
      const onward = connect(Number(port), hostname);
      socket.on('error', () => {}).pipe(onward.on('error', () => {}));
      // The first two requests arrive, and their answers do not come back.
      if (lost++ < 2) onward.once('data', () => socket.destroy());
      else onward.pipe(socket);
    });
    await new Promise<void>((resolve) => void flaky.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void flaky.close());
    const brokerUrl = `http://127.0.0.1:${(flaky.address() as AddressInfo).port}`;
    const key = await keyOf({ reusable: false });
    expect((await agent.up({ brokerUrl, key, name: 'unlucky' })).body).toEqual({ state: 'up' });
    expect(agent.status().node?.name).toBe('unlucky');
    expect(lost).toBeGreaterThan(2);
  });

  test('a code that waits for approval outlives the daemon', async () => {
    const first = await openAgent();
    const request = { brokerUrl: broker.url, name: 'patient' };
    const { body } = await first.ask<UpResponse>('POST', '/up', request);
    if (body.state !== 'approval-needed') throw new Error(`the answer was ${body.state}`);
    expect([...filesOf(first).secrets]).toEqual(['state/mesh-joining.json']);
    await first.stop();
    const portal = await broker.login();
    await portal.request('POST', `/enrolment-requests/${body.code}/approve`, {});
    const second = await openAgent({ files: filesOf(first).texts });
    await Promise.all([second.answerBeacons(), until(() => second.status().state === 'up')]);
    expect(second.status().node?.name).toBe('patient');
    await until(async () => (await filesOf(second).readText('state', 'mesh-joining.json')) === undefined);
  });

  test('without a key a person approves the code in the portal', async () => {
    const agent = await openAgent();
    const { body } = await agent.ask<UpResponse>('POST', '/up', { brokerUrl: broker.url, name: 'approved' });
    if (body.state !== 'approval-needed') throw new Error(`the answer was ${body.state}`);
    const again = await agent.ask<UpResponse>('POST', '/up', { brokerUrl: broker.url, name: 'approved' });
    expect(again.body).toEqual(body);
    const portal = await broker.login();
    const decision = await portal.request('POST', `/enrolment-requests/${body.code}/approve`, {});
    expect(decision.ok).toBe(true);
    await Promise.all([agent.answerBeacons(), until(() => agent.status().state === 'up')]);
    expect(agent.status().node?.name).toBe('approved');
  });

  test('`down` takes everything away and is remembered; `up` alone comes back with the same identity', async () => {
    const agent = await openAgent();
    await agent.up({ brokerUrl: broker.url, key: await keyOf() });
    const before = agent.status().node;
    const portal = await broker.login();
    const isOnline = async () =>
      ((await (await portal.request('GET', `/nodes/${before!.id}`)).json()) as { online: boolean }).online;
    expect(await isOnline()).toBe(true);
    expect((await agent.ask('POST', '/down', {})).status).toBe(204);
    expect(await isOnline()).toBe(false);
    expect(agent.platform.fakes.tunnel.config(SG0)).toBeUndefined();
    await until(() => agent.platform.fakes.resolver.names.length === 0);
    expect(agent.status()).toMatchObject({ state: 'down', counts: { peers: 0 } });
    expect((await agent.up({})).body).toEqual({ state: 'up' });
    expect(agent.status().node).toEqual(before);
    const elsewhere = await agent.ask<ErrorBody>('POST', '/up', { brokerUrl: 'http://other.example' });
    expect(elsewhere.body.error.code).toBe('ENROLLED_ELSEWHERE');
  });

  test('`down --forget` removes the node at the broker and the identity here', async () => {
    const agent = await openAgent();
    await agent.up({ brokerUrl: broker.url, key: await keyOf() });
    const { id } = agent.status().node!;
    const portal = await broker.login();
    expect((await portal.request('GET', `/nodes/${id}`)).status).toBe(200);
    await agent.ask('POST', '/down', { forget: true });
    expect((await portal.request('GET', `/nodes/${id}`)).status).toBe(404);
    expect(await filesOf(agent).readText('state', 'mesh-identity.json')).toBeUndefined();
    expect(await filesOf(agent).readText('state', 'network-map.json')).toBeUndefined();
    expect(agent.status().state).toBe('not-enrolled');
  });

  test('a node that is removed in the portal stops and forgets', async () => {
    const agent = await openAgent();
    await agent.up({ brokerUrl: broker.url, key: await keyOf() });
    const portal = await broker.login();
    await portal.request('DELETE', `/nodes/${agent.status().node!.id}`);
    await until(() => agent.status().state === 'not-enrolled');
    expect(agent.platform.fakes.tunnel.config(SG0)).toBeUndefined();
  });

  test('after a crash it is up again from disk alone, without the broker, and touches no healthy peer', async () => {
    const own = await startTestBroker({ preset: 'mesh' });
    onTestFinished(() => own.stop());
    const crashed = await openAgent();
    const other = await openAgent();
    const enrol = async (agent: typeof crashed) =>
      agent.up({ brokerUrl: own.url, key: (await own.createKey({})).secret });
    await enrol(crashed);
    await enrol(other);
    await until(() => crashed.status().counts.peers === 1);
    await crashed.stop();
    await other.stop();
    await own.broker.stop();
    const reborn = await openAgent({ files: filesOf(crashed).texts });
    await until(() => reborn.status().state === 'up');
    expect(reborn.status().counts.peers).toBe(1);
    expect(reborn.status().broker?.connected).toBe(false);
    await until(() => reborn.status().health.some(({ code }) => code === 'broker-unreachable'));
  });

  test('a copy of a machine’s disk stands aside, and the machine goes on', async () => {
    const bootId = (letter: string) => letter.repeat(32);
    const machine = await openAgent({ bootId: bootId('a') });
    await machine.up({ brokerUrl: broker.url, key: await keyOf() });
    const copy = await openAgent({ bootId: bootId('b'), files: new Map(filesOf(machine).texts) });
    await until(() => copy.status().state === 'up');
    const knock = (agent: typeof machine) => agent.platform.fakes.links.notify('link');
    const codes = () => copy.status().health.map(({ code }) => code);
    const move = (agent: typeof machine, at: number) => {
      agent.platform.fakes.links.routes = [
        {
          family: 4,
          destination: 'default',
          gateway: `192.168.1.${at}` as never,
          interfaceName: 'eth0' as IfName,
        },
      ];
      knock(agent);
    };
    for (let at = 1; at < 40 && !codes().includes('identity-cloned'); at++) {
      move(machine, at);
      await systemClock.sleep(200);
      move(copy, at);
      await systemClock.sleep(200);
    }
    expect(codes()).toContain('identity-cloned');
    expect(copy.status().state).toBe('down');
    expect(copy.platform.fakes.tunnel.config(SG0)).toBeUndefined();
    expect(machine.status()).toMatchObject({ state: 'up' });
    expect(machine.platform.fakes.tunnel.config(SG0)).toBeDefined();
  });

  test('a damaged identity is named, not fatal, and a new key cures it', async () => {
    const agent = await openAgent({ files: new Map([['state/mesh-identity.json', '{"version":1']]) });
    expect(agent.status().health.map(({ code }) => code)).toContain('identity-damaged');
    expect((await agent.up({ brokerUrl: broker.url, key: await keyOf() })).body).toEqual({ state: 'up' });
    expect(agent.status().health.map(({ code }) => code)).not.toContain('identity-damaged');
  });

  test('the identity that a newer version wrote is left as it is, until a person gives it up', async () => {
    const file = 'state/mesh-identity.json';
    const newer = '{"version":2,"keys":["of another shape"]}';
    const agent = await openAgent({ files: new Map([[file, newer]]) });
    const codes = () => agent.status().health.map(({ code }) => code);
    expect(codes()).toContain('identity-newer');
    const wish = { brokerUrl: broker.url, key: await keyOf({ reusable: false }) };
    const refused = await agent.ask<ErrorBody>('POST', '/up', wish);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'IDENTITY_NEWER']);
    await agent.ask('POST', '/down', {});
    expect(codes()).toContain('identity-newer');
    expect(filesOf(agent).texts.get(file)).toBe(newer);

    await agent.ask('POST', '/down', { forget: true });
    expect(codes()).not.toContain('identity-newer');
    // The key was not spent on the refusal.
    expect((await agent.up(wish)).body).toEqual({ state: 'up' });
  });
});
