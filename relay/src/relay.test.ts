import { describe, expect, it } from 'vitest';
import { at, createBeaconFixture, type TestNode } from './testing/beacon-fixture.ts';
import { encodeInitiation, encodeTimestamp, encodeTransport } from './testing/wireguard-initiator.ts';
import { INITIATION, RESPONSE, RESPONSE_SIZE_BYTES, readIndex, writeIndex } from './wireguard-messages.ts';

const A = at('198.51.100.7', 40001);
const B = at('203.0.113.9', 40002);
const C = at('192.0.2.33', 40003);
const A_INDEX = 0x0a0a0a0a;
const B_INDEX = 0x0b0b0b0b;

/** The relay reads only type and indexes of these; what is inside is for the nodes. */
const response = (sender: number, receiver: number): Uint8Array => {
  const bytes = new Uint8Array(RESPONSE_SIZE_BYTES);
  bytes[0] = 2;
  writeIndex(bytes, RESPONSE.sender, sender);
  writeIndex(bytes, RESPONSE.receiver, receiver);
  return bytes;
};
const cookieReply = (receiver: number): Uint8Array => {
  const bytes = new Uint8Array(64);
  bytes[0] = 3;
  writeIndex(bytes, 4, receiver);
  return bytes;
};
const transport = (receiver: number): Uint8Array =>
  encodeTransport(
    { ownIndex: 0, peerIndex: receiver, sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32) },
    0,
    new Uint8Array(48),
  );
const initiation = (from: TestNode, to: TestNode, index = A_INDEX): Uint8Array =>
  encodeInitiation(from.keys, to.keys.publicBytes, index, encodeTimestamp(1e12)).bytes;

/** Two greeted nodes. */
const setUp = async () => {
  const fixture = createBeaconFixture();
  const a = fixture.enrol('a');
  const b = fixture.enrol('b');
  const sessionA = await fixture.greet(a, A);
  const sessionB = await fixture.greet(b, B);
  return { ...fixture, a, b, sessionA, sessionB };
};

/** The same with a session between them. */
const setUpSession = async () => {
  const all = await setUp();
  all.send(initiation(all.a, all.b), A);
  all.send(response(B_INDEX, A_INDEX), B);
  return all;
};

