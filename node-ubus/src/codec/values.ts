/**
 * Plain JavaScript to blobmsg and back, by the rules of libubox's JSON bridge (`blobmsg_json.c`): integers that
 * fit are INT32, larger ones INT64, other numbers DOUBLE, booleans INT8, null UNSPEC.
 */
import { type BlobmsgField, type BlobmsgValue, decodeFields, encodeFields, MAX_DEPTH } from './blobmsg.ts';

/** What a field reads as. 64-bit integers are bigints only where a number would not be exact. */
export type UbusValue = null | boolean | number | bigint | string | UbusValue[] | UbusTable;
/** The arguments of a call, its reply, an event's data. */
export interface UbusTable {
  [name: string]: UbusValue;
}

/** A value that goes out with this very type, for peers that insist on it. */
export class Typed {
  readonly wire: BlobmsgValue;
  constructor(wire: BlobmsgValue) {
    this.wire = wire;
  }
}

/** What may be sent: read values, `typed` ones, and undefined, which leaves the field out. */
export type UbusInput =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Typed
  | readonly UbusInput[]
  | { readonly [name: string]: UbusInput };
/** A table to be sent. */
export type UbusInputTable = { readonly [name: string]: UbusInput };

const INT_BITS = { int8: 8, int16: 16, int32: 32, int64: 64 } as const;

/**
 * Forces the wire type of a number. Unsigned values of the same width are accepted and sent as their bits: an
 * object id such as 0xdeadbeef must go out as INT32, not as the INT64 its size suggests.
 */
export const typed = (
  type: 'int8' | 'int16' | 'int32' | 'int64' | 'double',
  value: number | bigint,
): Typed => {
  if (type === 'double') return new Typed({ type, value: Number(value) });
  const bits = INT_BITS[type];
  const integer = BigInt(value);
  if (integer < -(1n << BigInt(bits - 1)) || integer >= 1n << BigInt(bits))
    throw new RangeError(`${value} does not fit ${type}`);
  const signed = BigInt.asIntN(bits, integer);
  return new Typed(type === 'int64' ? { type, value: signed } : { type, value: Number(signed) });
};

const isInt32 = (value: number): boolean => (value | 0) === value && !Object.is(value, -0);

const numberToWire = (value: number): BlobmsgValue => {
  if (isInt32(value)) return { type: 'int32', value };
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { type: 'int64', value: BigInt(value) };
  return { type: 'double', value };
};

const toWire = (value: Exclude<UbusInput, undefined>, depth: number): BlobmsgValue => {
  if (value === null) return { type: 'unspec' };
  if (value instanceof Typed) return value.wire;
  switch (typeof value) {
    case 'boolean':
      return { type: 'int8', value: value ? 1 : 0 };
    case 'number':
      return numberToWire(value);
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} does not fit 64 bits`);
      return { type: 'int64', value };
    case 'string':
      return { type: 'string', value };
    case 'object':
      return Array.isArray(value)
        ? { type: 'array', fields: itemsToFields(value, depth + 1) }
        : { type: 'table', fields: tableToFields(value as UbusInputTable, depth + 1) };
    default:
      throw new TypeError(`a ${typeof value} cannot be sent over ubus`);
  }
};

const refuseDepth = (depth: number): void => {
  if (depth > MAX_DEPTH) throw new RangeError('value nests too deep for ubus');
};

const itemsToFields = (items: readonly UbusInput[], depth: number): BlobmsgField[] => {
  refuseDepth(depth);
  return items.map((item) => ({ ...toWire(item ?? null, depth), name: '' }));
};

/** The fields of a table. Throws TypeError or RangeError for what blobmsg cannot say. */
export const tableToFields = (table: UbusInputTable, depth = 0): BlobmsgField[] => {
  refuseDepth(depth);
  return Object.entries(table).flatMap(([name, value]) => {
    if (name === '') throw new TypeError('a field of a ubus table needs a name');
    return value === undefined ? [] : [{ ...toWire(value, depth), name }];
  });
};

const fromWire = (field: BlobmsgValue): UbusValue => {
  switch (field.type) {
    case 'unspec':
      return null;
    case 'array':
      return field.fields.map(fromWire);
    case 'table':
      return fieldsToTable(field.fields);
    case 'int8':
      return field.value !== 0;
    case 'int64': {
      const value = Number(field.value);
      return Number.isSafeInteger(value) ? value : field.value;
    }
    default:
      return field.value;
  }
};

/** Fields as a plain object. Of two fields with one name the first counts, as in `blobmsg_parse`. */
export const fieldsToTable = (fields: readonly BlobmsgField[]): UbusTable => {
  const table: UbusTable = {};
  for (const field of fields) {
    if (Object.hasOwn(table, field.name)) continue;
    // Not an assignment: a field called `__proto__` must stay a field.
    Object.defineProperty(table, field.name, {
      value: fromWire(field),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return table;
};

/** A table as blobmsg bytes. Throws TypeError or RangeError for what blobmsg cannot say. */
export const encodeTable = (table: UbusInputTable): Uint8Array => encodeFields(tableToFields(table));

/** Blobmsg bytes as a table; undefined if they are not valid. */
export const decodeTable = (bytes: Uint8Array): UbusTable | undefined => {
  const fields = decodeFields(bytes);
  return fields && fieldsToTable(fields);
};
