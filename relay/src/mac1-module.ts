/**
 * The program behind `mac1-search.ts`, in WebAssembly's binary format (WebAssembly Core Specification, chapter 5), put
 * together from BLAKE2s' own tables: four MACs of one message at a time. Its memory holds the message's two blocks,
 * each word in all lanes, and then the keys' mid-states in groups of four.
 */
import { IV, SIGMA } from './blake2s.ts';
import { INITIATION } from './wireguard-messages.ts';

/** i32x4. */
export const LANES = 4;
const LANES_SIZE_BYTES = 16;
/** BLAKE2s' state: eight words of 32 bits (RFC 7693 section 2.4). */
export const STATE_WORDS = 8;
/** One word of four keys' mid-states after the other. */
export const GROUP_SIZE_BYTES = STATE_WORDS * LANES_SIZE_BYTES;
const BLOCK_SIZE_BYTES = 64;
/** A block with each of its words in all four lanes. */
const SPREAD_BLOCK_SIZE_BYTES = (BLOCK_SIZE_BYTES / 4) * LANES_SIZE_BYTES;
/** The keys follow the two blocks of the message. */
export const GROUPS_AT = 2 * SPREAD_BLOCK_SIZE_BYTES;
/** What was hashed after each block, beginning with the key's. */
const COUNTS_BYTES = [2 * BLOCK_SIZE_BYTES, BLOCK_SIZE_BYTES + INITIATION.mac1] as const;

/** LEB128, unsigned (section 5.2.2). */
const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
const signed = (value: number): number[] =>
  value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
const vector = (...items: readonly number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, body: readonly number[]): number[] => [id, ...unsigned(body.length), ...body];
const name = (text: string): number[] => vector(...Array.from(text, (letter) => [letter.charCodeAt(0)]));

const TYPE = { i32: 0x7f, v128: 0x7b, nothing: 0x40, function: 0x60 } as const;
/** Instructions that need no more than themselves (sections 5.4.1, 5.4.5 to 5.4.8). */
const OP = { loop: 0x03, if: 0x04, end: 0x0b, brIf: 0x0d, return: 0x0f, i32LtU: 0x49, i32Add: 0x6a } as const;
const get = (local: number): number[] => [0x20, ...unsigned(local)];
const set = (local: number): number[] => [0x21, ...unsigned(local)];
const constant = (value: number): number[] => [0x41, ...signed(value | 0)];
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];
const SPLAT = simd(0x11);
const EQUAL = simd(0x37);
const XOR = simd(0x51);
const OR = simd(0x50);
const ANY_TRUE = simd(0x53);
const ADD = simd(0xae);
const shiftLeft = (bits: number): number[] => [...constant(bits), ...simd(0xab)];
const shiftRight = (bits: number): number[] => [...constant(bits), ...simd(0xad)];
const load = (offsetBytes: number): number[] => [...simd(0), 4, ...unsigned(offsetBytes)];
/** Rotates by whole bytes: one shuffle of a vector with itself. */
const rotateBytes = (local: number, count: number): number[] => [
  ...get(local),
  ...get(local),
  ...simd(0x0d),
  ...Array.from({ length: 16 }, (_, at) => (at & ~3) | ((at + count) & 3)),
];

const PARAMETER = { at: 0, end: 1, target: 2 } as const;
const BLOCK = 3;
const FIRST_VECTOR = 4;
const workingLocal = (index: number): number => FIRST_VECTOR + index;
const stateLocal = (index: number): number => FIRST_VECTOR + 16 + index;
const HALF = stateLocal(STATE_WORDS);

const xorInto = (to: number, from: number): number[] => [...get(to), ...get(from), ...XOR, ...set(to)];
const addInto = (to: number, ...from: readonly number[][]): number[] => [
  ...get(to),
  ...from.flatMap((operand) => [...operand, ...ADD]),
  ...set(to),
];
const rotateRight = (local: number, bits: number): number[] =>
  bits % 8 === 0
    ? [...rotateBytes(local, bits / 8), ...set(local)]
    : [...get(local), ...shiftRight(bits), ...get(local), ...shiftLeft(32 - bits), ...OR, ...set(local)];
