import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAdbWriter, encodeAdbFile } from './adb.ts';
import { encodeApk } from './apk.ts';
import { fileEntry } from './entries.ts';
import { exampleSpec } from './testing/example-spec.ts';
import { hasTrueId, isSignedBy, readAdb, readApkTree, slots, text } from './testing/read-apk.ts';

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pemOf = (key: ReturnType<typeof newKey>) =>
  createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
const encode = (spec = exampleSpec(), keys: Parameters<typeof encodeApk>[1] = []) =>
  Buffer.from(encodeApk(spec, keys).bytes);

it('holds every file, link and directory, with the lists that OpenWrt looks for', () => {
  const tree = readApkTree(readAdb(encode()));
  expect(tree.map(({ path, mode }) => `${mode.toString(8)} ${path}`)).toEqual([
    '755 /',
    '755 /etc',
    '755 /etc/example',
    '600 /etc/example/config',
    '755 /lib',
    '755 /lib/apk',
    '755 /lib/apk/packages',
    '644 /lib/apk/packages/example.conffiles',
    '644 /lib/apk/packages/example.conffiles_static',
    '644 /lib/apk/packages/example.list',
    '755 /lib/upgrade',
    '755 /lib/upgrade/keep.d',
    '644 /lib/upgrade/keep.d/example',
    '755 /usr',
    '755 /usr/bin',
    '777 /usr/bin/eg',
    '755 /usr/bin/example',
    '755 /usr/lib',
    '755 /usr/lib/example',
    '644 /usr/lib/example/empty',
    '644 /usr/lib/example/large',
    '755 /var',
    '755 /var/lib',
    '700 /var/lib/example',
  ]);
  const byPath = new Map(tree.map((node) => [node.path, node]));
  expect(new Set(tree.map(({ owner }) => owner))).toEqual(new Set(['root:root']));
  expect(byPath.get('/usr/bin/eg')?.target).toBe('example');
  expect(byPath.get('/usr/lib/example/large')?.bytes).toEqual(Buffer.alloc(70_000, 7));
  expect(byPath.get('/lib/apk/packages/example.list')?.bytes?.toString()).toBe(
    '/etc/example/config\n/lib/upgrade/keep.d/example\n/usr/bin/eg\n/usr/bin/example\n/usr/lib/example/empty\n/usr/lib/example/large\n',
  );
});

it('says what it is: name, version, dependencies by name, scripts, and an id that is its hash', () => {
  const content = readAdb(encode());
  expect(content.schema).toBe('pckg');
  const info = slots(content.root[1]);
  expect([1, 2, 5, 6].map((slot) => text(info[slot]))).toEqual([
    'example',
    '1.2.3-r1',
    'noarch',
    'Apache-2.0',
  ]);
  const depends = slots(info[15]).slice(1).map(slots);
  expect(depends.map((each) => text(each[1]))).toEqual(['a', 'a-b', 'b', 'libc']);
  expect([text(depends[2]?.[2]), depends[2]?.[3]]).toEqual(['1.2', 5]);
  expect(text(slots(content.root[3])[3])).toBe('#!/bin/sh\nexit 0\n');
  expect(hasTrueId(content)).toBe(true);
});

it('is signed by the keys given and by no other, and every build gives the same bytes', () => {
  const [ours, next, other] = [newKey(), newKey(), newKey()];
  const bytes = encode(exampleSpec(), [ours, next]);
  const content = readAdb(bytes);
  expect([ours, next, other].map((key) => isSignedBy(content, pemOf(key)))).toEqual([true, true, false]);
  expect(encode(exampleSpec(), [ours, next])).toEqual(bytes);
  const changed = { ...content, payload: Buffer.from(content.payload) };
  changed.payload[changed.payload.length - 1]! ^= 1;
  expect(isSignedBy(changed, pemOf(ours))).toBe(false);
});

it('keeps any contents, whatever the sizes', () => {
  const size = fc.oneof(fc.nat(600), fc.constantFrom(65_534, 65_535, 65_536));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 4 }), (sizes) => {
      const entries = sizes.map((each, i) => fileEntry(`d/${i}`, Buffer.alloc(each, i)));
      const tree = readApkTree(readAdb(encode(exampleSpec({ entries, conffiles: [] }))));
      const found = tree.filter(({ path }) => path.startsWith('/d/')).map(({ bytes }) => bytes?.length);
      expect(found).toEqual(sizes);
    }),
    { numRuns: 25 },
  );
});

it('reads back any value that ADB knows', () => {
  const leaf = fc.oneof(fc.nat(2 ** 32 - 1), fc.uint8Array({ minLength: 1, maxLength: 300 }));
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 20 }), (values) => {
      const adb = createAdbWriter();
      const written = adb.array(
        values.map((value) => (typeof value === 'number' ? adb.int(value) : adb.blob(value))),
      );
      const bytes = encodeAdbFile({ schema: 'indx', payload: adb.finish(written), keys: [] });
      const expected = values.map((value) => (typeof value === 'number' ? value : Buffer.from(value)));
      expect(readAdb(Buffer.from(bytes)).root.slice(1)).toEqual(expected);
    }),
  );
});

it('refuses a path that leads elsewhere, is there twice, or is below a file', () => {
  const build =
    (...paths: string[]) =>
    () =>
      encode(exampleSpec({ entries: paths.map((path) => fileEntry(path, 'x')) }));
  expect(build('../etc/passwd')).toThrow(RangeError);
  expect(build('/etc/passwd')).toThrow(RangeError);
  expect(build('etc//passwd')).toThrow(RangeError);
  expect(build('a', 'a')).toThrow(RangeError);
  expect(build('a', 'a/b')).toThrow(RangeError);
});
