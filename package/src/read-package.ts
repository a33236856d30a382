/** Turns a manifest into what the writers take: reads the files, runs the programs that print some. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSame } from './compress.ts';
import { type Entry, fileEntry } from './entries.ts';
import type { Format, FormatSpec, Item, PackageManifest } from './manifest-types.ts';
import type { PackageSpec } from './package-spec.ts';
import { readRegistryFile } from './registry-file.ts';
import { debVersion, openwrtVersion } from './version.ts';

/** What holds for every package. */
export interface Origin {
  readonly maintainer: string;
  readonly license: string;
  readonly url: string;
}

/** Where and when. */
export interface ReadContext {
  /** The repository. */
  readonly root: string;
  readonly origin: Origin;
  readonly epochSec: number;
}

/** Not below `dist/packages`, which every build begins anew. */
const CACHE = 'dist/cache';

const inPackage = (to: string): string => to.replace(/^\//, '');

const readBytes = (root: string, source: Exclude<Item['source'], { tree: string }>): Uint8Array => {
  if ('from' in source) return readFileSync(join(root, source.from));
  if ('text' in source) return Buffer.from(source.text);
  if ('registry' in source) return readRegistryFile(join(root, CACHE), source.registry);
  const [bundle, ...args] = source.printedBy;
  return execFileSync(process.execPath, [join(root, bundle), ...args]);
};

const readItem = (root: string, { source, to, mode = 0o644, gzip = false }: Item): readonly Entry[] => {
  if ('tree' in source) {
    const top = join(root, source.tree);
    return readdirSync(top, { recursive: true, withFileTypes: true })
      .filter((found) => found.isFile())
      .map((found) => join(found.parentPath, found.name))
      .map((path) => fileEntry(inPackage(to + path.slice(top.length)), readFileSync(path), mode));
  }
  const bytes = readBytes(root, source);
  return [fileEntry(inPackage(to), gzip ? gzipSame(bytes) : bytes, mode)];
};

const semverOf = (root: string, { version }: PackageManifest): string => {
  if (typeof version === 'string') return version;
  const workspace = JSON.parse(readFileSync(join(root, version.of, 'package.json'), 'utf8'));
  return (workspace as { readonly version: string }).version;
};

const versionIn = (format: Format, semver: string): string =>
  format === 'deb' ? debVersion(semver) : openwrtVersion(semver);

const readScripts = (root: string, scripts: FormatSpec['scripts'], version: string) =>
  Object.fromEntries(
    Object.entries(scripts).map(([moment, file]) => [
      moment,
      readFileSync(join(root, file), 'utf8').replaceAll('@VERSION@', version),
    ]),
  );

/** Reads a package as one format wants it; `undefined` where it is not made in that format. */
export const readPackage = (
  manifest: PackageManifest,
  format: Format,
  { root, origin, epochSec }: ReadContext,
): PackageSpec | undefined => {
  const spec = manifest.formats[format];
  if (spec === undefined) return undefined;
  const version = versionIn(format, semverOf(root, manifest));
  const { name, summary, description, section } = manifest;
  return {
    ...{ ...origin, name, summary, description, section, version, epochSec },
    architecture: spec.architecture,
    depends: spec.depends,
    recommends: spec.recommends ?? [],
    suggests: spec.suggests ?? [],
    entries: spec.items.flatMap((item) => readItem(root, item)),
    conffiles: spec.items.filter(({ conffile }) => conffile === true).map(({ to }) => to),
    keep: spec.keep ?? [],
    scripts: readScripts(root, spec.scripts, version),
  };
};
