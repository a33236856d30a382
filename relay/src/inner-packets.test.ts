import { describe, expect, it } from 'vitest';
import { encodePublicKey, generateKeyPair, importPublicKey, sharedSecret } from './key-pair.ts';
import { consumeInitiation, createIdentity, encodeResponse, prepareMac1Key } from './responder.ts';
import { at, BEACON_PUBLIC, createBeaconFixture, type TestNode } from './testing/beacon-fixture.ts';
import { encodeTransport, openTransport } from './testing/wireguard-initiator.ts';
import { REJECT_AFTER_TIME_MS, REKEY_TIMEOUT_MS } from './wireguard-messages.ts';

const HOME = at('198.51.100.7', 40001);
const OFFICE = at('203.0.113.9', 1234);
const PACKET = new Uint8Array([0x45, 1, 2, 3, 4]);

describe('packets to a node', () => {
  it('are sealed in its session and padded, with a counter that rises', async () => {
    const { enrol, greet, beacon } = createBeaconFixture();
    const node = enrol('a');
    const session = await greet(node, HOME);
    const opened = [0, 1].map(() => {
      const [outgoing] = beacon.encodeInner(node.id, 0, PACKET);
      expect(outgoing?.to).toEqual(HOME);
      return { counter: outgoing!.bytes[8], inner: openTransport(session, outgoing!.bytes) };
    });
    expect(opened.map(({ counter }) => counter)).toEqual([0, 1]);
    expect(opened[0]!.inner).toEqual(new Uint8Array([...PACKET, ...Array<number>(11).fill(0)]));
  });

  it('go where the node is now', async () => {
    const { enrol, greet, send, beacon } = createBeaconFixture();
    const node = enrol('a');
    const session = await greet(node, HOME);
    send(encodeTransport(session, 1), OFFICE);
    expect(beacon.encodeInner(node.id, 0, PACKET)[0]?.to).toEqual(OFFICE);
  });

  it('are not sent before the node has shown that it has the keys, nor after the session ended', async () => {
    const { clock, enrol, handshake, send, beacon } = createBeaconFixture();
    const node = enrol('a');
    const session = await handshake(node, HOME);
    expect(beacon.encodeInner(node.id, 0, PACKET)).toEqual([]);
    send(encodeTransport(session, 0), HOME);
    expect(beacon.encodeInner(node.id, 0, PACKET)).toHaveLength(1);
    await clock.advance(REJECT_AFTER_TIME_MS);
    expect(beacon.encodeInner(node.id, 0, PACKET)).toEqual([]);
  });
});

