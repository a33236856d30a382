/** Curve25519 keys between WireGuard's raw 32 bytes and Node's KeyObjects. */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { PublicKey } from '@sidegate/protocol';

/** PKCS #8 wrapping of a raw X25519 private key (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** A key pair with the public half also in raw form. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicBytes: Uint8Array;
}

const publicBytesOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'));

/** A fresh random key pair. */
export const generateKeyPair = (): KeyPair => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return { privateKey, publicBytes: publicBytesOf(publicKey) };
};

/** Where randomness comes from; tests give their own. */
export interface RandomSource {
  bytes(sizeBytes: number): Uint8Array;
  keyPair(): KeyPair;
}

/** The operating system's. */
export const systemRandom: RandomSource = {
  bytes: (sizeBytes) => randomBytes(sizeBytes),
  keyPair: generateKeyPair,
};

/** The key pair of a raw 32 byte private key. */
export const importKeyPair = (privateBytes: Uint8Array): KeyPair => {
  const der = Buffer.concat([PKCS8_PREFIX, privateBytes]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { privateKey, publicBytes: publicBytesOf(createPublicKey(privateKey)) };
};

/**
 * A public key for `sharedSecret`. As PEM, because Node takes anything but a string for a key object first, and fails
 * at that four times, by exceptions that cost as much as half a Diffie-Hellman. The wrapping of RFC 8410 is twelve
 * bytes, so its base64 and that of the key can be joined.
 */
export const importPublicKey = (publicBytes: Uint8Array): KeyObject =>
  createPublicKey(
    `-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA${encodePublicKey(publicBytes)}\n-----END PUBLIC KEY-----\n`,
  );

/** X25519 (RFC 7748 section 6.1); `undefined` where the other's key is of low order and the result all zero. */
export const sharedSecret = (privateKey: KeyObject, publicKey: KeyObject): Uint8Array | undefined => {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    return undefined;
  }
};

/** Raw bytes to the text form that the rest of the system uses. */
export const encodePublicKey = (publicBytes: Uint8Array): PublicKey =>
  Buffer.from(publicBytes.buffer, publicBytes.byteOffset, publicBytes.byteLength).toString(
    'base64',
  ) as PublicKey;

/** The other way round. */
export const decodePublicKey = (publicKey: PublicKey): Uint8Array =>
  new Uint8Array(Buffer.from(publicKey, 'base64'));
