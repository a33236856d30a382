import type { NodeId } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { at, createBeaconFixture, type TestNode } from './testing/beacon-fixture.ts';
import { encodeInitiation, encodeTimestamp, encodeTransport } from './testing/wireguard-initiator.ts';
import { RESPONSE, RESPONSE_SIZE_BYTES, writeIndex } from './wireguard-messages.ts';

const A = 'a' as NodeId;
const UDP_A = at('198.51.100.7', 40001);
const UDP_B = at('203.0.113.9', 40002);
const A_INDEX = 0x0a0a0a0a;
const B_INDEX = 0x0b0b0b0b;

const initiation = (from: TestNode, to: TestNode): Uint8Array =>
  encodeInitiation(from.keys, to.keys.publicBytes, A_INDEX, encodeTimestamp(1e12)).bytes;
const response = (): Uint8Array => {
  const bytes = new Uint8Array(RESPONSE_SIZE_BYTES);
  bytes[0] = 2;
  writeIndex(bytes, RESPONSE.sender, B_INDEX);
  writeIndex(bytes, RESPONSE.receiver, A_INDEX);
  return bytes;
};
const transport = (receiver: number): Uint8Array =>
  encodeTransport(
    { ownIndex: 0, peerIndex: receiver, sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32) },
    0,
    new Uint8Array(48),
  );

/** Node a behind its WebSocket, node b on UDP, and a session between them. */
const setUp = async () => {
  const fixture = createBeaconFixture();
  const [a, b] = [fixture.enrol('a'), fixture.enrol('b')];
  const sessionA = await fixture.greet(a, A);
  await fixture.greet(b, UDP_B);
  const first = initiation(a, b);
  expect(fixture.send(first, A)).toEqual([{ beaconIndex: 0, to: UDP_B, bytes: first }]);
  const second = response();
  expect(fixture.send(second, UDP_B)).toEqual([{ beaconIndex: 0, to: A, bytes: second }]);
  return { ...fixture, a, b, sessionA };
};

describe('a node behind a WebSocket', () => {
  it('is carried both ways, and has no endpoint and no kind of NAT', async () => {
    const { send, beacon, log } = await setUp();
    expect(send(transport(B_INDEX), A).map(({ to }) => to)).toEqual([UDP_B]);
    expect(send(transport(A_INDEX), UDP_B).map(({ to }) => to)).toEqual([A]);
    expect(log).toEqual(['a 0 web-socket', `b 0 ${UDP_B.address}:${UDP_B.port}`]);
    expect(beacon.natKind(A)).toBe('unknown');
  });

  it('is nobody before it has shown its key', async () => {
    const { enrol, send, beacon } = createBeaconFixture();
    const [a, b] = [enrol('a'), enrol('b')];
    expect(send(initiation(a, b), A)).toEqual([]);
    expect(send(transport(B_INDEX), A)).toEqual([]);
    expect(beacon.stats().drops).toMatchObject({ 'unknown-source': 2 });
  });

  it('speaks for no other node, whatever key it has', async () => {
    const { beacon, enrol, greet, send, begin, sessionA } = await setUp();
    const mallory = enrol('mallory');
    expect(send(begin(mallory).bytes, A)).toEqual([]);
    send(encodeTransport(sessionA, 1), 'mallory' as NodeId);
    await expect(greet(mallory, 'b' as NodeId)).rejects.toThrow('did not answer');
    expect(beacon.stats().drops['foreign-web-socket']).toBe(3);
    expect(send(transport(A_INDEX), UDP_B).map(({ to }) => to)).toEqual([A]);
  });

  it('changes over to UDP without losing a packet: what still comes by the WebSocket is carried', async () => {
    const { send, sessionA, beacon, log } = await setUp();
    send(encodeTransport(sessionA, 1), UDP_A);
    expect(send(transport(A_INDEX), UDP_B).map(({ to }) => to)).toEqual([UDP_A]);
    expect(send(transport(B_INDEX), A).map(({ to }) => to)).toEqual([UDP_B]);
    beacon.closeWebSocket(A);
    expect(send(transport(B_INDEX), A)).toEqual([]);
    expect(send(transport(B_INDEX), UDP_A).map(({ to }) => to)).toEqual([UDP_B]);
    expect(log.at(-1)).toBe('a 0 198.51.100.7:40001');
  });

  it('is offline when it closes, until it shows itself again', async () => {
    const { send, sessionA, beacon } = await setUp();
    beacon.closeWebSocket(A);
    expect(send(transport(A_INDEX), UDP_B)).toEqual([]);
    expect(beacon.stats().drops['destination-offline']).toBe(1);
    send(encodeTransport(sessionA, 1), A);
    expect(send(transport(A_INDEX), UDP_B).map(({ to }) => to)).toEqual([A]);
  });

  it('keeps its other leg: that beacon goes on seeing it on UDP', async () => {
    const { greet, a, send, beacon, log } = await setUp();
    await greet(a, UDP_A, 1);
    expect(log.at(-1)).toBe('a 1 198.51.100.7:40001');
    expect(send(transport(A_INDEX), UDP_B).map(({ to }) => to)).toEqual([A]);
    beacon.closeWebSocket(A);
    expect(send(transport(A_INDEX), UDP_B)).toMatchObject([{ beaconIndex: 1, to: UDP_A }]);
  });

  it('has handshakes of its own to spend, and no more', async () => {
    const { beacon, enrol, clock, begin, send } = createBeaconFixture({
      initiationsPerPrefix: { perSec: 1, burst: 2 },
      provenInitiationsPerPrefix: { perSec: 1, burst: 1 },
    });
    const [a, b] = [enrol('a'), enrol('b')];
    const answers: number[] = [];
    for (let at = 0; at < 5; at++) {
      await clock.advance(25);
      answers.push(send(begin(a).bytes, A).length);
    }
    expect(answers).toEqual([1, 1, 1, 0, 0]);
    expect(send(begin(b).bytes, 'b' as NodeId)).toHaveLength(1);
    expect(beacon.stats()).toMatchObject({ cookieReplies: 0, drops: { 'rate-limited': 2 } });
  });
});
