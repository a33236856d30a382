import { createHash, createPublicKey } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { encodeApk } from '../../package/src/apk.ts';
import type { BuiltPackage } from '../../package/src/build-packages.ts';
import { encodeDeb } from '../../package/src/deb.ts';
import { encodeIpk } from '../../package/src/ipk.ts';
import type { OutputFile } from '../../package/src/source-feed.ts';
import { exampleSpec } from '../../package/src/testing/example-spec.ts';
import { isSignedBy, readAdb, slots, text } from '../../package/src/testing/read-apk.ts';
import { buildApkRepository } from './apk-repository.ts';
import { buildAptRepository } from './apt-repository.ts';
import { generateKeySet } from './feed-keys.ts';
import { buildOpkgRepository, renderOpkgIndex } from './opkg-repository.ts';

const keys = generateKeySet('Feed <feed@example.com>', 1_700_000_000);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const fileOf = (files: readonly OutputFile[], path: string): Buffer => {
  const found = files.find((file) => file.path === path);
  if (found === undefined) throw new Error(`No file ${path}`);
  return Buffer.from(found.bytes);
};

const ipk = (description: string): BuiltPackage => {
  const spec = exampleSpec({ architecture: 'all', description });
  return { format: 'ipk', fileName: 'example_1.2.3-r1_all.ipk', spec, ...encodeIpk(spec) };
};
const apk = (name: string): BuiltPackage => {
  const spec = exampleSpec({ name });
  return { format: 'apk', fileName: `${name}-1.2.3-r1.apk`, spec, ...encodeApk(spec, []) };
};
const deb = (architecture: string): BuiltPackage => {
  const spec = exampleSpec({ architecture, version: '1.2.3', scripts: {} });
  return { format: 'deb', fileName: `example_1.2.3_${architecture}.deb`, spec, bytes: encodeDeb(spec) };
};

it('opkg: the index names file, size and hash, and leaves out what only builders need', () => {
  const built = ipk('A description.');
  const files = buildOpkgRepository([built], [keys.opkg]);
  const index = fileOf(files, 'Packages').toString();
  expect(gunzipSync(fileOf(files, 'Packages.gz')).toString()).toBe(index);
  expect(index).toContain(
    `Filename: example_1.2.3-r1_all.ipk\nSize: ${built.bytes.length}\nSHA256sum: ${sha256(built.bytes)}\nDescription: `,
  );
  expect(index).not.toMatch(/Maintainer|SourceDateEpoch/);
  expect(index).toMatch(/\n\n$/);
});

it('opkg: the index is never of a size that an old usign hashes wrongly', () => {
  const sizes = Array.from({ length: 128 }, (_, i) => renderOpkgIndex([ipk('x'.repeat(1 + i))]).length);
  expect(new Set(sizes.map((size) => (64 + size) % 128)).size).toBeGreaterThan(100);
  expect(sizes.filter((size) => [110, 111].includes((64 + size) % 128))).toEqual([]);
});

it('apk: the signed index names each package by the hash of its payload, sorted', () => {
  const packages = [apk('zebra'), apk('ant')];
  const files = buildApkRepository(packages, [keys.apk]);
  const index = readAdb(fileOf(files, 'packages.adb'));
  const pem = createPublicKey(keys.apk).export({ format: 'pem', type: 'spki' }).toString();
  expect([index.schema, isSignedBy(index, pem)]).toEqual(['indx', true]);
  const entries = slots(index.root[2]).slice(1).map(slots);
  expect(entries.map((entry) => text(entry[1]))).toEqual(['ant', 'zebra']);
  const payload = readAdb(fileOf(files, 'ant-1.2.3-r1.apk')).payload;
  expect(entries[0]?.[3]).toEqual(createHash('sha256').update(payload).digest());
  expect(entries[0]?.[13]).toBe(fileOf(files, 'ant-1.2.3-r1.apk').length);
  expect(fileOf(files, files.find(({ path }) => path.endsWith('.pem'))!.path).toString()).toBe(pem);
});

it('apt: Release names every index, every index is there by its hash, and `all` is in each', () => {
  const files = buildAptRepository([deb('all'), deb('arm64')], [keys.apt], 1_700_000_000);
  const release = fileOf(files, 'dists/stable/Release').toString();
  expect(release).toContain('Date: Tue, 14 Nov 2023 22:13:20 UTC\n');
  const sums = [...release.matchAll(/^ ([0-9a-f]{64}) (\d+) (\S+)$/gm)];
  expect(sums).toHaveLength(6);
  for (const [, hash = '', size, path = ''] of sums) {
    const bytes = fileOf(files, `dists/stable/${path}`);
    expect([sha256(bytes), String(bytes.length)]).toEqual([hash, size]);
    expect(fileOf(files, `dists/stable/${path.replace(/[^/]+$/, '')}by-hash/SHA256/${hash}`)).toEqual(bytes);
  }
  const named = (architecture: string) =>
    [
      ...fileOf(files, `dists/stable/main/binary-${architecture}/Packages`)
        .toString()
        .matchAll(/^Architecture: (.*)$/gm),
    ].map(([, found]) => found);
  expect([named('amd64'), named('arm64')]).toEqual([['all'], ['all', 'arm64']]);
});
