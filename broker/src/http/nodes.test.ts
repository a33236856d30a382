import {
  BrokerInfo,
  CheckInResponse,
  type Enrolment,
  Enrolment as EnrolmentSchema,
  NODE_EVENTS,
  type NodeRole,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeCheckIn } from '../service/testing/create-test-service.ts';
import { startTestBroker, type TestBroker } from '../testing.ts';
import { call, enrolNode, gist, openEvents } from './testing/requests.ts';

let broker: TestBroker;
beforeEach(async () => {
  broker = await startTestBroker();
});
afterEach(() => broker.stop());

const enrol = (role: NodeRole, name: string): Promise<Enrolment> =>
  enrolNode(broker, { role, name: name as never });
const checkIn = async (token: string, revision = 0): Promise<CheckInResponse> => {
  const body = describeCheckIn({ revision });
  return v.parse(
    CheckInResponse,
    (await call(broker.url, 'POST', '/v1/nodes/self/check-in', { token, body })).body,
  );
};
const events = (token: string, query = '') =>
  openEvents(`${broker.url}/v1/nodes/self/events${query}`, { authorization: `Bearer ${token}` });

test('a node is let in, checks in, and has nothing new to learn the second time', async () => {
  const edge = v.parse(EnrolmentSchema, await enrol('edge', 'alder'));
  const first = await checkIn(edge.token);
  expect(first.update).toMatchObject({
    kind: 'full',
    map: { self: { name: 'alder', address4: edge.address4 } },
  });
  const { revision } = (first.update as { map: { revision: number } }).map;
  expect(await checkIn(edge.token, revision)).toEqual({ update: { kind: 'same', revision }, checkInSec: 60 });
});

test('a changed endpoint is pushed to a peer within 100 ms', async () => {
  const [edge, laptop] = [await enrol('edge', 'alder'), await enrol('client', 'laptop')];
  const stream = await events(laptop.token);
  v.parse(NODE_EVENTS.hello, await stream.next('hello'));
  const { beaconEvents } = broker.broker.service;
  const samples: number[] = [];
  for (let at = 0; at < 5; at++) {
    const start = performance.now();
    beaconEvents.onEndpoint(edge.nodeId, { address: '198.51.100.7' as never, port: 40_001 + at }, 0);
    const update = v.parse(NODE_EVENTS.map, await stream.next('map'));
    samples.push(performance.now() - start);
    expect(update).toMatchObject({
      kind: 'delta',
      changed: [{ candidates: [{ endpoint: `198.51.100.7:${40_001 + at}` }] }],
    });
  }
  expect(samples.sort((one, other) => one - other)[2]).toBeLessThan(100);
  stream.stop();
});

test('a punch starts both sides', async () => {
  const [edge, laptop] = [await enrol('edge', 'alder'), await enrol('client', 'laptop')];
  const [onEdge, onLaptop] = [await events(edge.token), await events(laptop.token)];
  const answer = await call(broker.url, 'POST', '/v1/nodes/self/punch', {
    token: laptop.token,
    body: { peer: edge.nodeId },
  });
  expect(answer.status).toBe(202);
  const punches = [await onEdge.next('punch'), await onLaptop.next('punch')].map((data) =>
    v.parse(NODE_EVENTS.punch, data),
  );
  expect(punches.map(({ peer }) => peer)).toEqual([laptop.nodeId, edge.nodeId]);
  expect(punches[0]!.session).toBe(punches[1]!.session);
  onEdge.stop();
  onLaptop.stop();
});

test('a node that leaves is forgotten by all, and told what it is when it comes back', async () => {
  const [edge, laptop] = [await enrol('edge', 'alder'), await enrol('client', 'laptop')];
  const stream = await events(laptop.token);
  await stream.next('hello');
  const leave = () => call(broker.url, 'DELETE', '/v1/nodes/self', { token: edge.token });
  expect((await leave()).status).toBe(204);
  expect(v.parse(NODE_EVENTS.map, await stream.next('map'))).toMatchObject({ removed: [edge.nodeId] });
  expect(gist(await leave())).toBe('401 NODE_REVOKED');
  stream.stop();
});

