/** What an OpenWrt buildroot takes: a source archive, and the feed of `openwrt/` that names it and its hash. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSame } from './compress.ts';
import { completeTree, fileEntry } from './entries.ts';
import type { PackageSpec } from './package-spec.ts';
import { encodeTar } from './tar.ts';

/** A file to publish, by its path. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const LIB = 'usr/lib/sidegate/';

/** The built agent and its UI under `sidegate-<version>/`, as PKG_SOURCE. */
const encodeArchive = (spec: PackageSpec, version: string, license: Uint8Array): Uint8Array => {
  const built = spec.entries
    .filter(({ path }) => path.startsWith(LIB))
    .map((entry) => ({ ...entry, path: `sidegate-${version}/${entry.path.slice(LIB.length)}` }));
  const entries = completeTree([...built, fileEntry(`sidegate-${version}/LICENSE`, license)]);
  return gzipSame(encodeTar(entries, { epochSec: spec.epochSec }));
};

/** Taken as they are, from `openwrt/`. */
const FOLDERS = ['sidegate/files', 'luci-app-sidegate'];

const filesBelow = (root: string, folder: string): readonly OutputFile[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
    .sort()
    .map((path) => ({ path, bytes: readFileSync(join(root, path)) }));

const withVersion = (makefile: string, version: string, release = ''): string =>
  makefile
    .replace(/^PKG_VERSION:=.*$/m, `PKG_VERSION:=${version}`)
    .replace(/^PKG_RELEASE:=.*$/m, `PKG_RELEASE:=${release}`);

/** Writes the archive and the feed with version, address and hash filled in. `ipk` is the package as opkg has it. */
export const buildSourceFeed = (root: string, ipk: PackageSpec, url: string): readonly OutputFile[] => {
  const [version = '', release = ''] = ipk.version.split('-r');
  const bytes = encodeArchive(ipk, version, readFileSync(join(root, 'LICENSE')));
  const hash = createHash('sha256').update(bytes).digest('hex');
  const feed = join(root, 'openwrt');
  const makefile = withVersion(readFileSync(join(feed, 'sidegate/Makefile'), 'utf8'), version, release)
    .replace(/^PKG_SOURCE_URL:=.*$/m, `PKG_SOURCE_URL:=${url}`)
    .replace(/^PKG_HASH:=.*$/m, `PKG_HASH:=${hash}`);
  return [
    { path: `sidegate-${version}.tar.gz`, bytes },
    { path: 'sidegate/Makefile', bytes: Buffer.from(makefile) },
    ...FOLDERS.flatMap((folder) => filesBelow(feed, folder)).map(({ path, bytes: text }) => ({
      path,
      bytes: path.endsWith('/Makefile')
        ? Buffer.from(withVersion(Buffer.from(text).toString(), version, release))
        : text,
    })),
  ];
};