describe('relay', () => {
  it('carries a handshake and packets both ways, unchanged', async () => {
    const { send, a, b } = await setUp();
    const first = initiation(a, b);
    expect(send(first, A)).toEqual([{ beaconIndex: 0, to: B, bytes: first }]);
    const second = response(B_INDEX, A_INDEX);
    expect(send(second, B)).toEqual([{ beaconIndex: 0, to: A, bytes: second }]);
    const toB = transport(B_INDEX);
    expect(send(toB, A)).toEqual([{ beaconIndex: 0, to: B, bytes: toB }]);
    const toA = transport(A_INDEX);
    expect(send(toA, B)).toEqual([{ beaconIndex: 0, to: A, bytes: toA }]);
  });

  it('carries the cookie reply of a node under load', async () => {
    const { send, a, b } = await setUp();
    send(initiation(a, b), A);
    expect(send(cookieReply(A_INDEX), B).map(({ to }) => to)).toEqual([A]);
  });

  it('follows both nodes when they move, at once', async () => {
    const { send, sessionA, sessionB } = await setUpSession();
    send(encodeTransport(sessionA, 1), C);
    expect(send(transport(A_INDEX), B).map(({ to }) => to)).toEqual([C]);
    expect(send(transport(B_INDEX), C).map(({ to }) => to)).toEqual([B]);
    expect(send(transport(B_INDEX), A)).toEqual([]);
    send(encodeTransport(sessionB, 1), A);
    expect(send(transport(B_INDEX), C).map(({ to }) => to)).toEqual([A]);
  });

  it('sends from the beacon that the destination keeps a mapping to', async () => {
    const { send, enrol, greet, a } = await setUp();
    const c = enrol('c');
    await greet(c, C, 1);
    expect(send(initiation(a, c), A).map(({ beaconIndex, to }) => [beaconIndex, to])).toEqual([[1, C]]);
  });

  it('keeps to one beacon where a node has both, and changes when that goes quiet', async () => {
    const { send, greet, clock, a, b } = await setUp();
    await greet(b, C, 1);
    expect(send(initiation(a, b), A).map(({ to }) => to)).toEqual([B]);
    await clock.advance(61_000);
    await greet(b, C, 1);
    expect(send(initiation(a, b), A).map(({ to }) => to)).toEqual([C]);
  });

  it('is silent to a source that is not authenticated', async () => {
    const { send, beacon } = await setUpSession();
    expect(send(transport(B_INDEX), C)).toEqual([]);
    expect(send(transport(B_INDEX), A, 1)).toEqual([]);
    expect(beacon.stats().drops['unknown-source']).toBe(2);
  });

  it('sends on what a source sent before it was known: the newest for each node', async () => {
    const { send, handshake, enrol, greet, clock, a, b, beacon } = await setUp();
    const c = enrol('c');
    await greet(c, at('192.0.2.44', 40004));
    const moved = at('198.51.100.7', 50001);
    const session = await handshake(a, moved);
    const [old, toC, newest] = [initiation(a, b), initiation(a, c), initiation(a, b, A_INDEX + 1)];
    for (const bytes of [old, toC, newest]) {
      expect(send(bytes, moved)).toEqual([]);
      await clock.advance(500);
    }
    const released = send(encodeTransport(session, 0), moved);
    expect(released.map(({ bytes }) => bytes)).toEqual([newest, toC]);
    expect(beacon.stats().drops['unknown-destination']).toBe(0);
    // The oldest of what is held is let go, be it for time or for number.
    const again = at('198.51.100.7', 50002);
    const next = await handshake(a, again);
    send(initiation(a, c), again);
    await clock.advance(2_900);
    for (let i = 0; i < 8; i++) send(initiation(a, b, i), again);
    await clock.advance(200);
    const [only, ...others] = send(encodeTransport(next, 0), again);
    expect([only?.to, others]).toEqual([B, []]);
    expect(readIndex(only!.bytes, INITIATION.sender)).toBe(7);
  });

  it('is silent between nodes that may not talk', async () => {
    const { send, forbidden, beacon, a, b } = await setUp();
    forbidden.add('a>b');
    expect(send(initiation(a, b), A)).toEqual([]);
    expect(beacon.stats().drops['unknown-destination']).toBe(1);
    expect(send(initiation(b, a), B)).toHaveLength(1);
  });

  it('stops within a second of permission being withdrawn', async () => {
    const { send, forbidden, clock, beacon } = await setUpSession();
    forbidden.add('a>b');
    forbidden.add('b>a');
    await clock.advance(1_000);
    expect(send(transport(B_INDEX), A)).toEqual([]);
    expect(send(transport(A_INDEX), B)).toEqual([]);
    expect(beacon.stats().drops['not-permitted']).toBe(2);
  });

  it('lets answers travel where only one side may begin', async () => {
    const { send, forbidden, clock, a, b } = await setUp();
    forbidden.add('b>a');
    send(initiation(a, b), A);
    await clock.advance(2_000);
    expect(send(response(B_INDEX, A_INDEX), B)).toHaveLength(1);
    expect(send(transport(A_INDEX), B)).toHaveLength(1);
    expect(send(initiation(b, a), B)).toEqual([]);
  });

  it('is silent to an index it has not seen agreed on', async () => {
    const { send, beacon } = await setUpSession();
    expect(send(transport(0x0c0c0c0c), A)).toEqual([]);
    expect(send(response(1, 2), A)).toEqual([]);
    expect(beacon.stats().drops['unknown-index']).toBe(2);
  });

  it('does not let a third node take over an index', async () => {
    const { send, enrol, greet, a } = await setUpSession();
    const c = enrol('c');
    await greet(c, C);
    send(initiation(a, c, 0x0d0d0d0d), A);
    send(response(B_INDEX, 0x0d0d0d0d), C);
    expect(send(transport(B_INDEX), A).map(({ to }) => to)).toEqual([B]);
  });

  it('is silent to a destination that is offline or removed', async () => {
    const { send, enrol, beacon, a, b } = await setUpSession();
    expect(send(initiation(a, enrol('c')), A)).toEqual([]);
    beacon.forget(b.id);
    expect(send(transport(B_INDEX), A)).toEqual([]);
    expect(beacon.stats().drops).toMatchObject({ 'unknown-destination': 1, 'destination-offline': 1 });
  });

  it('keeps routes for four minutes of silence, not longer', async () => {
    const { send, greet, clock, beacon, a, b } = await setUpSession();
    for (const [node, from] of [
      [a, A],
      [b, B],
    ] as const) {
      await clock.advance(115_000);
      await greet(node, from);
      beacon.sweep();
    }
    expect(send(transport(B_INDEX), A)).toHaveLength(1);
    await clock.advance(240_001);
    await greet(a, A);
    await greet(b, B);
    beacon.sweep();
    expect(send(transport(B_INDEX), A)).toEqual([]);
  });

  it('bounds the indexes of a pair, giving up the one not used for longest', async () => {
    const { send, clock, a, b } = await setUpSession();
    for (let i = 0; i < 40; i++) {
      await clock.advance(10);
      send(transport(A_INDEX), B);
      send(initiation(a, b, i), A);
    }
    expect(send(transport(A_INDEX), B)).toHaveLength(1);
    expect(send(transport(39), B)).toHaveLength(1);
    expect(send(transport(0), B)).toEqual([]);
  });

  it('reports what it carried for whom', async () => {
    const { beacon, log } = await setUpSession();
    beacon.sweep();
    beacon.sweep();
    expect(log.slice(2)).toEqual(['a>b 148', 'b>a 92']);
    expect(beacon.stats()).toMatchObject({ relayedPackets: 2, relayedBytes: 240 });
  });

  it('sends on what came before its sender was authenticated, once', async () => {
    const { fixture, send, a, b, clock } = await setUpHeld();
    const early = initiation(a, b);
    expect(send(early, A)).toEqual([]);
    const session = await fixture.handshake(a, A);
    expect(send(encodeTransport(session, 0), A)).toEqual([{ beaconIndex: 0, to: B, bytes: early }]);
    await clock.advance(10);
    expect(send(encodeTransport(session, 1), A)).toEqual([]);
  });

  it('does not send on what is older than three seconds', async () => {
    const { fixture, send, a, b, clock } = await setUpHeld();
    send(initiation(a, b), A);
    await clock.advance(3_000);
    const session = await fixture.handshake(a, A);
    expect(send(encodeTransport(session, 0), A)).toEqual([]);
  });
});

