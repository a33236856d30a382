/**
 * Which of many nodes is an initiation for? Its mac1 is keyed by the recipient's public key, so there is nothing to
 * do but to try the keys; here four at a time, in the 128 bit lanes that WebAssembly has and JavaScript has not: a
 * sixth of the time. Where there is no WebAssembly, the same search goes key by key.
 */
import { hasMac, type MidState } from './blake2s.ts';
import { encodeMac1Module, GROUP_SIZE_BYTES, GROUPS_AT, LANES, STATE_WORDS } from './mac1-module.ts';
import { INITIATION } from './wireguard-messages.ts';

const PAGE_SIZE_BYTES = 65_536;
/** Keys that fit into the program's one page of memory. */
const CHUNK_GROUPS = Math.floor((PAGE_SIZE_BYTES - GROUPS_AT) / GROUP_SIZE_BYTES);

/** Keys laid out for the search. */
export interface PackedKeys {
  readonly keys: readonly MidState[];
  readonly words: Int32Array;
}

/** Lays out keys. Worth it for many that are searched more than once. */
export const packKeys = (keys: readonly MidState[]): PackedKeys => {
  const words = new Int32Array(Math.ceil(keys.length / LANES) * STATE_WORDS * LANES);
  keys.forEach((key, at) => {
    const group = Math.floor(at / LANES) * STATE_WORDS * LANES + (at % LANES);
    for (let word = 0; word < STATE_WORDS; word++) words[group + word * LANES] = key[word]!;
  });
  return { keys, words };
};

/** The position of the key that an initiation's mac1 was made with, or -1. */
export const findMac1Key = (packed: PackedKeys, initiation: Uint8Array): number => {
  lanes ??= createLanes();
  if (lanes === 'none') return packed.keys.findIndex((key) => hasMac(key, initiation, INITIATION.mac1));
  const { memory, find } = lanes;
  spread(memory, initiation);
  const target = readWord(initiation, INITIATION.mac1);
  const chunkWords = CHUNK_GROUPS * STATE_WORDS * LANES;
  for (let from = 0; from < packed.words.length; from += chunkWords) {
    const chunk = packed.words.subarray(from, from + chunkWords);
    memory.set(chunk, GROUPS_AT / 4);
    const end = GROUPS_AT + chunk.byteLength;
    for (let at = GROUPS_AT; at < end; at += GROUP_SIZE_BYTES) {
      at = find(at, end, target);
      if (at === end) break;
      const first = ((from * 4 + at - GROUPS_AT) / GROUP_SIZE_BYTES) * LANES;
      for (let key = first; key < Math.min(first + LANES, packed.keys.length); key++) {
        // The lanes compare 32 of the 128 bits.
        if (hasMac(packed.keys[key]!, initiation, INITIATION.mac1)) return key;
      }
    }
  }
  return -1;
};

const readWord = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Writes what mac1 covers into the blocks; the rest of the second one is zero and stays so. */
const spread = (memory: Int32Array, initiation: Uint8Array): void => {
  for (let at = 0; at < INITIATION.mac1; at += 4) memory.fill(readWord(initiation, at), at, at + LANES);
};

interface Lanes {
  readonly memory: Int32Array;
  /** The place in [at, end) of the first group with a key whose MAC begins with `target`, or `end`. */
  readonly find: (at: number, end: number, target: number) => number;
}

let lanes: Lanes | 'none' | undefined;

const createLanes = (): Lanes | 'none' => {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encodeMac1Module()));
    const memory = new Int32Array((exports.memory as WebAssembly.Memory).buffer);
    return { memory, find: exports.find as Lanes['find'] };
  } catch {
    return 'none';
  }
};
