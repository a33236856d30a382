/** Keys and signatures of usign, OpenWrt's signify: Ed25519 in two lines of text. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

const ALGORITHM = Buffer.from('Ed');
/** bcrypt, with no rounds: a key without a passphrase. */
const KDF = Buffer.from('BK');
const SECRET_BYTES = 104;
/** PKCS#8 in front of a bare Ed25519 seed, RFC 8410. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key pair; the fingerprint is eight random bytes that name it. */
export interface UsignKey {
  readonly privateKey: KeyObject;
  readonly fingerprint: Uint8Array;
}

const file = (comment: string, ...parts: readonly Uint8Array[]): string =>
  `untrusted comment: ${comment}\n${Buffer.concat(parts).toString('base64')}\n`;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const rawPublic = (key: KeyObject): Buffer =>
  Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
const rawSeed = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');

/** Name of the key's file in `/etc/opkg/keys`. */
export const usignFileName = (key: UsignKey): string => hex(key.fingerprint);

/** The public key's file. */
export const renderUsignPublic = (key: UsignKey): string =>
  file(`public key ${hex(key.fingerprint)}`, ALGORITHM, key.fingerprint, rawPublic(key.privateKey));

/** The secret key's file. */
export const renderUsignSecret = (key: UsignKey): string => {
  const pair = Buffer.concat([rawSeed(key.privateKey), rawPublic(key.privateKey)]);
  const checksum = createHash('sha512').update(pair).digest().subarray(0, 8);
  const zero = Buffer.alloc(4 + 16);
  return file(`private key ${hex(key.fingerprint)}`, ALGORITHM, KDF, zero, checksum, key.fingerprint, pair);
};

/** Reads a secret key's file; throws where it is none, is damaged or has a passphrase. */
export const parseUsignSecret = (text: string): UsignKey => {
  const bytes = Buffer.from(text.split('\n')[1] ?? '', 'base64');
  const isKey = bytes.length === SECRET_BYTES && bytes.subarray(0, 4).equals(Buffer.concat([ALGORITHM, KDF]));
  if (!isKey || bytes.readUInt32BE(4) !== 0)
    throw new RangeError('Not a usign secret key without passphrase');
  const pair = bytes.subarray(40);
  const checksum = createHash('sha512').update(pair).digest().subarray(0, 8);
  if (!checksum.equals(bytes.subarray(24, 32))) throw new RangeError('The usign secret key is damaged');
  const der = Buffer.concat([PKCS8_HEAD, pair.subarray(0, 32)]);
  return {
    privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    fingerprint: bytes.subarray(32, 40),
  };
};

/** The signature's file. */
export const renderUsignSignature = (key: UsignKey, message: Uint8Array): string =>
  file(
    `signed by key ${hex(key.fingerprint)}`,
    ALGORITHM,
    key.fingerprint,
    sign(null, message, key.privateKey),
  );