/** B is there; A is enrolled and has not greeted yet. */
const setUpHeld = async () => {
  const fixture = createBeaconFixture();
  const a = fixture.enrol('a');
  const b = fixture.enrol('b');
  await fixture.greet(b, B);
  return { ...fixture, fixture, a, b };
};

describe('relay quotas', () => {
  it('of an account stop what it sends and no handshake, and end', async () => {
    const fixture = createBeaconFixture();
    const [a, b] = [fixture.enrol('a'), fixture.enrol('b')];
    await fixture.greet(a, A);
    await fixture.greet(b, B);
    const count = (bytes: Uint8Array, from: typeof A) => fixture.send(bytes, from).length;
    fixture.usedUp.add(a.id);
    expect(count(initiation(a, b), A)).toBe(1);
    expect(count(response(B_INDEX, A_INDEX), B)).toBe(1);
    expect(count(transport(B_INDEX), A)).toBe(0);
    expect(count(transport(A_INDEX), B)).toBe(1);
    expect(fixture.beacon.stats().drops['over-quota']).toBe(1);
    fixture.usedUp.clear();
    await fixture.clock.advance(1_000);
    expect(count(transport(B_INDEX), A)).toBe(1);
  });

  it('bound the bytes of a node', async () => {
    const fixture = createBeaconFixture({ relayBytesPerNode: { perSec: 100, burst: 300 } });
    const [a, b] = [fixture.enrol('a'), fixture.enrol('b')];
    await fixture.greet(a, A);
    await fixture.greet(b, B);
    const results = [1, 2, 3].map((index) => fixture.send(initiation(a, b, index), A).length);
    expect(results).toEqual([1, 1, 0]);
    expect(fixture.beacon.stats().drops['over-quota']).toBe(1);
  });

  it('bound the search for a destination, for one packet and in the long run', async () => {
    const limits = { mac1TrialsPerPacket: 2, mac1TrialsPerNode: { perSec: 1, burst: 3 } };
    const fixture = createBeaconFixture(limits);
    const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) => fixture.enrol(name));
    let port = 1000;
    for (const node of nodes) await fixture.greet(node, at('198.51.100.7', port++));
    const from = at('198.51.100.7', 1000);
    expect(fixture.send(initiation(nodes[0]!, nodes[2]!, 1), from)).toHaveLength(1);
    expect(fixture.send(initiation(nodes[0]!, nodes[4]!, 2), from)).toEqual([]);
    // The one used before costs one trial, but the budget is spent.
    expect(fixture.send(initiation(nodes[0]!, nodes[2]!, 3), from)).toEqual([]);
    await fixture.clock.advance(1_000);
    expect(fixture.send(initiation(nodes[0]!, nodes[2]!, 4), from)).toHaveLength(1);
  });
});