const messageWord = (index: number): number[] => [...get(BLOCK), ...load(index * LANES_SIZE_BYTES)];

/** The mixing step G (RFC 7693 section 3.1). */
const mix = (a: number, b: number, c: number, d: number, x: number, y: number): number[] => [
  ...addInto(a, get(b), messageWord(x)),
  ...xorInto(d, a),
  ...rotateRight(d, 16),
  ...addInto(c, get(d)),
  ...xorInto(b, c),
  ...rotateRight(b, 12),
  ...addInto(a, get(b), messageWord(y)),
  ...xorInto(d, a),
  ...rotateRight(d, 8),
  ...addInto(c, get(d)),
  ...xorInto(b, c),
  ...rotateRight(b, 7),
];

/** Which four words each of a round's eight steps mixes: the columns, then the diagonals. */
const STEPS = [0, 1, 2, 3]
  .flatMap((i) => [[i, i + 4, i + 8, i + 12]])
  .concat([0, 1, 2, 3].map((i) => [i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4)]));

const encodeRounds = (): number[] =>
  Array.from({ length: 10 }, (_, round) =>
    STEPS.map(([a, b, c, d], step) =>
      mix(
        workingLocal(a!),
        workingLocal(b!),
        workingLocal(c!),
        workingLocal(d!),
        SIGMA[round * 16 + step * 2]!,
        SIGMA[round * 16 + step * 2 + 1]!,
      ),
    ),
  ).flat(2);

/** Compresses the message's block into the state: whether it is the first or the last, the locals tell. */
const encodeCompression = (blockAt: number, countBytes: number, isLast: boolean): number[] => [
  ...Array.from({ length: 8 }, (_, i) => [...get(stateLocal(i)), ...set(workingLocal(i))]).flat(),
  ...Array.from(IV, (word, i) => {
    const isCount = i === 4 ? countBytes : 0;
    const flag = isLast && i === 6 ? -1 : 0;
    return [...constant(word ^ isCount ^ flag), ...SPLAT, ...set(workingLocal(i + 8))];
  }).flat(),
  ...constant(blockAt),
  ...set(BLOCK),
  ...encodeRounds(),
  ...Array.from({ length: 8 }, (_, i) => [
    ...xorInto(stateLocal(i), workingLocal(i)),
    ...xorInto(stateLocal(i), workingLocal(i + 8)),
  ]).flat(),
];

const encodeFind = (): number[] => {
  const body = [
    ...vector([1, TYPE.i32], [HALF - FIRST_VECTOR, TYPE.v128]),
    ...[OP.loop, TYPE.nothing],
    ...Array.from({ length: STATE_WORDS }, (_, i) => [
      ...get(PARAMETER.at),
      ...load(i * LANES_SIZE_BYTES),
      ...set(stateLocal(i)),
    ]).flat(),
    ...encodeCompression(0, COUNTS_BYTES[0], false),
    ...encodeCompression(SPREAD_BLOCK_SIZE_BYTES, COUNTS_BYTES[1], true),
    ...[...get(stateLocal(0)), ...get(PARAMETER.target), ...SPLAT, ...EQUAL, ...ANY_TRUE],
    ...[OP.if, TYPE.nothing, ...get(PARAMETER.at), OP.return, OP.end],
    ...[...get(PARAMETER.at), ...constant(GROUP_SIZE_BYTES), OP.i32Add, ...set(PARAMETER.at)],
    ...[...get(PARAMETER.at), ...get(PARAMETER.end), OP.i32LtU, OP.brIf, 0],
    ...[OP.end, ...get(PARAMETER.end), OP.end],
  ];
  return [...unsigned(body.length), ...body];
};

/** `(module (memory 1) (func (param i32 i32 i32) (result i32)) ...)` with both exported. */
export const encodeMac1Module = (): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      vector([TYPE.function, ...vector(...Array.from({ length: 3 }, () => [TYPE.i32])), 1, TYPE.i32]),
    ),
    ...section(3, vector([0])),
    ...section(5, vector([0, 1])),
    ...section(7, vector([...name('memory'), 2, 0], [...name('find'), 0, 0])),
    ...section(10, vector(encodeFind())),
  ]);
