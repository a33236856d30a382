/** An apt repository: a pool, indexes by architecture, reachable by hash, under one signed Release. */
import { createHash } from 'node:crypto';
import type { BuiltPackage } from '../../package/src/build-packages.ts';
import { gzipSame } from '../../package/src/compress.ts';
import { renderDebControl } from '../../package/src/deb.ts';
import { renderFields } from '../../package/src/package-spec.ts';
import type { OutputFile } from '../../package/src/source-feed.ts';
import { type OpenPgpKey, renderClearSigned, renderDetached, renderKeyring } from './openpgp.ts';

/** `all` has no index of its own: its packages stand in every other. */
const ARCHITECTURES = ['amd64', 'arm64', 'armhf'];
const SUITE = 'stable';
const COMPONENT = 'main';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const poolPath = ({ spec, fileName }: BuiltPackage): string =>
  `pool/${COMPONENT}/${spec.name[0]}/${spec.name}/${fileName}`;

/** The control file with where the package is, how large, and its hash. */
const renderStanza = (built: BuiltPackage): string => {
  const place = renderFields([
    ['Filename', poolPath(built)],
    ['Size', String(built.bytes.length)],
    ['SHA256', sha256(built.bytes)],
  ]);
  return renderDebControl(built.spec).replace(/^Description: /m, `${place}Description: `);
};

const renderIndex = (packages: readonly BuiltPackage[], architecture: string): string =>
  packages
    .filter(({ spec }) => [architecture, 'all'].includes(spec.architecture))
    .map(renderStanza)
    .join('\n');

const renderRelease = (indexes: readonly OutputFile[], epochSec: number): string => {
  const fields = renderFields([
    ['Origin', 'Sidegate'],
    ['Label', 'Sidegate'],
    ['Suite', SUITE],
    ['Codename', SUITE],
    ['Architectures', ARCHITECTURES.join(' ')],
    ['Components', COMPONENT],
    ['Date', new Date(1000 * epochSec).toUTCString().replace('GMT', 'UTC')],
    ['Acquire-By-Hash', 'yes'],
    ['Description', 'Sidegate for Debian and its derivatives'],
  ]);
  const sums = indexes.map(({ path, bytes }) => ` ${sha256(bytes)} ${bytes.length} ${path}\n`).join('');
  return `${fields}SHA256:\n${sums}`;
};

const byHash = ({ path, bytes }: OutputFile): OutputFile => ({
  path: `${path.slice(0, path.lastIndexOf('/'))}/by-hash/SHA256/${sha256(bytes)}`,
  bytes,
});

/** Every file of the repository. */
export const buildAptRepository = (
  packages: readonly BuiltPackage[],
  keys: readonly OpenPgpKey[],
  epochSec: number,
): readonly OutputFile[] => {
  const indexes = ARCHITECTURES.flatMap((architecture) => {
    const bytes = Buffer.from(renderIndex(packages, architecture));
    const path = `${COMPONENT}/binary-${architecture}/Packages`;
    return [
      { path, bytes },
      { path: `${path}.gz`, bytes: gzipSame(bytes) },
    ];
  });
  const release = renderRelease(indexes, epochSec);
  const signed = [
    { path: 'Release', bytes: Buffer.from(release) },
    { path: 'Release.gpg', bytes: Buffer.from(renderDetached(keys, Buffer.from(release), epochSec)) },
    { path: 'InRelease', bytes: Buffer.from(renderClearSigned(keys, release, epochSec)) },
  ];
  const dists = [...indexes, ...indexes.map(byHash), ...signed];
  return [
    ...packages.map((built) => ({ path: poolPath(built), bytes: built.bytes })),
    ...dists.map(({ path, bytes }) => ({ path: `dists/${SUITE}/${path}`, bytes })),
    { path: 'sidegate-archive-keyring.asc', bytes: Buffer.from(renderKeyring(keys)) },
  ];
};
