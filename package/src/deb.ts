/** Debian binary packages, deb(5): an ar archive of a version, control.tar.gz and data.tar.gz. */
import { createHash } from 'node:crypto';
import { encodeAr } from './ar.ts';
import { gzipSame } from './compress.ts';
import { completeTree, type Entry, fileEntry, filesOf } from './entries.ts';
import { type PackageSpec, renderFields, renderParagraph } from './package-spec.ts';
import { encodeTar } from './tar.ts';

/** Policy 5.6.20: an estimate in KiB, directories counted as one. */
const installedKib = (entries: readonly Entry[]): number =>
  entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? Math.ceil(entry.bytes.length / 1024) : 1), 0);

/** The control file. */
export const renderDebControl = (spec: PackageSpec): string =>
  renderFields([
    ['Package', spec.name],
    ['Version', spec.version],
    ['Architecture', spec.architecture],
    ['Maintainer', spec.maintainer],
    ['Installed-Size', String(installedKib(completeTree(spec.entries)))],
    ['Depends', spec.depends.join(', ')],
    ['Recommends', spec.recommends.join(', ')],
    ['Suggests', spec.suggests.join(', ')],
    ['Section', spec.section],
    ['Priority', 'optional'],
    ['Homepage', spec.url],
    ['Description', spec.summary],
  ]) + renderParagraph(spec.description);

const renderMd5Sums = (spec: PackageSpec): string =>
  filesOf(completeTree(spec.entries))
    .filter(({ path }) => !spec.conffiles.includes(`/${path}`))
    .map(({ path, bytes }) => `${createHash('md5').update(bytes).digest('hex')}  ${path}\n`)
    .join('');

const controlEntries = (spec: PackageSpec): readonly Entry[] => [
  fileEntry('control', renderDebControl(spec)),
  fileEntry('md5sums', renderMd5Sums(spec)),
  ...(spec.conffiles.length === 0 ? [] : [fileEntry('conffiles', `${spec.conffiles.join('\n')}\n`)]),
  ...Object.entries(spec.scripts).map(([name, text]) => fileEntry(name, text, 0o755)),
];

/** Writes the package. */
export const encodeDeb = (spec: PackageSpec): Uint8Array => {
  const { epochSec } = spec;
  const pack = (entries: readonly Entry[]) =>
    gzipSame(encodeTar(completeTree(entries), { epochSec, withRoot: true }));
  const members = [
    { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
    { name: 'control.tar.gz', bytes: pack(controlEntries(spec)) },
    { name: 'data.tar.gz', bytes: pack(spec.entries) },
  ];
  return encodeAr(members, epochSec);
};

/** Name of the file in a pool. */
export const debFileName = ({ name, version, architecture }: PackageSpec): string =>
  `${name}_${version}_${architecture}.deb`;
