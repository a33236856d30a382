/**
 * The initiator's first message of WireGuard's handshake (whitepaper section 5.4.2). Pure: knows nothing of sockets,
 * nodes or time.
 */
import type { PublicKey } from '@sidegate/protocol';
import { seal } from './aead.ts';
import { deriveKeys, hash, mac, prepareMacKey } from './blake2s.ts';
import {
  decodePublicKey,
  generateKeyPair,
  importKeyPair,
  importPublicKey,
  type KeyPair,
  sharedSecret,
} from './key-pair.ts';
import { prepareMac1Key } from './responder.ts';
import {
  CONSTRUCTION,
  IDENTIFIER,
  INITIATION,
  INITIATION_SIZE_BYTES,
  MESSAGE_INITIATION,
  writeIndex,
} from './wireguard-messages.ts';

const text = (label: string): Uint8Array => new TextEncoder().encode(label);

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
  const start = hash(text(CONSTRUCTION));
  let transcript = hash(hash(hash(start, text(IDENTIFIER)), peerPublic), ephemeral.publicBytes);
  let [chainingKey] = deriveKeys(start, ephemeral.publicBytes, 1);
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
