import { expect, it } from 'vitest';
import { encodeAr } from './ar.ts';
import { fileEntry } from './entries.ts';
import { encodeTar } from './tar.ts';

const field = (tar: Uint8Array, from: number, to: number) =>
  Buffer.from(tar.subarray(from, to)).toString('latin1').replace(/\0.*$/s, '');

it('writes a header whose sum is right, owned by root, at the one time', () => {
  const tar = encodeTar([fileEntry('usr/bin/x', 'hello', 0o755)], { epochSec: 1_700_000_000 });
  expect(field(tar, 0, 100)).toBe('./usr/bin/x');
  expect([field(tar, 100, 108), field(tar, 108, 116), field(tar, 116, 124)]).toEqual([
    '0000755',
    '0000000',
    '0000000',
  ]);
  expect(Number.parseInt(field(tar, 136, 148), 8)).toBe(1_700_000_000);
  const header = Buffer.from(tar.subarray(0, 512));
  const sum = Number.parseInt(field(tar, 148, 156), 8);
  header.fill(' ', 148, 156);
  expect(header.reduce((total, byte) => total + byte, 0)).toBe(sum);
  expect(tar.length % 10_240).toBe(0);
});

it('keeps a name that is longer than its field', () => {
  const name = `${'d/'.repeat(60)}file`;
  const tar = encodeTar([fileEntry(name, '')], { epochSec: 0 });
  expect(field(tar, 0, 100)).toBe('././@LongLink');
  expect(field(tar, 512, 1024)).toBe(`./${name}`);
});

it('refuses a link that does not fit, rather than cutting it', () => {
  const link = { kind: 'symlink', path: 'a', target: 'x'.repeat(101) } as const;
  expect(() => encodeTar([link], { epochSec: 0 })).toThrow(RangeError);
});

it('pads members of an ar archive to even offsets, and refuses names that do not fit', () => {
  const ar = Buffer.from(encodeAr([{ name: 'a', bytes: Buffer.from('x') }], 0)).toString();
  expect(ar).toBe(`!<arch>\n${'a'.padEnd(16)}${'0'.padEnd(12)}0     0     100644  ${'1'.padEnd(10)}\`\nx\n`);
  expect(() => encodeAr([{ name: 'much-too-long-name', bytes: Buffer.of() }], 0)).toThrow(RangeError);
});
