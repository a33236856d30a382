/**
 * The numbers of ubus, as its header `ubusmsg.h` has them. This file imports nothing.
 * Source of the wire format: `ubusmsg.h` and `libubus-io.c` (ubus), `blob.h` and `blobmsg.h` (libubox).
 */

/** Where ubusd listens (`UBUS_UNIX_SOCKET` in ubus's CMakeLists.txt). */
export const UBUS_SOCKET_PATH = '/var/run/ubus/ubus.sock';

/** Largest blob of one message, padding included (`UBUS_MAX_MSGLEN`); ubusd hangs up on more. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** `enum ubus_msg_type`. */
export const MESSAGE_TYPE = {
  hello: 0,
  status: 1,
  data: 2,
  ping: 3,
  lookup: 4,
  invoke: 5,
  addObject: 6,
  removeObject: 7,
  subscribe: 8,
  unsubscribe: 9,
  notify: 10,
  monitor: 11,
} as const;

/** `enum ubus_msg_attr`. */
export const ATTR = {
  status: 1,
  objPath: 2,
  objId: 3,
  method: 4,
  objType: 5,
  signature: 6,
  data: 7,
  target: 8,
  active: 9,
  noReply: 10,
  subscribers: 11,
  user: 12,
  group: 13,
} as const;

/** Objects that ubusd serves itself (`UBUS_SYSTEM_OBJECT_*`); ids below 1024 are never a client's. */
export const SYSTEM_OBJECT = { event: 1, acl: 2, monitor: 3, max: 1024 } as const;

/** `enum ubus_msg_status`, by its name in lower-kebab. */
export const STATUS = {
  ok: 0,
  'invalid-command': 1,
  'invalid-argument': 2,
  'method-not-found': 3,
  'not-found': 4,
  'no-data': 5,
  'permission-denied': 6,
  timeout: 7,
  'not-supported': 8,
  'unknown-error': 9,
  'connection-failed': 10,
  'no-memory': 11,
  'parse-error': 12,
  'system-error': 13,
} as const;

/** The name of a status other than success. */
export type UbusErrorCode = Exclude<keyof typeof STATUS, 'ok'>;

const CODE_BY_STATUS = new Map<number, UbusErrorCode>(
  Object.entries(STATUS).flatMap(([name, status]) => (status === 0 ? [] : [[status, name as UbusErrorCode]])),
);

/** The name of a status number; numbers nobody defined are `unknown-error`. */
export const codeOfStatus = (status: number): UbusErrorCode => CODE_BY_STATUS.get(status) ?? 'unknown-error';
