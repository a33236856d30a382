/**
 * blobmsg: named, typed fields inside a blob (`blobmsg.h`). This layer keeps the exact types; `values.ts` turns
 * fields into plain JavaScript and back. Same promise as `blob.ts`: hostile bytes give `undefined`, nothing else.
 */
import {
  type BlobAttr,
  concatBytes,
  decodeAttrs,
  decodeString,
  encodeAttr,
  encodeString,
  padLength,
  viewOf,
} from './blob.ts';

/** `enum blobmsg_type`. `int8` is also the boolean: the wire does not tell them apart. */
export const BLOBMSG_TYPE = {
  unspec: 0,
  array: 1,
  table: 2,
  string: 3,
  int64: 4,
  int32: 5,
  int16: 6,
  int8: 7,
  double: 8,
} as const;

/** The name of a blobmsg type. */
export type BlobmsgType = keyof typeof BLOBMSG_TYPE;

/** Type names by number. */
export const BLOBMSG_TYPE_NAMES = Object.keys(BLOBMSG_TYPE) as readonly BlobmsgType[];

/** Tables and arrays nest at most this deep; deeper is refused both ways, before the stack is at risk. */
export const MAX_DEPTH = 32;
/** A name's length is 16 bits. Readers written in C compare at most 255 bytes of it (`blobmsg_parse`). */
export const MAX_NAME_BYTES = 0xffff;

/** A value with its exact wire type. */
export type BlobmsgValue =
  | { readonly type: 'unspec' }
  | { readonly type: 'array' | 'table'; readonly fields: readonly BlobmsgField[] }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int64'; readonly value: bigint }
  | { readonly type: 'int32' | 'int16' | 'int8' | 'double'; readonly value: number };

/** A value and its name; items of an array have the name ''. */
export type BlobmsgField = BlobmsgValue & { readonly name: string };

const EMPTY = new Uint8Array(0);

const encodeNumber = (sizeBytes: number, write: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(sizeBytes);
  write(viewOf(bytes));
  return bytes;
};

const encodeData = (field: BlobmsgValue, depth: number): Uint8Array => {
  switch (field.type) {
    case 'unspec':
      return EMPTY;
    case 'array':
    case 'table':
      return encodeFields(field.fields, depth + 1);
    case 'string':
      return encodeString(field.value);
    case 'int64':
      return encodeNumber(8, (view) => view.setBigInt64(0, field.value));
    case 'int32':
      return encodeNumber(4, (view) => view.setInt32(0, field.value));
    case 'int16':
      return encodeNumber(2, (view) => view.setInt16(0, field.value));
    case 'int8':
      return encodeNumber(1, (view) => view.setInt8(0, field.value));
    case 'double':
      return encodeNumber(8, (view) => view.setFloat64(0, field.value));
  }
};

const encodeField = (field: BlobmsgField, depth: number): Uint8Array => {
  const name = encodeString(field.name);
  if (name.length - 1 > MAX_NAME_BYTES) throw new RangeError('a blobmsg name is too long');
  const headBytes = padLength(2 + name.length);
  const data = encodeData(field, depth);
  const payload = new Uint8Array(headBytes + data.length);
  viewOf(payload).setUint16(0, name.length - 1);
  payload.set(name, 2);
  payload.set(data, headBytes);
  return encodeAttr(BLOBMSG_TYPE[field.type], payload, true);
};

/** Fields as the payload of a blob. Throws a RangeError for nesting or sizes that the format cannot hold. */
export const encodeFields = (fields: readonly BlobmsgField[], depth = 0): Uint8Array => {
  if (depth > MAX_DEPTH) throw new RangeError('blobmsg nests too deep');
  return concatBytes(fields.map((field) => encodeField(field, depth)));
};

/** A field of known type over `data`; integers must have exactly their size (`blob_check_type`). */
const decodeData = (type: BlobmsgType, data: Uint8Array, depth: number): BlobmsgValue | undefined => {
  const view = viewOf(data);
  switch (type) {
    case 'unspec':
      return { type };
    case 'array':
    case 'table': {
      const fields = decodeFields(data, depth + 1, type);
      return fields && { type, fields };
    }
    case 'string': {
      const value = decodeString(data);
      return value === undefined ? undefined : { type, value };
    }
    case 'int64':
      return data.length === 8 ? { type, value: view.getBigInt64(0) } : undefined;
    case 'int32':
      return data.length === 4 ? { type, value: view.getInt32(0) } : undefined;
    case 'int16':
      return data.length === 2 ? { type, value: view.getInt16(0) } : undefined;
    case 'int8':
      return data.length === 1 ? { type, value: view.getInt8(0) } : undefined;
    case 'double':
      return data.length >= 8 ? { type, value: view.getFloat64(0) } : undefined;
  }
};

/** Splits name and data (`blobmsg_check_name`). Attributes without the EXTENDED bit have no name. */
const splitName = ({ isExtended, payload }: BlobAttr): { name: string; data: Uint8Array } | undefined => {
  if (!isExtended) return { name: '', data: payload };
  if (payload.length < 2) return undefined;
  const nameBytes = viewOf(payload).getUint16(0);
  const headBytes = padLength(2 + nameBytes + 1);
  if (headBytes > payload.length) return undefined;
  const name = decodeString(payload.subarray(2, 2 + nameBytes + 1));
  return name === undefined ? undefined : { name, data: payload.subarray(headBytes) };
};

const decodeField = (attr: BlobAttr, depth: number, within: 'array' | 'table'): BlobmsgField | undefined => {
  const type = BLOBMSG_TYPE_NAMES[attr.id];
  const parts = splitName(attr);
  if (type === undefined || parts === undefined || (within === 'table' && parts.name === ''))
    return undefined;
  const value = decodeData(type, parts.data, depth);
  return value && { ...value, name: parts.name };
};

/** The fields of a table's (or array's) payload; undefined if any byte of it is not valid blobmsg. */
export const decodeFields = (
  bytes: Uint8Array,
  depth = 0,
  within: 'array' | 'table' = 'table',
): BlobmsgField[] | undefined => {
  if (depth > MAX_DEPTH) return undefined;
  const fields: BlobmsgField[] = [];
  for (const attr of decodeAttrs(bytes) ?? [undefined]) {
    const field = attr && decodeField(attr, depth, within);
    if (field === undefined) return undefined;
    fields.push(field);
  }
  return fields;
};
