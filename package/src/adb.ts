/**
 * ADB, the data format of apk 3: a payload of tagged little-endian values that point backwards, in blocks, behind a
 * header, possibly compressed. Knows nothing of packages. The layout is that of apk-tools' `adb.h`.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { deflateSame } from './compress.ts';
import { publicPointOf, signEcdsa } from './ecdsa.ts';

const TYPE = { int: 0x1, int32: 0x2, blob8: 0x8, blob16: 0x9, blob32: 0xa, array: 0xd, object: 0xe } as const;
const BLOCK = { adb: 0, signature: 1, data: 2 } as const;
/** An integer below this stands in the tag itself. */
const IMMEDIATE_LIMIT = 2 ** 28;
const HEADER_BYTES = 8;

/** A value: a tag that holds it or says where it is. 0 is "nothing". */
export type AdbTag = number;

const align = (offset: number, unit: number): number => Math.ceil(offset / unit) * unit;
const tag = (type: number, value: number): AdbTag => type * IMMEDIATE_LIMIT + value;

/** Writes a payload. Values are written before what refers to them; equal blobs are written once. */
export const createAdbWriter = () => {
  const parts: Uint8Array[] = [];
  const blobs = new Map<string, AdbTag>();
  let length = HEADER_BYTES;
  const put = (bytes: Uint8Array, unit: number): number => {
    const offset = align(length, unit);
    parts.push(Buffer.alloc(offset - length), bytes);
    length = offset + bytes.length;
    return offset;
  };
  const words = (values: readonly number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
    return bytes;
  };
  const putBlob = (bytes: Uint8Array): AdbTag => {
    if (bytes.length < 2 ** 8)
      return tag(TYPE.blob8, put(Buffer.concat([Buffer.of(bytes.length), bytes]), 1));
    if (bytes.length < 2 ** 16) {
      const size = Buffer.alloc(2);
      size.writeUInt16LE(bytes.length);
      return tag(TYPE.blob16, put(Buffer.concat([size, bytes]), 2));
    }
    return tag(TYPE.blob32, put(Buffer.concat([words([bytes.length]), bytes]), 4));
  };
  const list = (type: number, values: readonly AdbTag[]): AdbTag => {
    const end = values.findLastIndex((value) => value !== 0) + 1;
    return end === 0 ? 0 : tag(type, put(words([end + 1, ...values.slice(0, end)]), 4));
  };
  return {
    int: (value: number): AdbTag =>
      value < IMMEDIATE_LIMIT ? tag(TYPE.int, value) : tag(TYPE.int32, put(words([value]), 4)),
    blob: (content: Uint8Array | string): AdbTag => {
      const bytes = Buffer.from(content);
      if (bytes.length === 0) return 0;
      const key = bytes.toString('latin1');
      const known = blobs.get(key) ?? putBlob(bytes);
      blobs.set(key, known);
      return known;
    },
    /** A blob that stands alone, to be overwritten later: where its bytes begin is the second value. */
    place: (sizeBytes: number): readonly [AdbTag, number] => {
      const placed = putBlob(new Uint8Array(sizeBytes));
      return [placed, length - sizeBytes];
    },
    array: (values: readonly AdbTag[]): AdbTag => list(TYPE.array, values),
    /** Slots by number, from 1. */
    object: (slots: Readonly<Record<number, AdbTag>>): AdbTag => {
      const last = Math.max(0, ...Object.keys(slots).map(Number));
      return list(
        TYPE.object,
        Array.from({ length: last }, (_, index) => slots[index + 1] ?? 0),
      );
    },
    /** The whole payload with its root value. */
    finish: (root: AdbTag): Buffer => {
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt32LE(root, 4);
      return Buffer.concat([header, ...parts]);
    },
  };
};
export type AdbWriter = ReturnType<typeof createAdbWriter>;

const encodeBlock = (type: number, payload: Uint8Array): Uint8Array => {
  const size = 4 + payload.length;
  if (size >= 2 ** 30 - 1) throw new RangeError('Too large for one block');
  const block = Buffer.alloc(align(size, 8));
  block.writeUInt32LE(type * 2 ** 30 + size);
  block.set(payload, 4);
  return block;
};

/** What follows the payload: content of one file, by where it stands in the tree, both from 1. */
export interface AdbData {
  readonly pathIndex: number;
  readonly fileIndex: number;
  readonly bytes: Uint8Array;
}

const encodeData = ({ pathIndex, fileIndex, bytes }: AdbData): Uint8Array => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(pathIndex);
  head.writeUInt32LE(fileIndex, 4);
  return encodeBlock(BLOCK.data, Buffer.concat([head, bytes]));
};

/** First half of a signature: version 0, SHA-512, and which key. */
const signatureHead = (key: KeyObject): Uint8Array => {
  const id = createHash('sha512').update(publicPointOf(key)).digest().subarray(0, 16);
  return Buffer.concat([Buffer.of(0, 4), id]);
};

const encodeSignature = (schema: Uint8Array, payload: Uint8Array, key: KeyObject): Uint8Array => {
  const head = signatureHead(key);
  const digest = createHash('sha512').update(payload).digest();
  const signature = signEcdsa(Buffer.concat([schema, head, digest]), key);
  return encodeBlock(BLOCK.signature, Buffer.concat([head, signature]));
};

/** A whole file, compressed by deflate, which every apk 3 reads (OpenWrt's has no zstd). */
export const encodeAdbFile = (file: {
  readonly schema: 'pckg' | 'indx';
  readonly payload: Uint8Array;
  readonly keys: readonly KeyObject[];
  readonly data?: readonly AdbData[];
}): Uint8Array => {
  const schema = Buffer.from(file.schema);
  const blocks = [
    encodeBlock(BLOCK.adb, file.payload),
    ...file.keys.map((key) => encodeSignature(schema, file.payload, key)),
    ...(file.data ?? []).map(encodeData),
  ];
  const content = Buffer.concat([Buffer.from('ADB.'), schema, ...blocks]);
  return Buffer.concat([Buffer.from('ADBd'), deflateSame(content)]);
};
