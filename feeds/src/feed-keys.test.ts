import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addKeys, generateKeySet, promoteKeys, readKeys } from './feed-keys.ts';
import { fingerprintOf } from './openpgp.ts';
import { usignFileName } from './usign.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'sidegate-keys-')), 'keys');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

const newKeys = () => generateKeySet('Feed <feed@example.com>', 1_700_000_000);
const namesOf = () =>
  readKeys(directory).map(({ apt, opkg }) => `${fingerprintOf(apt)} ${usignFileName(opkg)}`);
const nameOf = ({ apt, opkg }: ReturnType<typeof newKeys>) => `${fingerprintOf(apt)} ${usignFileName(opkg)}`;

it('keeps keys where only their owner reads them', () => {
  const keys = newKeys();
  expect(addKeys(directory, keys)).toBe('current');
  expect(namesOf()).toEqual([nameOf(keys)]);
  expect(readKeys(directory)[0].apk.export({ format: 'jwk' })).toEqual(keys.apk.export({ format: 'jwk' }));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  for (const name of ['apt.json', 'opkg.sec', 'apk.pem']) {
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  }
});

it('rotates: both generations sign, then the next one alone', () => {
  const [first, second] = [newKeys(), newKeys()];
  addKeys(directory, first);
  expect(addKeys(directory, second)).toBe('next');
  expect(namesOf()).toEqual([nameOf(first), nameOf(second)]);
  promoteKeys(directory);
  expect(namesOf()).toEqual([nameOf(second)]);
});

it('never overwrites a key, and does not promote what is not there', () => {
  addKeys(directory, newKeys());
  expect(() => promoteKeys(directory)).toThrow('no next keys');
  addKeys(directory, newKeys());
  const before = namesOf();
  expect(() => addKeys(directory, newKeys())).toThrow('EEXIST');
  expect(namesOf()).toEqual(before);
});
