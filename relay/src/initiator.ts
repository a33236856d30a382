/**
 * The initiator's half of WireGuard's handshake (whitepaper sections 5.4.2 and 5.4.3). Pure: knows nothing of sockets,
 * nodes or time.
 */
import type { PublicKey } from '@sidegate/protocol';
import { open, seal } from './aead.ts';
import { deriveKeys, hash, hasMac, mac, prepareMacKey } from './blake2s.ts';
import {
  decodePublicKey,
  generateKeyPair,
  importKeyPair,
  importPublicKey,
  type KeyPair,
  sharedSecret,
} from './key-pair.ts';
import { INITIAL_CHAINING_KEY, INITIAL_HASH, prepareMac1Key } from './responder.ts';
import {
  INITIATION,
  INITIATION_SIZE_BYTES,
  KEY_SIZE_BYTES,
  MESSAGE_INITIATION,
  MESSAGE_RESPONSE,
  RESPONSE,
  RESPONSE_SIZE_BYTES,
  readIndex,
  writeIndex,
} from './wireguard-messages.ts';

/** TAI64N of the whitepaper's section 5.1; leap seconds do not matter to a value that only has to rise. */
export const encodeTimestamp = (wallMs: number): Uint8Array => {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(2n ** 62n + BigInt(Math.floor(wallMs / 1000)), 0);
  bytes.writeUInt32BE(Math.round((wallMs % 1000) * 1e6), 8);
  return bytes;
};

/** A handshake that was begun. */
export interface Handshake {
  readonly bytes: Uint8Array;
  readonly index: number;
  readonly ephemeral: KeyPair;
  readonly chainingKey: Uint8Array;
  readonly hash: Uint8Array;
}

/** Encodes an initiation to the owner of `peerPublic`. */
export const encodeInitiation = (
  own: KeyPair,
  peerPublic: Uint8Array,
  index: number,
  timestamp: Uint8Array,
  cookie?: Uint8Array,
  ephemeral: KeyPair = generateKeyPair(),
): Handshake => {
  const peerKey = importPublicKey(peerPublic);
  const bytes = new Uint8Array(INITIATION_SIZE_BYTES);
  bytes[0] = MESSAGE_INITIATION;
  writeIndex(bytes, INITIATION.sender, index);
  bytes.set(ephemeral.publicBytes, INITIATION.ephemeral);
  let transcript = hash(hash(INITIAL_HASH, peerPublic), ephemeral.publicBytes);
  let [chainingKey] = deriveKeys(INITIAL_CHAINING_KEY, ephemeral.publicBytes, 1);
  let key: Uint8Array;
  [chainingKey, key] = deriveKeys(chainingKey, sharedSecret(ephemeral.privateKey, peerKey)!, 2);
  const sealedStatic = seal(key, 0, own.publicBytes, transcript);
  bytes.set(sealedStatic, INITIATION.static);
  transcript = hash(transcript, sealedStatic);
  [chainingKey, key] = deriveKeys(chainingKey, sharedSecret(own.privateKey, peerKey)!, 2);
  const sealedTimestamp = seal(key, 0, timestamp, transcript);
  bytes.set(sealedTimestamp, INITIATION.timestamp);
  bytes.set(mac(prepareMac1Key(peerPublic), bytes, INITIATION.mac1), INITIATION.mac1);
  if (cookie !== undefined) bytes.set(mac(prepareMacKey(cookie), bytes, INITIATION.mac2), INITIATION.mac2);
  return { bytes, index, ephemeral, chainingKey, hash: hash(transcript, sealedTimestamp) };
};

/** A session as its initiator holds it. */
export interface ClientSession {
  readonly ownIndex: number;
  readonly peerIndex: number;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
}

/** Consumes the response; `undefined` where it is not the answer to this handshake. */
export const consumeResponse = (
  own: KeyPair,
  begun: Handshake,
  bytes: Uint8Array,
): ClientSession | undefined => {
  if (bytes.length !== RESPONSE_SIZE_BYTES || bytes[0] !== MESSAGE_RESPONSE) return undefined;
  if (readIndex(bytes, RESPONSE.receiver) !== begun.index) return undefined;
  if (!hasMac(prepareMac1Key(own.publicBytes), bytes, RESPONSE.mac1)) return undefined;
  const ephemeralBytes = bytes.subarray(RESPONSE.ephemeral, RESPONSE.empty);
  const peerEphemeral = importPublicKey(ephemeralBytes);
  const ephemeralSecret = sharedSecret(begun.ephemeral.privateKey, peerEphemeral);
  const staticSecret = sharedSecret(own.privateKey, peerEphemeral);
  if (ephemeralSecret === undefined || staticSecret === undefined) return undefined;
  const inputs = [ephemeralBytes, ephemeralSecret, staticSecret];
  const chainingKey = inputs.reduce((key, input) => deriveKeys(key, input, 1)[0], begun.chainingKey);
  const [last, mixin, key] = deriveKeys(chainingKey, new Uint8Array(KEY_SIZE_BYTES), 3);
  const transcript = hash(hash(begun.hash, ephemeralBytes), mixin);
  if (open(key, 0, bytes.subarray(RESPONSE.empty, RESPONSE.mac1), transcript) === undefined) return undefined;
  const [sendKey, receiveKey] = deriveKeys(last, new Uint8Array(0), 2);
  return { ownIndex: begun.index, peerIndex: readIndex(bytes, RESPONSE.sender), sendKey, receiveKey };
};

/** What WireGuard rounds its timestamps down to (kernel noise.c, tai64n_now): 2^24 ns. */
const TIMESTAMP_STEP_MS = 2 ** 24 / 1e6;

/**
 * An initiation that WireGuard itself does not know of, in the name of its key: whoever it reaches takes its source for
 * the way to us. Its time is rounded as WireGuard's own are, so that the next real one is newer; the answer has an index
 * that nobody here listens to.
 */
export const encodeKnock = (
  privateKey: Uint8Array,
  peer: PublicKey,
  wallMs: number,
  random: () => number,
): Uint8Array => {
  const secondMs = Math.floor(wallMs / 1000) * 1000;
  const roundedMs = secondMs + Math.floor((wallMs - secondMs) / TIMESTAMP_STEP_MS) * TIMESTAMP_STEP_MS;
  const index = Math.floor(random() * 2 ** 32);
  return encodeInitiation(importKeyPair(privateKey), decodePublicKey(peer), index, encodeTimestamp(roundedMs))
    .bytes;
};
