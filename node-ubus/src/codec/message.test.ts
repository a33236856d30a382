import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES, MESSAGE_TYPE } from '../protocol.ts';
import { decodeMessage, encodeMessage, type Message } from './message.ts';
import { createMessageReader } from './message-reader.ts';

const u32 = fc.nat(0xffff_ffff);
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll('\0', ''));
const message = fc.record(
  {
    type: fc.nat(255),
    seq: fc.nat(0xffff),
    peer: u32,
    status: u32,
    objPath: text,
    objId: u32,
    method: text,
    objType: u32,
    signature: fc.uint8Array({ maxLength: 30 }),
    data: fc.uint8Array({ maxLength: 30 }),
    target: u32,
    active: fc.boolean(),
    noReply: fc.boolean(),
    subscribers: fc.array(u32, { maxLength: 5 }),
    user: text,
    group: text,
  },
  { requiredKeys: ['type', 'seq', 'peer'], noNullPrototype: true },
);

describe('message', () => {
  it('writes the bytes that the ubus tool writes', () => {
    const lookup: Message = { type: MESSAGE_TYPE.lookup, seq: 1, peer: 0, objPath: 'net*' };
    expect(Buffer.from(encodeMessage(lookup)).toString('hex')).toBe(
      '00 04 0001 00000000 00000010 02000009 6e65742a 00 000000'.replaceAll(' ', ''),
    );
  });

  it('reads back every attribute', () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(decodeMessage(encodeMessage(value))).toEqual(value);
      }),
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        decodeMessage(bytes);
        createMessageReader().push(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves out attributes that it does not know or that have the wrong size', () => {
    const bytes = Buffer.from('00010005000000070000001401000005ff0000007f00000801020304', 'hex');
    expect(decodeMessage(new Uint8Array(bytes))).toEqual({ type: 1, seq: 5, peer: 7 });
  });

  it('holds exactly the limit and no more', () => {
    const room = MAX_MESSAGE_BYTES - 8;
    const full = { type: 2, seq: 0, peer: 0, data: new Uint8Array(room) };
    expect(decodeMessage(encodeMessage(full))?.data?.length).toBe(room);
    expect(() => encodeMessage({ ...full, data: new Uint8Array(room + 1) })).toThrow(RangeError);
  });
});

describe('message reader', () => {
  it('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 30 }),
        (sent, cuts) => {
          const stream = Buffer.concat(sent.map(encodeMessage));
          const reader = createMessageReader();
          const seen: Message[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = Math.max(1, cuts[turn % cuts.length]!);
            seen.push(...reader.push(stream.subarray(at, at + size))!);
            at += size;
          }
          expect(seen).toEqual(sent);
        },
      ),
    );
  });

  it('refuses a length above the limit before it arrives', () => {
    const header = Buffer.alloc(12);
    header.writeUInt32BE(MAX_MESSAGE_BYTES + 4, 8);
    const reader = createMessageReader();
    expect(reader.push(header)).toBeUndefined();
    expect(reader.push(encodeMessage({ type: 0, seq: 0, peer: 0 }))).toBeUndefined();
  });

  it('refuses another version of the protocol', () => {
    expect(
      createMessageReader().push(Buffer.from('0100000000000000 00000004'.replace(' ', ''), 'hex')),
    ).toBeUndefined();
  });
});
