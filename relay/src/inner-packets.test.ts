import { describe, expect, it } from 'vitest';
import { encodePublicKey } from './key-pair.ts';
import { at, createBeaconFixture } from './testing/beacon-fixture.ts';
import { encodeTransport, openTransport } from './testing/wireguard-initiator.ts';
import { REJECT_AFTER_TIME_MS } from './wireguard-messages.ts';

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

  it('keeps what it has shown itself', async () => {
    const { enrol, greet, beacon } = createBeaconFixture();
    const phone = enrol('phone');
    await greet(phone, HOME);
    beacon.adopt({ id: phone.id, publicKey: encodePublicKey(phone.keys.publicBytes) }, 0, OFFICE);
    expect(beacon.encodeInner(phone.id, 0, PACKET)[0]?.to).toEqual(HOME);
  });
});
