/** An opkg repository: the packages and `Packages.gz`, signed by usign over what is inside it. */
import { createHash } from 'node:crypto';
import type { BuiltPackage } from '../../package/src/build-packages.ts';
import { gzipSame } from '../../package/src/compress.ts';
import { renderIpkControl } from '../../package/src/ipk.ts';
import { renderFields } from '../../package/src/package-spec.ts';
import type { OutputFile } from '../../package/src/source-feed.ts';
import { renderUsignPublic, renderUsignSignature, type UsignKey, usignFileName } from './usign.ts';

/** What `ipkg-make-index.sh` leaves out of an index. */
const NOT_IN_INDEX = /^(Maintainer|LicenseFiles|Source|SourceName|Require[^:]*|SourceDateEpoch): .*\n/gm;

const renderStanza = ({ spec, installedBytes = 0, fileName, bytes }: BuiltPackage): string => {
  const place = renderFields([
    ['Filename', fileName],
    ['Size', String(bytes.length)],
    ['SHA256sum', createHash('sha256').update(bytes).digest('hex')],
  ]);
  return renderIpkControl(spec, installedBytes)
    .replace(NOT_IN_INDEX, '')
    .replace(/^Description: /m, `${place}Description: `);
};

/** Old usign computes SHA-512 wrongly where the padding just does not fit; OpenWrt's own index avoids those sizes. */
const avoidBadSizes = (text: string): string =>
  [110, 111].includes((64 + Buffer.byteLength(text)) % 128) ? `${text}\n\n` : text;

/** The index of the packages. */
export const renderOpkgIndex = (packages: readonly BuiltPackage[]): string =>
  avoidBadSizes(packages.map((built) => `${renderStanza(built)}\n`).join(''));

/** Every file of the repository. The first key signs; all are there to be installed. */
export const buildOpkgRepository = (
  packages: readonly BuiltPackage[],
  keys: readonly [UsignKey, ...UsignKey[]],
): readonly OutputFile[] => {
  const index = Buffer.from(renderOpkgIndex(packages));
  return [
    ...packages.map(({ fileName, bytes }) => ({ path: fileName, bytes })),
    { path: 'Packages', bytes: index },
    { path: 'Packages.gz', bytes: gzipSame(index) },
    { path: 'Packages.sig', bytes: Buffer.from(renderUsignSignature(keys[0], index)) },
    ...keys.map((key) => ({
      path: `keys/${usignFileName(key)}`,
      bytes: Buffer.from(renderUsignPublic(key)),
    })),
  ];
};
