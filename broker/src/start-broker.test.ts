import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { splitEndpoint } from '@sidegate/kit';
import { type Enrolment, type MapPeer, NODE_EVENTS, type NodeRole } from '@sidegate/protocol';
import {
  consumeResponse,
  encodeInitiation,
  encodePublicKey,
  encodeTimestamp,
  encodeTransport,
  generateKeyPair,
  type KeyPair,
} from '@sidegate/relay/testing';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { call, enrolNode, openEvents } from './http/testing/requests.ts';
import { startTestBroker, type TestBroker } from './testing.ts';

let broker: TestBroker;
const sockets: Socket[] = [];
beforeEach(async () => {
  broker = await startTestBroker();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await broker.stop();
});

interface Machine {
  readonly keys: KeyPair;
  readonly socket: Socket;
  readonly endpoint: string;
  readonly enrolment: Enrolment;
}

const addMachine = async (role: NodeRole): Promise<Machine> => {
  const keys = generateKeyPair();
  const enrolment = await enrolNode(broker, { role, publicKey: encodePublicKey(keys.publicBytes) });
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { keys, socket, enrolment, endpoint: `127.0.0.1:${socket.address().port}` };
};

/** What a kernel does with a new beacon peer: handshake, then a keepalive that proves it has the keys. */
const greet = async ({ keys, socket }: Machine, beaconIndex: number): Promise<boolean> => {
  const { publicKey, endpoints } = broker.broker.beacons[beaconIndex]!;
  const { address, port } = splitEndpoint(endpoints[0]!);
  const begun = encodeInitiation(
    keys,
    Buffer.from(publicKey, 'base64'),
    77 + beaconIndex,
    encodeTimestamp(Date.now() + beaconIndex * 1000),
  );
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(500) });
  socket.send(begun.bytes, port, address);
  const answer = await answered.catch(() => undefined);
  if (answer === undefined) return false;
  const session = consumeResponse(keys, begun, answer[0] as Buffer);
  if (session === undefined) return false;
  socket.send(encodeTransport(session, 0), port, address);
  return true;
};

test('a handshake with the beacon becomes an endpoint in the maps of peers, pushed', async () => {
  const [edge, laptop] = [await addMachine('edge'), await addMachine('client')];
  const stream = await openEvents(`${broker.url}/v1/nodes/self/events`, {
    authorization: `Bearer ${laptop.enrolment.token}`,
  });
  await stream.next('hello');
  expect(await greet(edge, 0)).toBe(true);
  const seen: MapPeer[] = [];
  while (seen.at(-1)?.candidates.length !== 1) {
    const update = v.parse(NODE_EVENTS.map, await stream.next('map'));
    if (update.kind === 'delta') seen.push(...update.changed);
  }
  expect(seen.at(-1)).toMatchObject({
    id: edge.enrolment.nodeId,
    online: true,
    candidates: [{ kind: 'reflexive', endpoint: edge.endpoint }],
  });
  stream.stop();
});

test('both beacons together tell what kind of NAT there is', async () => {
  const edge = await addMachine('edge');
  for (const beaconIndex of [0, 1]) expect(await greet(edge, beaconIndex)).toBe(true);
  const node = broker.broker.service.registry.find(edge.enrolment.nodeId)!;
  await expect
    .poll(() => node.mapping)
    .toEqual({
      reflexive: [edge.endpoint, edge.endpoint],
      nat: 'endpoint-independent',
    });
});

test('a node that was removed gets no answer any more', async () => {
  const edge = await addMachine('edge');
  expect(await greet(edge, 0)).toBe(true);
  const { status } = await call(broker.url, 'DELETE', '/v1/nodes/self', { token: edge.enrolment.token });
  expect(status).toBe(204);
  expect(await greet(edge, 1)).toBe(false);
});
