import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFrameReader, encodeFrame, type Frame, OPCODE } from './web-socket-frames.ts';

const LIMIT_BYTES = 2048;
/** A server's frame. */
const frame = (opcode: number, payload: Uint8Array, isLast = true): Buffer => {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | opcode, ...length]), payload]);
};
const read = (...chunks: Uint8Array[]) => {
  const reader = createFrameReader(LIMIT_BYTES);
  return chunks.flatMap((chunk): readonly (Frame | 'broken')[] => {
    const found = reader.push(chunk);
    return found === 'broken' ? [found] : found;
  });
};

test('messages arrive whole, however the bytes are cut', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: LIMIT_BYTES }), { maxLength: 6 });
  fc.assert(
    fc.property(payloads, fc.integer({ min: 1, max: 700 }), (messages, step) => {
      const bytes = Buffer.concat(messages.map((payload) => frame(OPCODE.binary, payload)));
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += step) chunks.push(bytes.subarray(at, at + step));
      const found = read(...chunks).map((each) => (each === 'broken' ? each : Buffer.from(each.payload)));
      expect(found).toEqual(messages.map((payload) => Buffer.from(payload)));
    }),
  );
});

test('a message in fragments is one, with a ping in between', () => {
  const [one, two] = [Buffer.from('one '), Buffer.from('two')];
  const found = read(frame(2, one, false), frame(9, Buffer.from('?')), frame(0, two));
  expect(found).toMatchObject([{ opcode: OPCODE.ping }, { opcode: OPCODE.binary }]);
  expect(Buffer.from((found[1] as { payload: Uint8Array }).payload).toString()).toBe('one two');
});

test.each([
  ['too large a message', frame(2, new Uint8Array(LIMIT_BYTES + 1))],
  ['a length of 64 bits', Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, 7])],
  ['a mask from a server', Buffer.from([0x82, 0x81, 1, 2, 3, 4, 5])],
  ['reserved bits', Buffer.from([0xc2, 1, 7])],
  ['an unknown opcode', frame(3, new Uint8Array(1))],
  ['a fragmented ping', frame(9, new Uint8Array(1), false)],
  ['a large ping', frame(9, new Uint8Array(126))],
  ['a continuation of nothing', frame(0, new Uint8Array(1))],
  [
    'a message within a message',
    Buffer.concat([frame(2, new Uint8Array(1), false), frame(2, new Uint8Array(1))]),
  ],
  [
    'fragments without end',
    Buffer.concat([frame(2, new Uint8Array(2000), false), frame(0, new Uint8Array(2000), false)]),
  ],
])('%s breaks the connection', (_, bytes) => {
  expect(read(bytes)).toContain('broken');
});

test('any bytes are read or broken, never thrown at', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void read(bytes)));
});

test('what is encoded is masked, and itself again without the mask', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 3000 }), (payload) => {
      const bytes = encodeFrame(OPCODE.binary, payload);
      const head = payload.length < 126 ? 2 : 4;
      expect([bytes[0], bytes[1]! & 0x80, bytes.length]).toEqual([0x82, 0x80, head + 4 + payload.length]);
      const mask = bytes.subarray(head, head + 4);
      expect(bytes.subarray(head + 4).map((byte, at) => byte ^ mask[at & 3]!)).toEqual(payload);
    }),
  );
});
