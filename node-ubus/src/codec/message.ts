/**
 * One ubus message: eight bytes of header and a blob of attributes (`struct ubus_msghdr` in `ubusmsg.h`):
 * `u8 version = 0 | u8 type | u16 seq | u32 peer`, all big-endian, then the blob.
 */
import { ATTR, MAX_MESSAGE_BYTES } from '../protocol.ts';
import {
  BLOB_HEADER_BYTES,
  concatBytes,
  decodeAttrs,
  decodeString,
  encodeAttr,
  encodeString,
  MAX_BLOB_BYTES,
  padLength,
  viewOf,
} from './blob.ts';

/** Header and the word of the blob: what tells how long the message is. */
export const MESSAGE_HEADER_BYTES = 12;

/** The attributes a message may carry; `signature` and `data` are blobmsg bytes. */
export interface MessageAttrs {
  readonly status?: number;
  readonly objPath?: string;
  readonly objId?: number;
  readonly method?: string;
  readonly objType?: number;
  readonly signature?: Uint8Array;
  readonly data?: Uint8Array;
  readonly target?: number;
  readonly active?: boolean;
  readonly noReply?: boolean;
  readonly subscribers?: readonly number[];
  readonly user?: string;
  readonly group?: string;
}

/** A message, decoded. `seq` is 16 bits; `peer` is a client's or an object's id. */
export interface Message extends MessageAttrs {
  readonly type: number;
  readonly seq: number;
  readonly peer: number;
}

type AttrKind = 'u32' | 'bool' | 'string' | 'bytes' | 'u32-list';

/** In the order of the ids, which is the order they are written in: ubusd's event code relies on OBJID first. */
const KINDS = {
  status: 'u32',
  objPath: 'string',
  objId: 'u32',
  method: 'string',
  objType: 'u32',
  signature: 'bytes',
  data: 'bytes',
  target: 'u32',
  active: 'bool',
  noReply: 'bool',
  subscribers: 'u32-list',
  user: 'string',
  group: 'string',
} as const satisfies Record<keyof MessageAttrs, AttrKind>;

const ATTR_NAMES = Object.keys(KINDS) as readonly (keyof MessageAttrs)[];
const NAME_BY_ID = new Map<number, keyof MessageAttrs>(ATTR_NAMES.map((name) => [ATTR[name], name]));

const encodeU32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value >>> 0);
  return bytes;
};

const encodePayload = (kind: AttrKind, value: unknown): Uint8Array => {
  switch (kind) {
    case 'u32':
      return encodeU32(value as number);
    case 'bool':
      return Uint8Array.of(value ? 1 : 0);
    case 'string':
      return encodeString(value as string);
    case 'bytes':
      return value as Uint8Array;
    case 'u32-list':
      return concatBytes((value as readonly number[]).map((id) => encodeAttr(0, encodeU32(id))));
  }
};

const decodeU32 = (payload: Uint8Array): number | undefined =>
  payload.length === 4 ? viewOf(payload).getUint32(0) : undefined;

const decodePayload = (kind: AttrKind, payload: Uint8Array): unknown => {
  switch (kind) {
    case 'u32':
      return decodeU32(payload);
    case 'bool':
      return payload.length >= 1 ? payload[0] !== 0 : undefined;
    case 'string':
      return decodeString(payload);
    case 'bytes':
      return payload;
    case 'u32-list':
      return decodeAttrs(payload)?.flatMap((attr) => decodeU32(attr.payload) ?? []);
  }
};

/** The bytes of a message. Throws a RangeError above `MAX_MESSAGE_BYTES`: ubusd would hang up. */
export const encodeMessage = (message: Message): Uint8Array => {
  const attrs = ATTR_NAMES.flatMap((name) =>
    message[name] === undefined ? [] : [encodeAttr(ATTR[name], encodePayload(KINDS[name], message[name]))],
  );
  const blobBytes = attrs.reduce((sum, attr) => sum + attr.length, BLOB_HEADER_BYTES);
  if (blobBytes > MAX_MESSAGE_BYTES)
    throw new RangeError(`a ubus message of ${blobBytes} bytes is too large`);
  const header = new Uint8Array(MESSAGE_HEADER_BYTES);
  const view = viewOf(header);
  view.setUint8(1, message.type);
  view.setUint16(2, message.seq);
  view.setUint32(4, message.peer >>> 0);
  view.setUint32(8, blobBytes);
  return concatBytes([header, ...attrs]);
};

/**
 * Bytes of the whole message that starts with this header; undefined if no such message can be
 * (`ubus_validate_hdr` in `libubus-io.c`).
 */
export const messageLength = (header: Uint8Array): number | undefined => {
  const blobBytes = viewOf(header).getUint32(8) & MAX_BLOB_BYTES;
  const isValid =
    header[0] === 0 && blobBytes >= BLOB_HEADER_BYTES && padLength(blobBytes) <= MAX_MESSAGE_BYTES;
  return isValid ? MESSAGE_HEADER_BYTES - BLOB_HEADER_BYTES + blobBytes : undefined;
};

/**
 * The message in exactly these bytes; undefined if they are none. Attributes of unknown id or wrong size are left
 * out, as `blob_parse_untrusted` does: newer daemons may add some. Attributes that are no blobs leave a message
 * without any: ubusd forwards replies unread, and a bad peer must not cost us the connection.
 */
export const decodeMessage = (bytes: Uint8Array): Message | undefined => {
  if (bytes.length < MESSAGE_HEADER_BYTES || messageLength(bytes) !== bytes.length) return undefined;
  const attrs = decodeAttrs(bytes.subarray(MESSAGE_HEADER_BYTES)) ?? [];
  const view = viewOf(bytes);
  const message: Record<string, unknown> = {
    type: view.getUint8(1),
    seq: view.getUint16(2),
    peer: view.getUint32(4),
  };
  for (const attr of attrs) {
    const name = NAME_BY_ID.get(attr.id);
    const value = name && decodePayload(KINDS[name], attr.payload);
    if (name !== undefined && value !== undefined) message[name] = value;
  }
  return message as unknown as Message;
};
