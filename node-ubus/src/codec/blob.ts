/**
 * libubox's blob: a 32-bit big-endian word `EXTENDED:1 | id:7 | length:24` and its payload (`blob.h`). The length
 * counts the word but not the padding up to the next multiple of four. Decoders take hostile bytes: they never
 * throw, never read past the view they were given, and answer `undefined` for what does not fit.
 */

/** Bytes of the word in front of every attribute (`struct blob_attr`). */
export const BLOB_HEADER_BYTES = 4;
/** Ids are seven bits (`BLOB_ATTR_ID_MASK`). */
export const MAX_BLOB_ID = 0x7f;
/** Lengths are 24 bits (`BLOB_ATTR_LEN_MASK`), the word included. */
export const MAX_BLOB_BYTES = 0x00ff_ffff;
const EXTENDED = 0x8000_0000;

/** One attribute as it lies in the bytes; `payload` is a view, not a copy. */
export interface BlobAttr {
  readonly id: number;
  /** Set on blobmsg attributes: the payload starts with a name. */
  readonly isExtended: boolean;
  readonly payload: Uint8Array;
}

/** `length` rounded up to a multiple of four (`BLOB_ATTR_ALIGN`). */
export const padLength = (length: number): number => (length + 3) & ~3;

/** A view for reading and writing integers in these bytes. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** One attribute, padded with zeros. Throws a RangeError for what 24 bits of length cannot say. */
export const encodeAttr = (id: number, payload: Uint8Array, isExtended = false): Uint8Array => {
  const length = BLOB_HEADER_BYTES + payload.length;
  if (id < 0 || id > MAX_BLOB_ID || length > MAX_BLOB_BYTES)
    throw new RangeError('blob attribute out of range');
  const bytes = new Uint8Array(padLength(length));
  viewOf(bytes).setUint32(0, ((isExtended ? EXTENDED : 0) | (id << 24) | length) >>> 0);
  bytes.set(payload, BLOB_HEADER_BYTES);
  return bytes;
};

/** Attributes one after the other; every part is padded already. */
export const concatBytes = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** The attributes in `bytes`; undefined if a length lies or padding is cut off. */
export const decodeAttrs = (bytes: Uint8Array): BlobAttr[] | undefined => {
  const view = viewOf(bytes);
  const attrs: BlobAttr[] = [];
  let at = 0;
  // Fewer than four bytes cannot be an attribute; libubox ignores them, as do we (`__blob_for_each_attr`).
  while (bytes.length - at >= BLOB_HEADER_BYTES) {
    const word = view.getUint32(at);
    const length = word & MAX_BLOB_BYTES;
    const next = at + padLength(length);
    if (length < BLOB_HEADER_BYTES || next > bytes.length) return undefined;
    attrs.push({
      id: (word >>> 24) & MAX_BLOB_ID,
      isExtended: word >>> 31 === 1,
      payload: bytes.subarray(at + BLOB_HEADER_BYTES, at + length),
    });
    at = next;
  }
  return attrs;
};

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

/** A NUL-terminated UTF-8 string; throws a TypeError for a NUL inside, where every C reader would stop. */
export const encodeString = (text: string): Uint8Array => {
  if (text.includes('\0')) throw new TypeError('a ubus string cannot contain NUL');
  return textEncoder.encode(`${text}\0`);
};

/** Up to the first NUL, as C reads it; undefined without a NUL at the end (`blob_check_type`). */
export const decodeString = (payload: Uint8Array): string | undefined =>
  payload.length > 0 && payload[payload.length - 1] === 0
    ? textDecoder.decode(payload.subarray(0, payload.indexOf(0)))
    : undefined;
