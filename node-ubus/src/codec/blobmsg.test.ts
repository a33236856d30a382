import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlobmsgField, decodeFields, encodeFields, MAX_DEPTH } from './blobmsg.ts';
import { decodeTable, encodeTable, typed, type UbusInputTable } from './values.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => value.replaceAll('\0', ''));
const name = text.filter((value) => value !== '');

/** Every type, nested: what the exact layer can say. */
const { fields } = fc.letrec<{ fields: BlobmsgField[]; items: BlobmsgField[]; value: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant({ type: 'unspec' }),
    text.map((value) => ({ type: 'string', value })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ type: 'int64', value })),
    fc.integer().map((value) => ({ type: 'int32', value })),
    fc.integer({ min: -0x8000, max: 0x7fff }).map((value) => ({ type: 'int16', value })),
    fc.integer({ min: -128, max: 127 }).map((value) => ({ type: 'int8', value })),
    fc.double().map((value) => ({ type: 'double', value })),
    tie('fields').map((inner) => ({ type: 'table', fields: inner })),
    tie('items').map((inner) => ({ type: 'array', fields: inner })),
  ),
  fields: fc
    .array(fc.tuple(name, tie('value')), { maxLength: 5 })
    .map((list) => list.map(([key, value]) => ({ ...value, name: key }) as BlobmsgField)),
  items: fc
    .array(tie('value'), { maxLength: 5 })
    .map((list) => list.map((value) => ({ ...value, name: '' }) as BlobmsgField)),
}));

/** As `fc.jsonValue`, without the names and strings that blobmsg cannot carry. */
const { table } = fc.letrec<{ table: UbusInputTable; any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
    text,
    tie('table'),
    fc.array(tie('any'), { maxLength: 4 }),
  ),
  table: fc.dictionary(name, tie('any'), {
    maxKeys: 5,
    noNullPrototype: true,
  }) as fc.Arbitrary<UbusInputTable>,
}));

describe('blobmsg', () => {
  it('writes the bytes that libubox writes', () => {
    // blobmsg_add_string(&b, "id", "x"): length 4 + 8 + 2 = 14, padded to 16.
    expect(hex(encodeTable({ id: 'x' }))).toBe('8300000e 0002 6964 00 000000 7800 0000'.replaceAll(' ', ''));
    // blobmsg_add_u32(&b, "object", 0xdeadbeef): name header 2 + 6 + 1 -> 12, length 4 + 12 + 4 = 20.
    expect(hex(encodeTable({ object: typed('int32', 0xdeadbeef) }))).toBe(
      '85000014 0006 6f626a656374 00 000000 deadbeef'.replaceAll(' ', ''),
    );
    // An array of one boolean in a table: inner padding counts, the array's own would not.
    expect(hex(encodeTable({ a: [true] }))).toBe(
      '81000014 0001 61 00 8700 0009 0000 00 00 01 000000'.replaceAll(' ', ''),
    );
  });

  it('reads back every field of every type', () => {
    fc.assert(
      fc.property(fields, (value) => {
        expect(decodeFields(encodeFields(value))).toEqual(value);
      }),
    );
  });

  it('reads back plain values', () => {
    fc.assert(
      fc.property(table, (value) => {
        expect(decodeTable(encodeTable(value))).toEqual(value);
      }),
    );
  });

  it('takes any bytes without throwing or reading past them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(16), (bytes, margin) => {
        const around = new Uint8Array(bytes.length + 2 * margin).fill(0xaa);
        around.set(bytes, margin);
        const inside = around.subarray(margin, margin + bytes.length);
        // The same bytes inside a larger buffer give the same result: nothing outside was looked at.
        expect(decodeFields(inside)).toEqual(decodeFields(bytes.slice()));
      }),
      { numRuns: 500 },
    );
  });

  it('takes any damage to valid bytes without throwing', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fields, damage, fc.nat(7), (value, changes, cut) => {
        const bytes = encodeFields(value);
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        const result = decodeTable(bytes.subarray(0, Math.max(0, bytes.length - cut)));
        expect(result === undefined || typeof result === 'object').toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a length below the header', '83000003'],
    ['a length past the end', '8300000e 0002 6964 00 000000 7800'],
    ['a name past the end', '83000008 00ff 6964'],
    ['a string without NUL', '8300000d 0002 6964 00 000000 78 000000'],
    ['an INT32 of three bytes', '8500000f 0002 6964 00 000000 010203 00'],
    ['a type nobody defined', '8900000c 0002 6964 00 000000'],
    ['a table entry without a name', '80000008 0000 00 00'],
  ])('refuses %s', (_what, bytes) => {
    expect(decodeFields(bytesOf(bytes))).toBeUndefined();
  });

  it('refuses to nest deeper than the limit, both ways', () => {
    const nest = (depth: number): UbusInputTable => (depth === 0 ? {} : { a: nest(depth - 1) });
    expect(decodeTable(encodeTable(nest(MAX_DEPTH)))).toEqual(nest(MAX_DEPTH));
    expect(() => encodeTable(nest(MAX_DEPTH + 1))).toThrow(RangeError);
    let inner = new Uint8Array(0);
    for (let depth = 0; depth < 2_000; depth++) {
      const outer = new Uint8Array(8 + inner.length);
      const view = new DataView(outer.buffer);
      view.setUint32(0, 0x8200_0000 + outer.length);
      view.setUint16(4, 1);
      outer.set([0x61, 0], 6);
      outer.set(inner, 8);
      inner = outer;
    }
    expect(decodeTable(inner)).toBeUndefined();
  });

  it('keeps 64-bit integers exact and takes the first of two equal names', () => {
    const big = 2n ** 62n + 1n;
    expect(decodeTable(encodeTable({ big, small: 5n, wide: 2 ** 40 }))).toEqual({
      big,
      small: 5,
      wide: 2 ** 40,
    });
    const twice = encodeFields([
      { name: 'a', type: 'int32', value: 1 },
      { name: 'a', type: 'int32', value: 2 },
    ]);
    expect(decodeTable(twice)).toEqual({ a: 1 });
  });

  it('keeps a field called __proto__ a field', () => {
    const bytes = encodeFields([
      { name: '__proto__', type: 'table', fields: [{ name: 'x', type: 'unspec' }] },
    ]);
    const read = decodeTable(bytes)!;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.keys(read)).toEqual(['__proto__']);
  });

  it('refuses what blobmsg cannot say', () => {
    expect(() => encodeTable({ a: 'x\0y' })).toThrow(TypeError);
    expect(() => encodeTable({ '': 1 })).toThrow(TypeError);
    expect(() => encodeTable({ a: 2n ** 63n })).toThrow(RangeError);
    expect(() => typed('int16', 70_000)).toThrow(RangeError);
    expect(decodeTable(encodeTable({ a: undefined, b: [undefined] }))).toEqual({ b: [null] });
  });
});
