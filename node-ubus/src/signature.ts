/**
 * Signatures: which methods an object has and what arguments they take. On the wire a table per method, in it an
 * INT32 per argument that is its blobmsg type (`ubus_push_method_data` in `libubus-obj.c`).
 */
import {
  BLOBMSG_TYPE,
  BLOBMSG_TYPE_NAMES,
  type BlobmsgField,
  decodeFields,
  encodeFields,
} from './codec/blobmsg.ts';
import type { UbusTable, UbusValue } from './codec/values.ts';

/** What an argument may be. `bool` is the wire's INT8; `any` takes every type. */
export type ArgType = 'any' | 'array' | 'table' | 'string' | 'int64' | 'int32' | 'int16' | 'bool' | 'double';

/** Arguments of a method by name; a `?` after the type makes one optional. */
export type ArgSpec = { readonly [name: string]: ArgType | `${ArgType}?` };

interface ValueOf {
  any: UbusValue;
  array: UbusValue[];
  table: UbusTable;
  string: string;
  int64: number | bigint;
  int32: number;
  int16: number;
  bool: boolean;
  double: number;
}
type IsOptional<T> = T extends `${string}?` ? true : false;
type Bare<T> = T extends `${infer Type}?` ? Type : T;
type Read<T> = Bare<T> extends keyof ValueOf ? ValueOf[Bare<T>] : never;

/** What a handler gets for such a specification. */
export type ArgsOf<S extends ArgSpec> = {
  readonly [K in keyof S as IsOptional<S[K]> extends true ? never : K]: Read<S[K]>;
} & { readonly [K in keyof S as IsOptional<S[K]> extends true ? K : never]?: Read<S[K]> };

/** An object's methods as `lookup` shows them: argument name to wire type. */
export type Signature = Readonly<Record<string, Readonly<Record<string, ArgType>>>>;

const bareType = (type: string): ArgType => type.replace('?', '') as ArgType;

const wireNumber = (type: ArgType): number => {
  if (type === 'any') return BLOBMSG_TYPE.unspec;
  return BLOBMSG_TYPE[type === 'bool' ? 'int8' : type];
};

const argTypeOf = (number: number): ArgType => {
  const name = BLOBMSG_TYPE_NAMES[number] ?? 'unspec';
  if (name === 'unspec') return 'any';
  return name === 'int8' ? 'bool' : name;
};

/** The methods as blobmsg bytes for ADD_OBJECT. */
export const encodeSignature = (methods: Readonly<Record<string, ArgSpec>>): Uint8Array =>
  encodeFields(
    Object.entries(methods).map(([name, spec]) => ({
      name,
      type: 'table',
      fields: Object.entries(spec).map(([arg, type]) => ({
        name: arg,
        type: 'int32',
        value: wireNumber(bareType(type)),
      })),
    })),
  );

const argsOfField = (field: BlobmsgField): Record<string, ArgType> =>
  field.type === 'table'
    ? Object.fromEntries(
        field.fields.flatMap((arg) => (arg.type === 'int32' ? [[arg.name, argTypeOf(arg.value)]] : [])),
      )
    : {};

/** The methods in a signature's bytes; undefined if they are not valid. */
export const decodeSignature = (bytes: Uint8Array): Signature | undefined => {
  const fields = decodeFields(bytes);
  return fields && Object.fromEntries(fields.map((field) => [field.name, argsOfField(field)]));
};

const isIntOf = (value: UbusValue, bits: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** (bits - 1)) && value < 2 ** bits;

/** Integers may come narrower or wider than declared, since the `ubus` tool sends INT32 for whatever fits. */
const isOfType = (value: UbusValue, type: ArgType): boolean => {
  switch (type) {
    case 'any':
      return true;
    case 'array':
      return Array.isArray(value);
    case 'table':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'double':
      return typeof value === 'number';
    case 'int64':
      return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
    case 'int32':
      return isIntOf(value, 32);
    case 'int16':
      return isIntOf(value, 16);
  }
};

/**
 * The declared arguments out of what came in, undefined if one is missing or of another type: ubusd checks
 * neither. Undeclared ones are left out, not refused: rpcd and uhttpd add `ubus_rpc_session`.
 */
export const checkArgs = <S extends ArgSpec>(spec: S, given: UbusTable): ArgsOf<S> | undefined => {
  const args: Record<string, UbusValue> = {};
  for (const [name, declared] of Object.entries(spec)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const isOptional = declared.endsWith('?');
    if (value === undefined || (value === null && isOptional)) {
      if (!isOptional) return undefined;
      continue;
    }
    if (!isOfType(value, bareType(declared))) return undefined;
    args[name] = value;
  }
  return args as ArgsOf<S>;
};
