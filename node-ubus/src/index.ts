/**
 * OpenWrt's ubus from Node: a client, an object server and the codec under them. Start with `connectUbus`.
 */
export type { InvokeOptions, ObjectInfo } from './client/calls.ts';
export { connectUbus, type Ubus } from './client/client.ts';
export type { UbusOptions, UbusState } from './client/keeper.ts';
export {
  method,
  type NotifyReply,
  type ObjectDefinition,
  type UbusCall,
  type UbusMethod,
  type UbusObject,
} from './client/object.ts';
export type { CallLimits } from './client/registration.ts';
export type { Answer } from './client/serve.ts';
export type { Notification, SubscribeOptions, Subscription } from './client/subscription.ts';
export type { UbusClock } from './client/timers.ts';
export {
  BLOBMSG_TYPE,
  type BlobmsgField,
  type BlobmsgType,
  type BlobmsgValue,
  decodeFields,
  encodeFields,
  MAX_DEPTH,
} from './codec/blobmsg.ts';
export { decodeMessage, encodeMessage, type Message, type MessageAttrs } from './codec/message.ts';
export { createMessageReader, type MessageReader } from './codec/message-reader.ts';
export {
  decodeTable,
  encodeTable,
  type Typed,
  typed,
  type UbusInput,
  type UbusInputTable,
  type UbusTable,
  type UbusValue,
} from './codec/values.ts';
export { UbusError } from './errors.ts';
export { MAX_MESSAGE_BYTES, STATUS, UBUS_SOCKET_PATH, type UbusErrorCode } from './protocol.ts';
export type { ArgSpec, ArgsOf, ArgType, Signature } from './signature.ts';
