import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { splitEndpoint } from '@sidegate/kit';
import { type Enrolment, LIMITS } from '@sidegate/protocol';
import {
  type ClientSession,
  consumeResponse,
  encodeInitiation,
  encodePublicKey,
  encodeTimestamp,
  encodeTransport,
  generateKeyPair,
  type KeyPair,
} from '@sidegate/relay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestBroker, type TestBroker } from '../testing.ts';
import { call, enrolNode, gist } from './testing/requests.ts';

let broker: TestBroker;
const open: (() => void)[] = [];
beforeAll(async () => {
  broker = await startTestBroker({ preset: 'mesh' });
});
afterEach(() => {
  for (const close of open.splice(0)) close();
});
afterAll(() => broker.stop());

interface Machine {
  readonly keys: KeyPair;
  readonly enrolment: Enrolment;
}
const addMachine = async (name: string): Promise<Machine> => {
  const keys = generateKeyPair();
  const publicKey = encodePublicKey(keys.publicBytes);
  return { keys, enrolment: await enrolNode(broker, { name: name as never, publicKey }) };
};
const dial = (token: string, headers: Record<string, string> = {}, path = '/v1/nodes/self/relay') => {
  const url = `${broker.url.replace('http', 'ws')}${path}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}`, ...headers } });
  // What a test expects of an error it waits for; the others are those of the clean-up.
  socket.on('error', () => {});
  open.push(() => socket.terminate());
  return socket;
};
const dialOpen = async (token: string): Promise<WebSocket> => {
  const socket = dial(token);
  await once(socket, 'open');
  return socket;
};
/** Status and code of a refusal. */
const refusalOf = async (socket: WebSocket): Promise<string> => {
  const [, response] = await once(socket, 'unexpected-response');
  return gist({
    status: response.statusCode,
    headers: new Headers(),
    body: JSON.parse(await text(response)),
  });
};
const closeCodeOf = async (socket: WebSocket): Promise<number> => (await once(socket, 'close'))[0];
const nextMessage = async (socket: WebSocket): Promise<Buffer> =>
  (await once(socket, 'message', { signal: AbortSignal.timeout(2_000) }))[0];

/** Handshakes with beacon 0 through a way of sending and receiving. */
const greet = async (
  { keys }: Machine,
  send: (bytes: Uint8Array) => void,
  receive: () => Promise<Buffer>,
): Promise<ClientSession> => {
  const beaconKey = Buffer.from(broker.broker.beacons[0]!.publicKey, 'base64');
  const begun = encodeInitiation(keys, beaconKey, 77, encodeTimestamp(Date.now()));
  const answer = receive();
  send(begun.bytes);
  const session = consumeResponse(keys, begun, await answer);
  if (session === undefined) throw new Error('the beacon answered somebody else');
  send(encodeTransport(session, 0));
  return session;
};
const greetBySocket = (machine: Machine, socket: WebSocket) =>
  greet(
    machine,
    (bytes) => socket.send(bytes),
    () => nextMessage(socket),
  );
const greetByUdp = async (machine: Machine): Promise<Socket> => {
  const socket = createSocket('udp4');
  open.push(() => socket.close());
  const { address, port } = splitEndpoint(broker.broker.beacons[0]!.endpoints[0]!);
  socket.connect(port, address);
  await once(socket, 'connect');
  await greet(
    machine,
    (bytes) => socket.send(bytes),
    async () => (await once(socket, 'message', { signal: AbortSignal.timeout(2_000) }))[0],
  );
  return socket;
};
const initiation = (from: Machine, to: Machine): Uint8Array =>
  encodeInitiation(from.keys, to.keys.publicBytes, 0x0a0a, encodeTimestamp(Date.now())).bytes;

