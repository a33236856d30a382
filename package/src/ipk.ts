/**
 * opkg packages as OpenWrt's `ipkg-build` makes them: a gzip'd tar, not ar, of a version, data.tar.gz and
 * control.tar.gz, in this order.
 */
import { gzipSame } from './compress.ts';
import { completeTree, type Entry, fileEntry } from './entries.ts';
import { keepEntries } from './openwrt-files.ts';
import { type PackageSpec, renderFields } from './package-spec.ts';
import { encodeTar } from './tar.ts';

/** The control file, fields in the SDK's order. */
export const renderIpkControl = (spec: PackageSpec, installedBytes: number): string =>
  renderFields([
    ['Package', spec.name],
    ['Version', spec.version],
    ['Depends', spec.depends.join(', ')],
    ['License', spec.license],
    ['Section', spec.section],
    ['SourceDateEpoch', String(spec.epochSec)],
    ['URL', spec.url],
    ['Maintainer', spec.maintainer],
    ['Architecture', spec.architecture],
    ['Installed-Size', String(installedBytes)],
    ['Description', `${spec.summary}. ${spec.description}`],
  ]);

/** A package, and the size that its control file and an index name: that of the unpacked data. */
export interface EncodedIpk {
  readonly bytes: Uint8Array;
  readonly installedBytes: number;
}

/** Writes the package. */
export const encodeIpk = (spec: PackageSpec): EncodedIpk => {
  const { epochSec } = spec;
  const data = encodeTar(completeTree([...spec.entries, ...keepEntries(spec)]), { epochSec, withRoot: true });
  const control: readonly Entry[] = [
    fileEntry('control', renderIpkControl(spec, data.length)),
    ...(spec.conffiles.length === 0 ? [] : [fileEntry('conffiles', `${spec.conffiles.join('\n')}\n`)]),
    ...Object.entries(spec.scripts).map(([name, text]) => fileEntry(name, text, 0o755)),
  ];
  const parts: readonly Entry[] = [
    fileEntry('debian-binary', '2.0\n'),
    fileEntry('data.tar.gz', gzipSame(data)),
    fileEntry('control.tar.gz', gzipSame(encodeTar(completeTree(control), { epochSec, withRoot: true }))),
  ];
  return { bytes: gzipSame(encodeTar(parts, { epochSec })), installedBytes: data.length };
};

/** Name of the file in a feed. */
export const ipkFileName = ({ name, version, architecture }: PackageSpec): string =>
  `${name}_${version}_${architecture}.ipk`;
