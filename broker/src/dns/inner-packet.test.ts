import type { Ip } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeInnerPacket, encodeInnerPacket } from './inner-packet.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const port = fc.integer({ min: 0, max: 65535 });
const payload = fc.uint8Array({ maxLength: 600 });
const ip4 = fc.ipV4();
const ip6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((groups) => new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`))
  .map(({ hostname }) => hostname.slice(1, -1));
const datagram = fc.oneof(fc.tuple(ip4, ip4), fc.tuple(ip6, ip6)).chain(([source, destination]) =>
  fc.record({
    source: fc.constant(source as Ip),
    destination: fc.constant(destination as Ip),
    sourcePort: port,
    destinationPort: port,
    payload,
  }),
);

/** `ping`-like, from a capture: 10.0.0.2:4660 to 10.0.0.1:53, "hi". */
const KNOWN4 = '4500001e000040004011' + '26cd' + '0a000002' + '0a000001' + '12340035000a' + '7105' + '6869';

describe('packets inside the tunnel', () => {
  test('have the checksums that others compute', () => {
    const packet = encodeInnerPacket({
      source: '10.0.0.2' as Ip,
      sourcePort: 0x1234,
      destination: '10.0.0.1' as Ip,
      destinationPort: 53,
      payload: Buffer.from('hi'),
    });
    expect(hex(packet)).toBe(KNOWN4);
  });

  test('survive encoding and decoding, padded as WireGuard pads', () => {
    fc.assert(
      fc.property(datagram, fc.integer({ min: 0, max: 15 }), (one, padding) => {
        const bytes = new Uint8Array([...encodeInnerPacket(one), ...Array<number>(padding).fill(0)]);
        expect(decodeInnerPacket(bytes)).toEqual(one);
      }),
    );
  });

  test('are none when a bit is wrong anywhere that a checksum covers', () => {
    fc.assert(
      fc.property(datagram, fc.nat(), fc.integer({ min: 0, max: 7 }), (one, place, bit) => {
        const bytes = encodeInnerPacket(one);
        // IPv6 has no checksum over its own header.
        const from = one.source.includes(':') ? 8 : 0;
        bytes[from + (place % (bytes.length - from))]! ^= 1 << bit;
        expect(decodeInnerPacket(bytes)).toBeUndefined();
      }),
    );
  });

  test('never throw, whatever the bytes are', () => {
    const start = fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x00);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 100 }), (first, rest) => {
        decodeInnerPacket(new Uint8Array([first, ...rest]));
      }),
    );
    expect(decodeInnerPacket(new Uint8Array())).toBeUndefined();
  });

  test('are none as fragments, with another protocol, or cut off', () => {
    const good = Buffer.from(KNOWN4, 'hex');
    expect(decodeInnerPacket(good)).toBeDefined();
    expect(decodeInnerPacket(good.subarray(0, -1))).toBeUndefined();
    const fragment = Buffer.from(KNOWN4.replace('00004000', '00002000').replace('26cd', '46cd'), 'hex');
    expect(decodeInnerPacket(fragment)).toBeUndefined();
    const tcp = Buffer.from(KNOWN4.replace('4011' + '26cd', '4006' + '26d8'), 'hex');
    expect(decodeInnerPacket(tcp)).toBeUndefined();
  });
});