describe('opening', () => {
  test('with a wrong token, or that of a node which was removed', async () => {
    const { enrolment } = await addMachine('alder');
    expect(await refusalOf(dial('sgn_nobody'))).toBe('401 NODE_TOKEN_UNKNOWN');
    await call(broker.url, 'DELETE', '/v1/nodes/self', { token: enrolment.token });
    expect(await refusalOf(dial(enrolment.token))).toBe('401 NODE_REVOKED');
  });

  test('from a web page, or at another path', async () => {
    const { token } = (await addMachine('alder')).enrolment;
    expect(await refusalOf(dial(token, { origin: broker.url }))).toBe('403 ORIGIN_REJECTED');
    expect(await refusalOf(dial(token, {}, '/v1/nodes/self/events'))).toBe('404 NOT_FOUND');
  });

  test('without a WebSocket, or with a crippled one', async () => {
    const { token } = (await addMachine('alder')).enrolment;
    expect(gist(await call(broker.url, 'GET', '/v1/nodes/self/relay', { token }))).toBe('404 NOT_FOUND');
    const { hostname, port } = new URL(broker.url);
    const raw = connect(Number(port), hostname);
    raw.write(
      `GET /v1/nodes/self/relay HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
        `authorization: Bearer ${token}\r\nsec-websocket-version: 13\r\nsec-websocket-key: short\r\n\r\n`,
    );
    expect(await text(raw)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('too often', async () => {
    const { token } = (await addMachine('alder')).enrolment;
    for (let at = 0; at < 10; at++) await dialOpen(token);
    expect(await refusalOf(dial(token))).toBe('429 RATE_LIMITED');
  });
});

describe('a node behind its WebSocket', () => {
  test('shakes hands, is online, has no endpoint, and is carried both ways', async () => {
    const [alder, laptop] = [await addMachine('alder'), await addMachine('laptop')];
    const socket = await dialOpen(alder.enrolment.token);
    await greetBySocket(alder, socket);
    const node = broker.broker.service.registry.find(alder.enrolment.nodeId)!;
    await expect.poll(() => node.presence.isOnline).toBe(true);
    await expect.poll(() => node.mapping).toEqual({ reflexive: [], nat: 'unknown' });
    const udp = await greetByUdp(laptop);
    const [there, back] = [initiation(alder, laptop), initiation(laptop, alder)];
    const arrived = once(udp, 'message', { signal: AbortSignal.timeout(2_000) });
    socket.send(there);
    expect((await arrived)[0]).toEqual(Buffer.from(there));
    const answer = nextMessage(socket);
    udp.send(back);
    expect(await answer).toEqual(Buffer.from(back));
  });

  test('does not speak with the key of another node', async () => {
    const [alder, birch] = [await addMachine('alder'), await addMachine('birch')];
    const socket = await dialOpen(alder.enrolment.token);
    const beaconKey = Buffer.from(broker.broker.beacons[0]!.publicKey, 'base64');
    socket.send(encodeInitiation(birch.keys, beaconKey, 77, encodeTimestamp(Date.now())).bytes);
    await expect.poll(() => broker.broker.beacon.stats().drops['foreign-web-socket']).toBe(1);
    await greetBySocket(alder, socket);
  });

  test('has one: the newer replaces the older, whose end changes nothing', async () => {
    const alder = await addMachine('alder');
    const older = await dialOpen(alder.enrolment.token);
    await greetBySocket(alder, older);
    const closed = closeCodeOf(older);
    const newer = await dialOpen(alder.enrolment.token);
    expect(await closed).toBe(4001);
    const laptop = await addMachine('laptop');
    const udp = await greetByUdp(laptop);
    const answer = nextMessage(newer);
    udp.send(initiation(laptop, alder));
    expect(await answer).toHaveLength(148);
  });

  test('loses it when it is removed', async () => {
    const alder = await addMachine('alder');
    const socket = await dialOpen(alder.enrolment.token);
    const closed = closeCodeOf(socket);
    await call(broker.url, 'DELETE', '/v1/nodes/self', { token: alder.enrolment.token });
    expect(await closed).toBe(4003);
  });
});

describe('what does not belong on it', () => {
  test.each<[string, (socket: WebSocket) => void, number]>([
    ['text', (socket) => socket.send('hello'), 1003],
    [
      'a message that is too large',
      (socket) => socket.send(randomBytes(LIMITS.relayMessageSizeBytes + 1)),
      1009,
    ],
  ])('%s ends it', async (_, send, code) => {
    const socket = await dialOpen((await addMachine('alder')).enrolment.token);
    const closed = closeCodeOf(socket);
    send(socket);
    expect(await closed).toBe(code);
  });

  test('bytes that are no WireGuard, and frames that are no WebSocket', async () => {
    const alder = await addMachine('alder');
    const socket = await dialOpen(alder.enrolment.token);
    for (let size = 0; size < 200; size++) socket.send(randomBytes(size));
    await greetBySocket(alder, socket);
    const raw = (socket as unknown as { _socket: Socket & { write(bytes: Buffer): void } })._socket;
    const closed = closeCodeOf(socket);
    raw.write(Buffer.alloc(64, 0xff));
    await closed;
    expect((await dialOpen(alder.enrolment.token)).readyState).toBe(WebSocket.OPEN);
  });

  test('a flood: the broker goes on serving others', async () => {
    const alder = await addMachine('alder');
    const socket = await dialOpen(alder.enrolment.token);
    const packet = Buffer.alloc(32, 4);
    for (let at = 0; at < 100_000; at++) socket.send(packet);
    const askedAtMs = performance.now();
    expect((await call(broker.url, 'GET', '/v1/broker')).status).toBe(200);
    expect(performance.now() - askedAtMs).toBeLessThan(1_000);
  });

  test('a reader that does not read: its packets are dropped, not kept', async () => {
    const [alder, laptop] = [await addMachine('alder'), await addMachine('laptop')];
    const socket = await dialOpen(alder.enrolment.token);
    await greetBySocket(alder, socket);
    await greetByUdp(laptop);
    socket.pause();
    const { relaySockets } = broker.broker.service;
    const packet = randomBytes(1400);
    let received = 0;
    socket.on('message', (bytes: Buffer) => {
      if (bytes.length === packet.length) received++;
    });
    const sent = 20_000;
    for (let at = 0; at < sent; at++) {
      relaySockets.send(alder.enrolment.nodeId, packet);
      if (at % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    socket.resume();
    // What was kept has left once a new packet goes through.
    const marker = async (): Promise<boolean> => {
      relaySockets.send(alder.enrolment.nodeId, packet.subarray(0, 1000));
      const message = await nextMessage(socket);
      return message.length === 1000;
    };
    await expect.poll(marker, { timeout: 3_000 }).toBe(true);
    expect(received).toBeGreaterThan(100);
    expect(received).toBeLessThan(sent);
  });
});
