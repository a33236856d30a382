/**
 * BLAKE2s (RFC 7693) as WireGuard uses it: plain hash, keyed hash (MAC), HMAC and HKDF over short inputs.
 *
 * Written out because node:crypto has no keyed BLAKE2s and no mid-states: finding a relay destination hashes one
 * message under many keys, and starting after the key block halves that work. The tests hold it against
 * node:crypto, @noble/hashes and the RFC. Not re-entrant: scratch space is shared, which one thread allows.
 */

/** BLAKE2s block size (RFC 7693 section 2.1). */
const BLOCK_SIZE_BYTES = 64;
/** Digest size that WireGuard's HASH has (whitepaper section 5.4). */
export const HASH_SIZE_BYTES = 32;
/** Digest size of WireGuard's MAC. */
export const MAC_SIZE_BYTES = 16;

/** RFC 7693 section 2.6: the first 32 bits of the fractional parts of the square roots of the first primes. */
export const IV = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);
/** RFC 7693 section 2.7: the message word schedule, ten rounds of sixteen. */
// biome-ignore format: a table
export const SIGMA = Uint8Array.of(
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
  11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
  7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
  9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
  2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
  12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
  13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
  6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
  10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
);

/** A chaining value: eight words, reached after whole blocks. */
export type MidState = Int32Array;

const words = new Int32Array(16);
const chain = new Int32Array(8);

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

/**
 * The compression function F (RFC 7693 section 3.2) over `words`, in place in `state`. Its eight mixing steps G are
 * spelled out, so that the sixteen working words stay in registers: four times as fast here as an array of them.
 */
// biome-ignore format: one mixing step of section 3.1 a pair of lines
const compress = (state: MidState, countBytes: number, isLast: boolean): void => {
  let v0 = state[0]!; let v1 = state[1]!; let v2 = state[2]!; let v3 = state[3]!;
  let v4 = state[4]!; let v5 = state[5]!; let v6 = state[6]!; let v7 = state[7]!;
  let v8 = IV[0]!; let v9 = IV[1]!; let v10 = IV[2]!; let v11 = IV[3]!;
  let v12 = IV[4]! ^ countBytes; let v13 = IV[5]!; let v14 = isLast ? ~IV[6]! : IV[6]!; let v15 = IV[7]!;
  for (let at = 0; at < 160; at += 16) {
    v0 = (v0 + v4 + words[SIGMA[at]!]!) | 0; v12 = rotate(v12 ^ v0, 16); v8 = (v8 + v12) | 0; v4 = rotate(v4 ^ v8, 12);
    v0 = (v0 + v4 + words[SIGMA[at + 1]!]!) | 0; v12 = rotate(v12 ^ v0, 8); v8 = (v8 + v12) | 0; v4 = rotate(v4 ^ v8, 7);
    v1 = (v1 + v5 + words[SIGMA[at + 2]!]!) | 0; v13 = rotate(v13 ^ v1, 16); v9 = (v9 + v13) | 0; v5 = rotate(v5 ^ v9, 12);
    v1 = (v1 + v5 + words[SIGMA[at + 3]!]!) | 0; v13 = rotate(v13 ^ v1, 8); v9 = (v9 + v13) | 0; v5 = rotate(v5 ^ v9, 7);
    v2 = (v2 + v6 + words[SIGMA[at + 4]!]!) | 0; v14 = rotate(v14 ^ v2, 16); v10 = (v10 + v14) | 0; v6 = rotate(v6 ^ v10, 12);
    v2 = (v2 + v6 + words[SIGMA[at + 5]!]!) | 0; v14 = rotate(v14 ^ v2, 8); v10 = (v10 + v14) | 0; v6 = rotate(v6 ^ v10, 7);
    v3 = (v3 + v7 + words[SIGMA[at + 6]!]!) | 0; v15 = rotate(v15 ^ v3, 16); v11 = (v11 + v15) | 0; v7 = rotate(v7 ^ v11, 12);
    v3 = (v3 + v7 + words[SIGMA[at + 7]!]!) | 0; v15 = rotate(v15 ^ v3, 8); v11 = (v11 + v15) | 0; v7 = rotate(v7 ^ v11, 7);
    v0 = (v0 + v5 + words[SIGMA[at + 8]!]!) | 0; v15 = rotate(v15 ^ v0, 16); v10 = (v10 + v15) | 0; v5 = rotate(v5 ^ v10, 12);
    v0 = (v0 + v5 + words[SIGMA[at + 9]!]!) | 0; v15 = rotate(v15 ^ v0, 8); v10 = (v10 + v15) | 0; v5 = rotate(v5 ^ v10, 7);
    v1 = (v1 + v6 + words[SIGMA[at + 10]!]!) | 0; v12 = rotate(v12 ^ v1, 16); v11 = (v11 + v12) | 0; v6 = rotate(v6 ^ v11, 12);
    v1 = (v1 + v6 + words[SIGMA[at + 11]!]!) | 0; v12 = rotate(v12 ^ v1, 8); v11 = (v11 + v12) | 0; v6 = rotate(v6 ^ v11, 7);
    v2 = (v2 + v7 + words[SIGMA[at + 12]!]!) | 0; v13 = rotate(v13 ^ v2, 16); v8 = (v8 + v13) | 0; v7 = rotate(v7 ^ v8, 12);
    v2 = (v2 + v7 + words[SIGMA[at + 13]!]!) | 0; v13 = rotate(v13 ^ v2, 8); v8 = (v8 + v13) | 0; v7 = rotate(v7 ^ v8, 7);
    v3 = (v3 + v4 + words[SIGMA[at + 14]!]!) | 0; v14 = rotate(v14 ^ v3, 16); v9 = (v9 + v14) | 0; v4 = rotate(v4 ^ v9, 12);
    v3 = (v3 + v4 + words[SIGMA[at + 15]!]!) | 0; v14 = rotate(v14 ^ v3, 8); v9 = (v9 + v14) | 0; v4 = rotate(v4 ^ v9, 7);
  }
  state[0]! ^= v0 ^ v8; state[1]! ^= v1 ^ v9; state[2]! ^= v2 ^ v10; state[3]! ^= v3 ^ v11;
  state[4]! ^= v4 ^ v12; state[5]! ^= v5 ^ v13; state[6]! ^= v6 ^ v14; state[7]! ^= v7 ^ v15;
};

