/**
 * The responder's half of Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s with an all-zero preshared key, as WireGuard's
 * whitepaper (section 5.4.2 and 5.4.3) spells it out. Pure: knows nothing of sockets, nodes or time.
 */
import type { KeyObject } from 'node:crypto';
import type { PublicKey } from '@sidegate/protocol';
import { open, seal } from './aead.ts';
import { deriveKeys, hash, type MidState, mac, prepareMacKey } from './blake2s.ts';
import { encodePublicKey, importPublicKey, type KeyPair, sharedSecret } from './key-pair.ts';
import {
  CONSTRUCTION,
  IDENTIFIER,
  INITIATION,
  KEY_SIZE_BYTES,
  LABEL_COOKIE,
  LABEL_MAC1,
  MESSAGE_RESPONSE,
  RESPONSE,
  RESPONSE_SIZE_BYTES,
  readIndex,
  writeIndex,
} from './wireguard-messages.ts';

const text = (label: string): Uint8Array => new TextEncoder().encode(label);
const EMPTY = new Uint8Array(0);
const NO_PRESHARED_KEY = new Uint8Array(KEY_SIZE_BYTES);
/** Both sides begin with these, whoever the responder is (section 5.4.2). */
export const INITIAL_CHAINING_KEY = hash(text(CONSTRUCTION));
export const INITIAL_HASH = hash(INITIAL_CHAINING_KEY, text(IDENTIFIER));

/** The key that mac1 of a message to this public key is made with (section 5.4.4), ready to use. */
export const prepareMac1Key = (publicBytes: Uint8Array): MidState =>
  prepareMacKey(hash(text(LABEL_MAC1), publicBytes));

/** One beacon's long-term key and what is computed from it once. */
export interface BeaconIdentity {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
  readonly mac1Key: MidState;
  /** Key of cookie replies (section 5.4.7). */
  readonly cookieKey: Uint8Array;
  readonly initialHash: Uint8Array;
}

/** Prepares a beacon's identity. */
export const createIdentity = ({ privateKey, publicBytes }: KeyPair): BeaconIdentity => ({
  privateKey,
  publicKey: encodePublicKey(publicBytes),
  mac1Key: prepareMac1Key(publicBytes),
  cookieKey: hash(text(LABEL_COOKIE), publicBytes),
  initialHash: hash(INITIAL_HASH, publicBytes),
});

/** What the responder must know of an initiator to go on: looked up once its static key is decrypted. */
export interface Initiator {
  /** The static key. */
  readonly staticKey: KeyObject;
  /** Diffie-Hellman of both static keys: the same in every handshake, so the caller keeps it. */
  readonly staticSecret: Uint8Array;
}

/** An initiation that is proven to come from `initiator`; not yet known to be fresh. */
export interface ConsumedInitiation<I extends Initiator> {
  readonly initiator: I;
  readonly senderIndex: number;
  /** TAI64N, 12 bytes. */
  readonly timestamp: Uint8Array;
  readonly ephemeral: KeyObject;
  readonly chainingKey: Uint8Array;
  readonly hash: Uint8Array;
}

/** Why an initiation led nowhere. */
export type InitiationFault = 'bad-handshake' | 'unknown-node';

/** Consumes an initiation whose size and mac1 were checked. */
export const consumeInitiation = <I extends Initiator>(
  identity: BeaconIdentity,
  bytes: Uint8Array,
  findInitiator: (publicKey: PublicKey) => I | undefined,
): ConsumedInitiation<I> | InitiationFault => {
  const ephemeralBytes = bytes.subarray(INITIATION.ephemeral, INITIATION.static);
  const sealedStatic = bytes.subarray(INITIATION.static, INITIATION.timestamp);
  const sealedTimestamp = bytes.subarray(INITIATION.timestamp, INITIATION.mac1);
  const ephemeral = importPublicKey(ephemeralBytes);
  const ephemeralSecret = sharedSecret(identity.privateKey, ephemeral);
  if (ephemeralSecret === undefined) return 'bad-handshake';

  let transcript = hash(identity.initialHash, ephemeralBytes);
  const [firstChainingKey] = deriveKeys(INITIAL_CHAINING_KEY, ephemeralBytes, 1);
  const [chainingKey, staticSealKey] = deriveKeys(firstChainingKey, ephemeralSecret, 2);
  const staticBytes = open(staticSealKey, 0, sealedStatic, transcript);
  if (staticBytes === undefined) return 'bad-handshake';
  const initiator = findInitiator(encodePublicKey(staticBytes));
  if (initiator === undefined) return 'unknown-node';

  transcript = hash(transcript, sealedStatic);
  const [nextChainingKey, timeSealKey] = deriveKeys(chainingKey, initiator.staticSecret, 2);
  const timestamp = open(timeSealKey, 0, sealedTimestamp, transcript);
  if (timestamp === undefined) return 'bad-handshake';
  return {
    initiator,
    senderIndex: readIndex(bytes, INITIATION.sender),
    timestamp,
    ephemeral,
    chainingKey: nextChainingKey,
    hash: hash(transcript, sealedTimestamp),
  };
};

/** A response and the transport keys it agrees on. */
export interface ResponseAndKeys {
  readonly bytes: Uint8Array;
  readonly receiveKey: Uint8Array;
  readonly sendKey: Uint8Array;
}

/** Encodes the response to a fresh initiation; `undefined` where a key of the initiator is of low order. */
export const encodeResponse = (
  consumed: ConsumedInitiation<Initiator & { readonly mac1Key: MidState }>,
  senderIndex: number,
  ephemeral: KeyPair,
): ResponseAndKeys | undefined => {
  const ephemeralSecret = sharedSecret(ephemeral.privateKey, consumed.ephemeral);
  const staticSecret = sharedSecret(ephemeral.privateKey, consumed.initiator.staticKey);
  if (ephemeralSecret === undefined || staticSecret === undefined) return undefined;

  const inputs = [ephemeral.publicBytes, ephemeralSecret, staticSecret];
  const chainingKey = inputs.reduce((key, input) => deriveKeys(key, input, 1)[0], consumed.chainingKey);
  const [lastChainingKey, mixin, sealKey] = deriveKeys(chainingKey, NO_PRESHARED_KEY, 3);
  const transcript = hash(hash(consumed.hash, ephemeral.publicBytes), mixin);
  const [receiveKey, sendKey] = deriveKeys(lastChainingKey, EMPTY, 2);

  const bytes = new Uint8Array(RESPONSE_SIZE_BYTES);
  bytes[0] = MESSAGE_RESPONSE;
  writeIndex(bytes, RESPONSE.sender, senderIndex);
  writeIndex(bytes, RESPONSE.receiver, consumed.senderIndex);
  bytes.set(ephemeral.publicBytes, RESPONSE.ephemeral);
  bytes.set(seal(sealKey, 0, EMPTY, transcript), RESPONSE.empty);
  bytes.set(mac(consumed.initiator.mac1Key, bytes, RESPONSE.mac1), RESPONSE.mac1);
  return { bytes, receiveKey, sendKey };
};
