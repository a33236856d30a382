import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeProbe, encodeProbe, isProbe, PROBE_SIZE_BYTES } from './probe-frame.ts';

const hexBytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex'));
const frames = fc.record({
  type: fc.constantFrom('ping' as const, 'pong' as const, 'select' as const),
  session: hexBytes(8),
  nonce: hexBytes(8),
  fromKeyPrefix: hexBytes(6),
  seenAddress: hexBytes(16),
  seenPort: fc.integer({ min: 0, max: 65535 }),
  mac: hexBytes(14),
});

test('a frame survives encoding and decoding', () => {
  fc.assert(
    fc.property(frames, (frame) => {
      expect(decodeProbe(encodeProbe(frame))).toEqual(frame);
    }),
  );
});

test('decoding never throws, and what it accepts encodes to the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const frame = decodeProbe(bytes);
      if (frame !== undefined) expect(encodeProbe(frame)).toEqual(bytes);
    }),
  );
});

test('a WireGuard message is not a probe, whatever its type', () => {
  for (const type of [1, 2, 3, 4]) expect(isProbe(Uint8Array.of(type, 0, 0, 0))).toBe(false);
});

test('a frame cut short or with a stray byte is refused', () => {
  const bytes = encodeProbe({
    type: 'ping',
    session: '00'.repeat(8),
    nonce: '11'.repeat(8),
    fromKeyPrefix: '22'.repeat(6),
    seenAddress: '00'.repeat(16),
    seenPort: 0,
    mac: '33'.repeat(14),
  });
  expect(bytes.length).toBe(PROBE_SIZE_BYTES);
  expect(decodeProbe(bytes.subarray(1))).toBeUndefined();
  expect(decodeProbe(new Uint8Array([...bytes, 0]))).toBeUndefined();
  expect(decodeProbe(bytes.with(5, 1))).toBeUndefined();
});