/** Loads one block into `words`, zero-padded where `input` ends before it. */
const loadBlock = (input: Uint8Array, from: number, end: number): void => {
  for (let i = 0, at = from; i < 16; i++, at += 4) {
    if (at + 4 <= end) {
      words[i] = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24);
      continue;
    }
    let word = 0;
    for (let byte = at; byte < end; byte++) word |= input[byte]! << (8 * (byte - at));
    words[i] = word;
  }
};

/** Hashes `input[0..end)` from `start`, which `doneBytes` led to; leaves the result in `chain`. */
const finish = (start: MidState, doneBytes: number, input: Uint8Array, end: number): void => {
  chain.set(start);
  let at = 0;
  for (; end - at > BLOCK_SIZE_BYTES; at += BLOCK_SIZE_BYTES) {
    loadBlock(input, at, end);
    compress(chain, doneBytes + at + BLOCK_SIZE_BYTES, false);
  }
  loadBlock(input, at, end);
  compress(chain, doneBytes + end, true);
};

const storeChain = (sizeBytes: number): Uint8Array => {
  const out = new Uint8Array(sizeBytes);
  for (let at = 0; at < sizeBytes; at++) out[at] = chain[at >> 2]! >>> (8 * (at & 3));
  return out;
};

const initialState = (digestSizeBytes: number, keySizeBytes: number): MidState => {
  const state = IV.slice();
  state[0]! ^= 0x01010000 ^ (keySizeBytes << 8) ^ digestSizeBytes;
  return state;
};

const HASH_START = initialState(HASH_SIZE_BYTES, 0);
const EMPTY = new Uint8Array(0);
const joined = new Uint8Array(2 * BLOCK_SIZE_BYTES);

/** HASH(one || other): BLAKE2s-256. Together at most 128 bytes, which all of WireGuard's hashes are. */
export const hash = (one: Uint8Array, other: Uint8Array = EMPTY): Uint8Array => {
  joined.set(one);
  joined.set(other, one.length);
  finish(HASH_START, 0, joined, one.length + other.length);
  return storeChain(HASH_SIZE_BYTES);
};

