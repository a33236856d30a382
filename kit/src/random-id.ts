/** Random identifiers and tokens, from the system's generator. */
import { randomBytes } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `n_` and 16 of a-z0-9: 82 bits, so that ids need no coordination. */
export const newId = <T extends string>(prefix: string): T => {
  let text = '';
  while (text.length < 16) {
    // 252 is the largest multiple of 36 below 256: bytes above it would favour the first letters.
    for (const byte of randomBytes(24)) if (byte < 252 && text.length < 16) text += ALPHABET[byte % 36];
  }
  return `${prefix}_${text}` as T;
};

/** base64url of `sizeBytes` random bytes. */
export const newToken = (prefix: string, sizeBytes = 32): string =>
  `${prefix}${randomBytes(sizeBytes).toString('base64url')}`;
