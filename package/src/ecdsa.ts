/**
 * ECDSA on P-256 with the nonce of RFC 6979 instead of a random one: the same package and key give the same signature,
 * so that a signed package can be rebuilt to the byte. Node signs only with random nonces. It runs where packages
 * are built, not where others could time it.
 */
import { createECDH, createHash, createHmac, type KeyObject } from 'node:crypto';

/** Order of the group: SEC 2, section 2.4.2. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const BYTES = 32;

const toInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * BYTES, '0'), 'hex');
const mod = (value: bigint): bigint => ((value % ORDER) + ORDER) % ORDER;

/** By Fermat: the order is prime. */
const invert = (value: bigint): bigint => {
  let [result, base] = [1n, mod(value)];
  for (let left = ORDER - 2n; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * base);
    base = mod(base * base);
  }
  return result;
};

/** Candidates for the nonce, RFC 6979 section 3.2, from HMAC-SHA-512. */
function* nonces(secret: bigint, digest: Uint8Array): Generator<bigint, never> {
  const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]) =>
    createHmac('sha512', key).update(Buffer.concat(parts)).digest();
  const seed = [toBytes(secret), toBytes(mod(toInt(digest.subarray(0, BYTES))))];
  let value: Buffer = Buffer.alloc(64, 1);
  let key = hmac(Buffer.alloc(64, 0), value, Buffer.of(0), ...seed);
  value = hmac(key, value);
  key = hmac(key, value, Buffer.of(1), ...seed);
  value = hmac(key, value);
  for (;;) {
    value = hmac(key, value);
    yield toInt(value.subarray(0, BYTES));
    key = hmac(key, value, Buffer.of(0));
    value = hmac(key, value);
  }
}

const derInteger = (value: bigint): Buffer => {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const positive = bytes[0]! < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]);
  return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
};

/** The private number of a P-256 key. */
const secretOf = (key: KeyObject): bigint => {
  const { crv, d } = key.export({ format: 'jwk' });
  if (crv !== 'P-256' || d === undefined) throw new RangeError('Not a private key on P-256');
  return toInt(Buffer.from(d, 'base64url'));
};

/** Signs with SHA-512; the signature is DER, as OpenSSL and mbedTLS have it. */
export const signEcdsa = (message: Uint8Array, key: KeyObject): Uint8Array => {
  const secret = secretOf(key);
  const digest = createHash('sha512').update(message).digest();
  const z = toInt(digest.subarray(0, BYTES));
  for (const nonce of nonces(secret, digest)) {
    if (nonce === 0n || nonce >= ORDER) continue;
    const point = createECDH('prime256v1');
    point.setPrivateKey(toBytes(nonce));
    const r = mod(toInt(point.getPublicKey().subarray(1, 1 + BYTES)));
    const s = mod(invert(nonce) * (z + r * secret));
    if (r === 0n || s === 0n) continue;
    const body = Buffer.concat([derInteger(r), derInteger(s)]);
    return Buffer.concat([Buffer.of(0x30, body.length), body]);
  }
  throw new Error('unreachable: nonces never end');
};

/** The uncompressed point of a P-256 key, private or public. */
export const publicPointOf = (key: KeyObject): Uint8Array => {
  const { crv, x, y } = key.export({ format: 'jwk' });
  if (crv !== 'P-256' || x === undefined || y === undefined) throw new RangeError('Not a key on P-256');
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
};
