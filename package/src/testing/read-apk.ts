/**
 * Reads apk 3 files, for tests: written from the description of the format and sharing no line with the writer, so that
 * a mistake in one does not hide in the other. Throws at whatever is not as the format says.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';

/** A value as found: numbers, bytes, or the values of an array or object, of which slot 0 is unused. */
export type AdbValue = number | Buffer | readonly AdbValue[] | undefined;

/** A file or link as the package has it. */
export interface ApkNode {
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly mtimeSec: number;
  readonly bytes?: Buffer;
  readonly target?: string;
}

/** One file, taken apart. */
export interface AdbContent {
  readonly schema: string;
  readonly payload: Buffer;
  readonly root: readonly AdbValue[];
  readonly signatures: readonly Buffer[];
  readonly data: readonly Buffer[];
}

const fail = (what: string): never => {
  throw new Error(`apk: ${what}`);
};

const readValue = (payload: Buffer, word: number): AdbValue => {
  const at = word & 0x0fffffff;
  const type = word >>> 28;
  const list = () => {
    if (at % 4 !== 0) fail('list not aligned');
    const count = payload.readUInt32LE(at);
    if (count < 2) fail('an empty list must be nothing');
    const words = Array.from({ length: count - 1 }, (_, i) => payload.readUInt32LE(at + 4 + 4 * i));
    if (words.at(-1) === 0) fail('list not trimmed');
    return [undefined, ...words.map((each) => readValue(payload, each))];
  };
  if (word === 0) return undefined;
  if (type === 1) return at;
  if (type === 2) return at % 4 === 0 ? payload.readUInt32LE(at) : fail('int not aligned');
  if (type === 8) return payload.subarray(at + 1, at + 1 + payload.readUInt8(at));
  if (type === 9)
    return at % 2 === 0 ? payload.subarray(at + 2, at + 2 + payload.readUInt16LE(at)) : fail('blob16');
  if (type === 10)
    return at % 4 === 0 ? payload.subarray(at + 4, at + 4 + payload.readUInt32LE(at)) : fail('blob32');
  if (type === 13 || type === 14) return list();
  return fail(`unknown type ${type}`);
};

/** The slots of an array or object. */
export const slots = (value: AdbValue): readonly AdbValue[] =>
  Array.isArray(value) ? value : value === undefined ? [] : fail('not a list');

/** Text of a blob. */
export const text = (value: AdbValue): string => (Buffer.isBuffer(value) ? value.toString() : '');
const int = (value: AdbValue): number => (typeof value === 'number' ? value : fail('not a number'));

/** Takes the blocks apart. */
export const readAdb = (file: Buffer): AdbContent => {
  if (file.toString('latin1', 0, 4) !== 'ADBd') fail('not deflated');
  const raw = inflateRawSync(file.subarray(4));
  if (raw.toString('latin1', 0, 4) !== 'ADB.') fail('no header');
  const blocks: { type: number; body: Buffer }[] = [];
  for (let at = 8; at < raw.length; ) {
    const head = raw.readUInt32LE(at);
    const size = head & 0x3fffffff;
    const end = at + size;
    const next = Math.ceil(end / 8) * 8;
    if (size < 4 || next > raw.length) fail('block out of bounds');
    if (raw.subarray(end, next).some((byte) => byte !== 0)) fail('padding');
    blocks.push({ type: head >>> 30, body: raw.subarray(at + 4, end) });
    at = next;
  }
  const order = blocks.map(({ type }) => type).join('');
  if (!/^01*2*$/.test(order)) fail(`blocks in the order ${order}`);
  const payload = blocks[0]!.body;
  if (payload.readUInt32LE(0) !== 0) fail('version');
  return {
    schema: raw.toString('latin1', 4, 8),
    payload,
    root: slots(readValue(payload, payload.readUInt32LE(4))),
    signatures: blocks.filter(({ type }) => type === 1).map(({ body }) => body),
    data: blocks.filter(({ type }) => type === 2).map(({ body }) => body),
  };
};

/** Is one of the signatures of this key? */
export const isSignedBy = ({ schema, payload, signatures }: AdbContent, publicPem: string): boolean => {
  const key = createPublicKey(publicPem);
  // The point is the end of the SubjectPublicKeyInfo.
  const point = key.export({ format: 'der', type: 'spki' }).subarray(-65);
  const id = createHash('sha512').update(point).digest().subarray(0, 16);
  const digest = createHash('sha512').update(payload).digest();
  return signatures.some((block) => {
    if (block[0] !== 0 || block[1] !== 4 || !block.subarray(2, 18).equals(id)) return false;
    const message = Buffer.concat([Buffer.from(schema, 'latin1'), block.subarray(0, 18), digest]);
    return verify('sha512', message, key, block.subarray(18));
  });
};

const isSorted = (names: readonly string[]): boolean =>
  names.every((name, i) => i === 0 || Buffer.compare(Buffer.from(names[i - 1]!), Buffer.from(name)) < 0);

/** Every file, link and directory, with the contents that their hashes promise. */
export const readApkTree = ({ root, data }: AdbContent): readonly ApkNode[] => {
  const contents = new Map(
    data.map((block) => [`${block.readUInt32LE(0)}/${block.readUInt32LE(4)}`, block.subarray(8)]),
  );
  const directories = slots(root[2]).slice(1).map(slots);
  if (!isSorted(directories.map((each) => text(each[1])))) fail('directories not sorted');
  const nodes = directories.flatMap((directory, d) => {
    const prefix = text(directory[1]);
    const files = slots(directory[3]).slice(1).map(slots);
    if (!isSorted(files.map((each) => text(each[1])))) fail('files not sorted');
    const describe = (acl: AdbValue) => ({
      mode: int(slots(acl)[1]),
      owner: `${text(slots(acl)[2])}:${text(slots(acl)[3])}`,
    });
    const own = { path: `/${prefix}`, mtimeSec: 0, ...describe(directory[2]) };
    const inside = files.map((file, f): ApkNode => {
      const path = `${prefix === '' ? '' : `/${prefix}`}/${text(file[1])}`;
      const common = { path, mtimeSec: int(file[4]), ...describe(file[2]) };
      if (Buffer.isBuffer(file[6])) return { ...common, target: file[6].subarray(2).toString() };
      const key = `${d + 1}/${f + 1}`;
      const bytes = contents.get(key) ?? Buffer.alloc(0);
      contents.delete(key);
      if (bytes.length !== int(file[3])) fail(`size of ${path}`);
      const hash = createHash('sha256').update(bytes).digest();
      if (!(Buffer.isBuffer(file[5]) && hash.equals(file[5]))) fail(`hash of ${path}`);
      return { ...common, bytes };
    });
    return [own, ...inside];
  });
  if (contents.size > 0) fail('data that belongs to no file');
  return nodes;
};

/** Does the package's id hold: the start of the payload's hash with the id itself zero? */
export const hasTrueId = ({ root, payload }: AdbContent): boolean => {
  const id = slots(root[1])[3];
  if (!Buffer.isBuffer(id) || id.length !== 20) return false;
  const zeroed = Buffer.from(payload);
  zeroed.fill(0, payload.indexOf(id), payload.indexOf(id) + id.length);
  return createHash('sha256').update(zeroed).digest().subarray(0, 20).equals(id);
};
