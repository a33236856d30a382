import { Secret } from '@sidegate/kit';
import type { Ip6, PublicKey } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TunnelPeerState } from '../ports/index.ts';
import { createPrivateWireGuardKey, publicKeyOf } from '../tunnel/key-pair.ts';
import { decodeHeartbeat, encodeHeartbeat, HEARTBEAT_ON_WIRE_BYTES } from './heartbeat-frame.ts';
import { decodeSeen, deriveProbeKey, encodeSeen, keyPrefixOf, signProbe, verifyProbe } from './probe-auth.ts';
import { measureTraffic } from './traffic-meter.ts';

describe('heartbeats', () => {
  test('a known heartbeat has known bytes', () => {
    const bytes = encodeHeartbeat({ type: 'request', isBusy: true, id: 0x01020304 });
    expect(Buffer.from(bytes).toString('hex')).toBe('534748310101000001020304');
  });

  test('a heartbeat survives encoding and decoding', () => {
    const frames = fc.record({
      type: fc.constantFrom('request' as const, 'answer' as const),
      isBusy: fc.boolean(),
      id: fc.integer({ min: 0, max: 0xffffffff }),
    });
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeHeartbeat(encodeHeartbeat(frame))).toEqual(frame);
      }),
    );
  });

  test('decoding never throws, and what it accepts encodes to the same bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc
        .uint8Array({ minLength: 8, maxLength: 8 })
        .map((tail) => Uint8Array.of(0x53, 0x47, 0x48, 0x31, ...tail)),
    );
    fc.assert(
      fc.property(bytes, (datagram) => {
        const frame = decodeHeartbeat(datagram);
        if (frame !== undefined) expect(encodeHeartbeat(frame)).toEqual(datagram);
      }),
    );
  });
});

describe('probe authentication', () => {
  const [a, b, c] = [createPrivateWireGuardKey(), createPrivateWireGuardKey(), createPrivateWireGuardKey()];
  const frame = {
    type: 'ping' as const,
    session: '0011223344556677',
    nonce: '8899aabbccddeeff',
    fromKeyPrefix: keyPrefixOf(publicKeyOf(a)),
    seenAddress: encodeSeen('198.51.100.7'),
    seenPort: 40001,
  };

  test('both sides derive one key, a third does not', () => {
    const ab = deriveProbeKey(a, publicKeyOf(b));
    expect(deriveProbeKey(b, publicKeyOf(a))).toEqual(ab);
    expect(deriveProbeKey(c, publicKeyOf(b))).not.toEqual(ab);
  });

  test('a low-order public key gives no key instead of a known one', () => {
    expect(deriveProbeKey(a, `${'A'.repeat(43)}=` as PublicKey)).toBeUndefined();
  });

  test('a signed frame is accepted, every flipped byte is refused', () => {
    const key = deriveProbeKey(a, publicKeyOf(b))!;
    const bytes = signProbe(frame, key);
    expect(verifyProbe(bytes, () => key)).toMatchObject(frame);
    for (let at = 0; at < bytes.length; at++)
      expect(verifyProbe(bytes.with(at, bytes[at]! ^ 1), () => key)).toBeUndefined();
    expect(verifyProbe(bytes, () => undefined)).toBeUndefined();
  });

  test('verifying random bytes never throws', () => {
    const key = deriveProbeKey(a, publicKeyOf(b))!;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(verifyProbe(bytes, () => key)).toBeUndefined();
      }),
    );
  });

  test('the address a ping was seen from survives, in both families', () => {
    for (const [address, endpoint] of [
      ['198.51.100.7', '198.51.100.7:40001'],
      ['2001:db8::7', '[2001:db8::7]:40001'],
    ] as const)
      expect(decodeSeen({ ...frame, seenAddress: encodeSeen(address), mac: '' })).toBe(endpoint);
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(encodeSeen(address as Ip6)).toHaveLength(32);
      }),
    );
  });

  test('keys print as secrets', () => {
    expect(`${a}`).toBe('[secret]');
    expect(a).toBeInstanceOf(Secret);
  });
});

describe('traffic', () => {
  const state = (rxBytes: number, txBytes: number, latestHandshakeAt = 1): TunnelPeerState => ({
    publicKey: 'k' as PublicKey,
    endpoint: undefined,
    allowedIps: [],
    latestHandshakeAt,
    rxBytes,
    txBytes,
    keepaliveSec: 0,
  });
  const none = { sent: 0, received: 0 };
  test.each([
    ['nothing', state(0, 0), none, 'none'],
    ['one received ping', state(128, 128), none, 'received'],
    ['a keepalive each way', state(32, 32), none, 'none'],
    [
      'heartbeats',
      state(2 * HEARTBEAT_ON_WIRE_BYTES, 2 * HEARTBEAT_ON_WIRE_BYTES),
      { sent: 2, received: 2 },
      'none',
    ],
    ['a rekey as initiator', state(92, 180, 2), none, 'none'],
    ['a rekey as responder', state(180, 92, 2), none, 'none'],
    ['an initiation nobody answers', state(0, 148), none, 'none'],
    ['an upload', state(32, 1400), none, 'sent'],
    ['a peer that was reset', state(-1000, -1000), none, 'none'],
  ])('%s', (_name, after, tally, expected) => {
    expect(measureTraffic(state(0, 0), after, tally)).toBe(expected);
  });
});
