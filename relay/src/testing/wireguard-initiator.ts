/** The rest of the initiator's half of WireGuard, for tests and benches: what a node's kernel does. */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { open } from '../aead.ts';
import { hash } from '../blake2s.ts';
import type { ClientSession } from '../initiator.ts';
import {
  COOKIE_REPLY,
  COOKIE_REPLY_SIZE_BYTES,
  INITIATION,
  LABEL_COOKIE,
  MESSAGE_TRANSPORT,
  readCounter,
  readIndex,
  TRANSPORT,
  TRANSPORT_HEADER_SIZE_BYTES,
  TRANSPORT_MIN_SIZE_BYTES,
  writeIndex,
} from '../wireguard-messages.ts';

export {
  type ClientSession,
  consumeResponse,
  encodeInitiation,
  encodeTimestamp,
  type Handshake,
} from '../initiator.ts';

const text = (label: string): Uint8Array => new TextEncoder().encode(label);
const EMPTY = new Uint8Array(0);

/** Encodes a transport message; without `inner` it is a keepalive. */
export const encodeTransport = (
  session: ClientSession,
  counter: number,
  inner: Uint8Array = EMPTY,
): Uint8Array => {
  const bytes = new Uint8Array(TRANSPORT_MIN_SIZE_BYTES + inner.length);
  bytes[0] = MESSAGE_TRANSPORT;
  writeIndex(bytes, TRANSPORT.receiver, session.peerIndex);
  new DataView(bytes.buffer).setBigUint64(TRANSPORT.counter, BigInt(counter), true);
  const nonce = new Uint8Array(12);
  nonce.set(bytes.subarray(TRANSPORT.counter, TRANSPORT.counter + 8), 4);
  bytes.set(chacha20poly1305(session.sendKey, nonce, EMPTY).encrypt(inner), TRANSPORT_HEADER_SIZE_BYTES);
  return bytes;
};

/** Opens a transport message to this session; `undefined` where it is none. */
export const openTransport = (session: ClientSession, bytes: Uint8Array): Uint8Array | undefined => {
  if (bytes[0] !== MESSAGE_TRANSPORT || readIndex(bytes, TRANSPORT.receiver) !== session.ownIndex)
    return undefined;
  const counter = readCounter(bytes);
  return counter === undefined
    ? undefined
    : open(session.receiveKey, counter, bytes.subarray(TRANSPORT_HEADER_SIZE_BYTES), EMPTY);
};

/** Opens a cookie reply to `initiation`; `undefined` where it is none. */
export const openCookieReply = (
  peerPublic: Uint8Array,
  initiation: Uint8Array,
  bytes: Uint8Array,
): Uint8Array | undefined => {
  if (bytes.length !== COOKIE_REPLY_SIZE_BYTES) return undefined;
  const mac1 = initiation.subarray(INITIATION.mac1, INITIATION.mac2);
  const nonce = bytes.subarray(COOKIE_REPLY.nonce, COOKIE_REPLY.cookie);
  try {
    const key = hash(text(LABEL_COOKIE), peerPublic);
    return xchacha20poly1305(key, nonce, mac1).decrypt(bytes.subarray(COOKIE_REPLY.cookie));
  } catch {
    return undefined;
  }
};