describe('a node adopted after a restart', () => {
  it('is relayed for at once, and without an endpoint event', async () => {
    const { enrol, greet, begin, send, beacon, log } = createBeaconFixture();
    const [phone, edge] = [enrol('phone'), enrol('edge')];
    await greet(edge, HOME);
    log.length = 0;
    beacon.adopt(phone, 0, OFFICE);
    const { bytes } = begin(edge, phone.keys.publicBytes);
    expect(send(bytes, HOME)).toEqual([{ beaconIndex: 0, to: OFFICE, bytes }]);
    expect(log).toEqual([]);
  });

  it('is forgotten when it stays silent for as long as any mapping is kept', async () => {
    const { clock, enrol, greet, begin, send, beacon } = createBeaconFixture();
    const [phone, edge] = [enrol('phone'), enrol('edge')];
    beacon.adopt(phone, 0, OFFICE);
    await clock.advance(REJECT_AFTER_TIME_MS);
    beacon.sweep();
    await greet(edge, HOME);
    expect(send(begin(edge, phone.keys.publicBytes).bytes, HOME)).toEqual([]);
  });

  /** A packet of the session that went with the restart. */
  const staleFrom = (index: number) =>
    encodeTransport(
      { ownIndex: 1, peerIndex: index, sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32) },
      7,
    );
  /** What WireGuard on the node does with an initiation of the beacon. */
  const respond = (node: TestNode, initiation: Uint8Array, index: number) => {
    const staticKey = importPublicKey(BEACON_PUBLIC[0]);
    const staticSecret = sharedSecret(node.keys.privateKey, staticKey)!;
    const initiator = { staticKey, staticSecret, mac1Key: prepareMac1Key(BEACON_PUBLIC[0]) };
    const consumed = consumeInitiation(createIdentity(node.keys), initiation, (key) =>
      key === encodePublicKey(BEACON_PUBLIC[0]) ? initiator : undefined,
    );
    if (typeof consumed === 'string') throw new Error(consumed);
    const { bytes, sendKey, receiveKey } = encodeResponse(consumed, index, generateKeyPair())!;
    return { bytes, session: { ownIndex: index, peerIndex: consumed.senderIndex, sendKey, receiveKey } };
  };

  it('gets a new session from the beacon when it sends, and is heard and answered in it', async () => {
    const { enrol, send, beacon, inner, log } = createBeaconFixture();
    const phone = enrol('phone');
    beacon.adopt(phone, 0, OFFICE);
    const [initiation] = send(staleFrom(99), OFFICE);
    expect(initiation).toMatchObject({ beaconIndex: 0, to: OFFICE });
    const { bytes, session } = respond(phone, initiation!.bytes, 0x77);
    const [keepalive] = send(bytes, OFFICE);
    expect(keepalive?.to).toEqual(OFFICE);
    expect(openTransport(session, keepalive!.bytes)).toEqual(new Uint8Array(0));
    expect(log).toEqual([]);
    send(encodeTransport(session, 0, PACKET), OFFICE);
    expect(inner).toEqual([PACKET]);
    expect(openTransport(session, beacon.encodeInner(phone.id, 0, PACKET)[0]!.bytes)).toHaveLength(16);
    expect(send(staleFrom(99), OFFICE)).toEqual([]);
  });

  it('is asked for one once in five seconds at most, where it was and nowhere else', async () => {
    const { clock, enrol, send, beacon } = createBeaconFixture();
    const phone = enrol('phone');
    beacon.adopt(phone, 0, OFFICE);
    expect(send(staleFrom(99), HOME)).toEqual([]);
    const asked = () => send(staleFrom(99), OFFICE).length;
    expect([asked(), asked()]).toEqual([1, 0]);
    await clock.advance(REKEY_TIMEOUT_MS - 1);
    expect(asked()).toBe(0);
    await clock.advance(1);
    expect([asked(), asked()]).toEqual([1, 0]);
  });

  it('is not whoever answers for it with another key, late, twice or garbled', async () => {
    const { enrol, send, beacon } = createBeaconFixture();
    const [phone, thief] = [enrol('phone'), enrol('thief')];
    beacon.adopt(phone, 0, OFFICE);
    const [initiation] = send(staleFrom(99), OFFICE);
    expect(() => respond(thief, initiation!.bytes, 1)).toThrow('bad-handshake');
    const { bytes } = respond(phone, initiation!.bytes, 0x77);
    for (let at = 0; at < bytes.length; at++) {
      const garbled = bytes.map((byte, place) => (place === at ? byte ^ 1 : byte));
      // mac2 is for whoever is under load.
      if (at < bytes.length - 16) expect(send(garbled, OFFICE)).toEqual([]);
    }
    expect(send(bytes, HOME)).toEqual([]);
    expect(send(bytes, OFFICE)).toHaveLength(1);
    expect(send(bytes, OFFICE)).toEqual([]);
  });

  it('keeps what it has shown itself', async () => {
    const { enrol, greet, beacon } = createBeaconFixture();
    const phone = enrol('phone');
    await greet(phone, HOME);
    beacon.adopt({ id: phone.id, publicKey: encodePublicKey(phone.keys.publicBytes) }, 0, OFFICE);
    expect(beacon.encodeInner(phone.id, 0, PACKET)[0]?.to).toEqual(HOME);
  });
});
