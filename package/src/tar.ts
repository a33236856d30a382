/** tar archives in GNU format, the one that dpkg, opkg and every tar read: root owns everything, one time for all. */
import type { Entry } from './entries.ts';

const BLOCK_BYTES = 512;
/** tar(5): archives are padded to records of twenty blocks. */
const RECORD_BYTES = 20 * BLOCK_BYTES;
const NAME_BYTES = 100;
const GNU_MAGIC = 'ustar  \0';
const GNU_LONG_NAME = '././@LongLink';

/** Octal, zero-padded, closed by NUL, as wide as its field. */
const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;

const padded = (bytes: Uint8Array, unit: number): Uint8Array => {
  const result = new Uint8Array(Math.ceil(bytes.length / unit) * unit);
  result.set(bytes);
  return result;
};

interface Header {
  readonly name: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly epochSec: number;
  readonly type: '0' | '2' | '5' | 'L';
  readonly target?: string;
}

const encodeHeader = ({ name, mode, sizeBytes, epochSec, type, target = '' }: Header): Uint8Array => {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, NAME_BYTES, 'utf8');
  header.write(octal(mode, 8) + octal(0, 8) + octal(0, 8), 100, 'latin1');
  header.write(octal(sizeBytes, 12) + octal(epochSec, 12), 124, 'latin1');
  header.write(`        ${type}`, 148, 'latin1');
  header.write(target, 157, NAME_BYTES, 'utf8');
  header.write(GNU_MAGIC, 257, 'latin1');
  header.write('root', 265, 'latin1');
  header.write('root', 297, 'latin1');
  // The sum is taken with its own field full of spaces.
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 7)} `, 148, 'latin1');
  return header;
};

const encodeLongName = (name: string): readonly Uint8Array[] => {
  const bytes = Buffer.from(`${name}\0`);
  if (bytes.length <= NAME_BYTES) return [];
  const header = {
    name: GNU_LONG_NAME,
    mode: 0o644,
    sizeBytes: bytes.length,
    epochSec: 0,
    type: 'L',
  } as const;
  return [encodeHeader(header), padded(bytes, BLOCK_BYTES)];
};

const encodeEntry = (entry: Entry, epochSec: number): readonly Uint8Array[] => {
  const name = `./${entry.path}${entry.kind === 'directory' ? '/' : ''}`;
  const long = encodeLongName(name);
  switch (entry.kind) {
    case 'directory':
      return [...long, encodeHeader({ name, mode: entry.mode, sizeBytes: 0, epochSec, type: '5' })];
    case 'symlink': {
      if (Buffer.byteLength(entry.target) > NAME_BYTES) throw new RangeError(`Link too long: ${entry.path}`);
      const { target } = entry;
      return [...long, encodeHeader({ name, mode: 0o777, sizeBytes: 0, epochSec, type: '2', target })];
    }
    case 'file': {
      const sizeBytes = entry.bytes.length;
      const header = encodeHeader({ name, mode: entry.mode, sizeBytes, epochSec, type: '0' });
      return [...long, header, padded(entry.bytes, BLOCK_BYTES)];
    }
  }
};

/** Writes the entries in the order given; `withRoot` puts `./` first, as dpkg-deb does. */
export const encodeTar = (
  entries: readonly Entry[],
  { epochSec, withRoot = false }: { readonly epochSec: number; readonly withRoot?: boolean },
): Uint8Array => {
  const root = { name: './', mode: 0o755, sizeBytes: 0, epochSec, type: '5' } as const;
  const parts = entries.flatMap((entry) => encodeEntry(entry, epochSec));
  const all = Buffer.concat([
    ...(withRoot ? [encodeHeader(root)] : []),
    ...parts,
    Buffer.alloc(2 * BLOCK_BYTES),
  ]);
  return padded(all, RECORD_BYTES);
};
