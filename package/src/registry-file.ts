/** A file out of a package of npm's registry: fetched once, and taken for what it claims to be only by its hash. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Which file, of which package, with the hash that the registry published for the whole. */
export interface RegistryFile {
  readonly package: string;
  readonly version: string;
  /** Subresource integrity: `sha512-` and base64. */
  readonly integrity: string;
  /** Within the archive. */
  readonly path: string;
}

const FILE_MAX_BYTES = 256 * 2 ** 20;

/** The name that `npm pack` gives an archive. */
const archiveName = ({ package: name, version }: RegistryFile): string =>
  `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;

const isIntact = (archive: string, integrity: string): boolean =>
  existsSync(archive) &&
  `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}` === integrity;

/** Reads the file, fetching the archive into `cache` where it is not there yet. Throws when the hash is another. */
export const readRegistryFile = (cache: string, file: RegistryFile): Uint8Array => {
  const archive = join(cache, archiveName(file));
  const what = `${file.package}@${file.version}`;
  if (!isIntact(archive, file.integrity)) {
    mkdirSync(cache, { recursive: true });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', cache, what], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (!isIntact(archive, file.integrity)) {
      rmSync(archive, { force: true });
      throw new Error(`${what} is not what was pinned: its hash is another`);
    }
  }
  return execFileSync('tar', ['-xzOf', archive, file.path], { maxBuffer: FILE_MAX_BYTES });
};