test('a node that goes off line is off line for its peers at once, and comes back with its next word', async () => {
  const [edge, laptop] = [await enrol('edge', 'alder'), await enrol('client', 'laptop')];
  await checkIn(edge.token);
  const onEdge = await events(edge.token);
  const stream = await events(laptop.token);
  await stream.next('hello');
  const goOffline = await call(broker.url, 'DELETE', '/v1/nodes/self/events', { token: edge.token });
  expect(goOffline.status).toBe(204);
  await onEdge.ended();
  const seen = async () => (await stream.next('map')) as { changed: { id: string; online: boolean }[] };
  expect((await seen()).changed).toMatchObject([{ id: edge.nodeId, online: false }]);
  await checkIn(edge.token);
  expect((await seen()).changed).toMatchObject([{ id: edge.nodeId, online: true }]);
  stream.stop();
});

test('a check-in is answered on the event stream too, so that a dead one shows', async () => {
  const edge = await enrol('edge', 'alder');
  const headers = { authorization: `Bearer ${edge.token}` };
  const response = await fetch(`${broker.url}/v1/nodes/self/events`, { headers });
  const reader = response.body!.getReader();
  const text = new TextDecoder();
  let heard = '';
  const hear = async () => {
    heard += text.decode((await reader.read()).value);
  };
  while (!heard.includes('hello')) await hear();
  heard = '';
  await checkIn(edge.token);
  while (!heard.includes(':\n\n')) await hear();
  await reader.cancel();
});

test('a node that is removed in the portal hears of it at once, and its stream ends', async () => {
  const edge = await enrol('edge', 'alder');
  const stream = await events(edge.token);
  const owner = await broker.login();
  await owner.request('DELETE', `/nodes/${edge.nodeId}`);
  v.parse(NODE_EVENTS.revoked, await stream.next('revoked'));
  await stream.ended();
});

test('a restart keeps nodes, tokens, sessions, removals and endpoints, and says so by another boot id', async () => {
  const [edge, gone] = [await enrol('edge', 'alder'), await enrol('edge', 'birch')];
  const laptop = await enrol('client', 'laptop');
  const owner = await broker.login();
  await owner.request('DELETE', `/nodes/${gone.nodeId}`);
  broker.broker.service.beaconEvents.onEndpoint(
    edge.nodeId,
    { address: '198.51.100.7' as never, port: 40_001 },
    0,
  );
  const before = await owner.json<{ lastSeenAt?: number }[]>('GET', '/nodes');
  const info = async () => v.parse(BrokerInfo, (await call(broker.url, 'GET', '/v1/broker')).body);
  const boot = await info();
  const { update } = await checkIn(laptop.token);
  const stream = await events(laptop.token);

  await broker.restart();

  await stream.ended();
  expect((await info()).bootId).not.toBe(boot.bootId);
  expect(await info()).toMatchObject({ ticketKey: boot.ticketKey });
  expect((await info()).beacons.map(({ publicKey }) => publicKey)).toEqual(
    boot.beacons.map(({ publicKey }) => publicKey),
  );
  const after = await owner.json<object[]>('GET', '/nodes');
  expect(after.map((node) => ({ ...node, lastSeenAt: 0, online: 0 }))).toEqual(
    before.map((node) => ({ ...node, lastSeenAt: 0, online: 0 })),
  );
  const again = await checkIn(laptop.token, (update as { map: { revision: number } }).map.revision);
  expect(again.update).toMatchObject({ kind: 'full' });
  expect(JSON.stringify(again.update)).toContain('198.51.100.7:40001');
  const body = describeCheckIn();
  const refused = await call(broker.url, 'POST', '/v1/nodes/self/check-in', { token: gone.token, body });
  expect(gist(refused)).toBe('401 NODE_REVOKED');
});