/** A MAC key with its block already hashed: BLAKE2s with a 16 byte digest and a key of at most 32 bytes. */
export const prepareMacKey = (key: Uint8Array): MidState => {
  const state = initialState(MAC_SIZE_BYTES, key.length);
  loadBlock(key, 0, key.length);
  compress(state, BLOCK_SIZE_BYTES, false);
  return state;
};

/** MAC(key, input[0..end)). Never call with `end` 0: the key block would have to be the last. */
export const mac = (key: MidState, input: Uint8Array, end: number = input.length): Uint8Array => {
  finish(key, BLOCK_SIZE_BYTES, input, end);
  return storeChain(MAC_SIZE_BYTES);
};

/** Is `input[end..end+16)` the MAC of what is before it? Compares in constant time; allocates nothing. */
export const hasMac = (key: MidState, input: Uint8Array, end: number): boolean => {
  finish(key, BLOCK_SIZE_BYTES, input, end);
  let difference = 0;
  for (let at = 0; at < MAC_SIZE_BYTES; at++) {
    difference |= ((chain[at >> 2]! >>> (8 * (at & 3))) & 0xff) ^ input[end + at]!;
  }
  return difference === 0;
};

const inner = new Int32Array(8);
const outer = new Int32Array(8);

const loadInnerPad = (key: Uint8Array): void => {
  loadBlock(key, 0, key.length);
  for (let i = 0; i < 16; i++) words[i]! ^= 0x36363636;
};

/** Hashes HMAC's two pad blocks (RFC 2104) of a key of at most 64 bytes into `inner` and `outer`. */
const prepareHmac = (key: Uint8Array): void => {
  loadInnerPad(key);
  inner.set(HASH_START);
  compress(inner, BLOCK_SIZE_BYTES, false);
  for (let i = 0; i < 16; i++) words[i]! ^= 0x36363636 ^ 0x5c5c5c5c;
  outer.set(HASH_START);
  compress(outer, BLOCK_SIZE_BYTES, false);
};

const finishHmac = (input: Uint8Array, end: number): Uint8Array => {
  finish(inner, BLOCK_SIZE_BYTES, input, end);
  return wrapOuter();
};

/** The outer hash of HMAC over what is in `chain`. */
const wrapOuter = (): Uint8Array => {
  words.set(chain);
  words.fill(0, 8);
  chain.set(outer);
  compress(chain, BLOCK_SIZE_BYTES + HASH_SIZE_BYTES, true);
  return storeChain(HASH_SIZE_BYTES);
};

/** HMAC-BLAKE2s (RFC 2104) with a key of at most 64 bytes. */
export const hmac = (key: Uint8Array, input: Uint8Array): Uint8Array => {
  prepareHmac(key);
  if (input.length > 0) return finishHmac(input, input.length);
  // Nothing follows the pad block, so it has to be hashed as the last one.
  loadInnerPad(key);
  chain.set(HASH_START);
  compress(chain, BLOCK_SIZE_BYTES, true);
  return wrapOuter();
};

/** What `deriveKeys` returns: one to three keys of 32 bytes. */
type DerivedKeys<N extends 1 | 2 | 3> = N extends 1
  ? [Uint8Array]
  : N extends 2
    ? [Uint8Array, Uint8Array]
    : [Uint8Array, Uint8Array, Uint8Array];

/** KDF_n of the whitepaper (section 5.4), HKDF over HMAC-BLAKE2s. */
export const deriveKeys = <N extends 1 | 2 | 3>(
  chainingKey: Uint8Array,
  input: Uint8Array,
  count: N,
): DerivedKeys<N> => {
  prepareHmac(hmac(chainingKey, input));
  const keys: Uint8Array[] = [];
  for (let i = 1; i <= count; i++) {
    const previous = keys.at(-1) ?? EMPTY;
    joined.set(previous);
    joined[previous.length] = i;
    keys.push(finishHmac(joined, previous.length + 1));
  }
  return keys as DerivedKeys<N>;
};
