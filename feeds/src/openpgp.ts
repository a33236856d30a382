/**
 * As much of OpenPGP (RFC 4880, with EdDSA as gpg and sqv know it) as an apt repository needs: one Ed25519 key with a
 * name, clear-signed text and detached signatures. Version 4 packets; SHA-512.
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';

const ALGORITHM_EDDSA = 22;
const HASH_SHA512 = 10;
/** 1.3.6.1.4.1.11591.15.1, Ed25519. */
const CURVE_OID = Buffer.from('2b06010401da470f01', 'hex');
const TAG = { signature: 2, publicKey: 6, userId: 13 } as const;
/** Section 5.2.1: what a signature says. */
const SIGNATURE = { binary: 0x00, text: 0x01, certification: 0x13 } as const;
/** Section 5.2.3.1. */
const SUBPACKET = { created: 2, issuer: 16, flags: 27, issuerFingerprint: 33 } as const;
const MAY_CERTIFY_AND_SIGN = 0x03;

/** A signing key; time and name are part of what others know it by. */
export interface OpenPgpKey {
  readonly privateKey: KeyObject;
  readonly createdSec: number;
  readonly userId: string;
}

const uint = (value: number, sizeBytes: number): Buffer => {
  const bytes = Buffer.alloc(sizeBytes);
  bytes.writeUIntBE(value, 0, sizeBytes);
  return bytes;
};

/** Section 3.2: bit length, then the number without leading zeros. */
const mpi = (bytes: Uint8Array): Buffer => {
  const start = bytes.findIndex((byte) => byte !== 0);
  const number = start === -1 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(start));
  const bits = number.length === 0 ? 0 : 8 * number.length - Math.clz32(number[0]!) + 24;
  return Buffer.concat([uint(bits, 2), number]);
};

const lengthOf = (sizeBytes: number): Buffer => {
  if (sizeBytes < 192) return Buffer.of(sizeBytes);
  if (sizeBytes < 8384) return uint(sizeBytes - 192 + 0xc000, 2);
  return Buffer.concat([Buffer.of(0xff), uint(sizeBytes, 4)]);
};

const packet = (tag: number, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(0xc0 | tag), lengthOf(body.length), body]);
const subpacket = (type: number, body: Uint8Array): Buffer =>
  Buffer.concat([lengthOf(body.length + 1), Buffer.of(type), body]);

const keyBody = ({ privateKey, createdSec }: OpenPgpKey): Buffer => {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(0x40), Buffer.from(x ?? '', 'base64url')]);
  const head = [Buffer.of(4), uint(createdSec, 4), Buffer.of(ALGORITHM_EDDSA, CURVE_OID.length)];
  return Buffer.concat([...head, CURVE_OID, mpi(point)]);
};

/** Section 12.2: what a key looks like where it is hashed. */
const hashedKey = (key: OpenPgpKey): Buffer => {
  const body = keyBody(key);
  return Buffer.concat([Buffer.of(0x99), uint(body.length, 2), body]);
};

const fingerprintBytes = (key: OpenPgpKey): Buffer => createHash('sha1').update(hashedKey(key)).digest();

/** Forty hexadecimal digits, upper case. */
export const fingerprintOf = (key: OpenPgpKey): string => fingerprintBytes(key).toString('hex').toUpperCase();

const signPacket = (key: OpenPgpKey, type: number, data: Uint8Array, signedSec: number): Buffer => {
  const fingerprint = fingerprintBytes(key);
  const hashed = Buffer.concat([
    subpacket(SUBPACKET.created, uint(Math.max(signedSec, key.createdSec), 4)),
    ...(type === SIGNATURE.certification
      ? [subpacket(SUBPACKET.flags, Buffer.of(MAY_CERTIFY_AND_SIGN))]
      : []),
    subpacket(SUBPACKET.issuerFingerprint, Buffer.concat([Buffer.of(4), fingerprint])),
  ]);
  const unhashed = subpacket(SUBPACKET.issuer, fingerprint.subarray(-8));
  const head = Buffer.concat([
    Buffer.of(4, type, ALGORITHM_EDDSA, HASH_SHA512),
    uint(hashed.length, 2),
    hashed,
  ]);
  const trailer = Buffer.concat([Buffer.of(4, 0xff), uint(head.length, 4)]);
  const digest = createHash('sha512').update(data).update(head).update(trailer).digest();
  const signature = sign(null, digest, key.privateKey);
  const numbers = [mpi(signature.subarray(0, 32)), mpi(signature.subarray(32))];
  return packet(
    TAG.signature,
    Buffer.concat([head, uint(unhashed.length, 2), unhashed, digest.subarray(0, 2), ...numbers]),
  );
};

/** Section 6.1. */
const crc24 = (bytes: Uint8Array): number => {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x800000 ? 0x1864cfb : 0);
  }
  return crc & 0xffffff;
};

const armor = (what: string, bytes: Uint8Array): string => {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const sum = uint(crc24(bytes), 3).toString('base64');
  return `-----BEGIN PGP ${what}-----\n\n${lines.join('\n')}\n=${sum}\n-----END PGP ${what}-----\n`;
};

/** A key as others import it: key, name, and the key's word for the name. */
export const encodePublicKey = (key: OpenPgpKey): Buffer => {
  const name = Buffer.from(key.userId);
  const certified = Buffer.concat([hashedKey(key), Buffer.of(0xb4), uint(name.length, 4), name]);
  return Buffer.concat([
    packet(TAG.publicKey, keyBody(key)),
    packet(TAG.userId, name),
    signPacket(key, SIGNATURE.certification, certified, key.createdSec),
  ]);
};

/** One armored keyring of all the keys, for `Signed-By`. */
export const renderKeyring = (keys: readonly OpenPgpKey[]): string =>
  armor('PUBLIC KEY BLOCK', Buffer.concat(keys.map(encodePublicKey)));

/** A detached signature by each key, armored. */
export const renderDetached = (keys: readonly OpenPgpKey[], data: Uint8Array, signedSec: number): string =>
  armor('SIGNATURE', Buffer.concat(keys.map((key) => signPacket(key, SIGNATURE.binary, data, signedSec))));

/** Section 7: the text as it is, then the signatures over it with CRLF and without trailing blanks. */
export const renderClearSigned = (keys: readonly OpenPgpKey[], text: string, signedSec: number): string => {
  const lines = text.replace(/\n$/, '').split('\n');
  const canonical = Buffer.from(lines.map((line) => line.replace(/[ \t\r]+$/, '')).join('\r\n'));
  const escaped = lines.map((line) => (line.startsWith('-') ? `- ${line}` : line)).join('\n');
  const signatures = keys.map((key) => signPacket(key, SIGNATURE.text, canonical, signedSec));
  const signature = armor('SIGNATURE', Buffer.concat(signatures));
  return `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${escaped}\n${signature}`;
};
