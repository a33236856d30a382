/**
 * WireGuard's AEAD (whitepaper section 5.4). @noble/ciphers rather than node:crypto: what we seal is mostly 48
 * bytes at most, where setting up an OpenSSL cipher costs four times the whole of it in JavaScript.
 */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';

const nonceOf = (counter: number): Uint8Array => {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, counter % 2 ** 32, true);
  view.setUint32(8, Math.floor(counter / 2 ** 32), true);
  return nonce;
};

/** AEAD(key, counter, plain, additional). */
export const seal = (
  key: Uint8Array,
  counter: number,
  plain: Uint8Array,
  additional: Uint8Array,
): Uint8Array => chacha20poly1305(key, nonceOf(counter), additional).encrypt(plain);

/** The inverse; `undefined` where the tag does not fit. */
export const open = (
  key: Uint8Array,
  counter: number,
  sealed: Uint8Array,
  additional: Uint8Array,
): Uint8Array | undefined => {
  try {
    return chacha20poly1305(key, nonceOf(counter), additional).decrypt(sealed);
  } catch {
    return undefined;
  }
};

/** XAEAD(key, nonce, plain, additional) with a nonce of 24 bytes, for cookie replies. */
export const sealExtended = (
  key: Uint8Array,
  nonce: Uint8Array,
  plain: Uint8Array,
  additional: Uint8Array,
): Uint8Array => xchacha20poly1305(key, nonce, additional).encrypt(plain);
