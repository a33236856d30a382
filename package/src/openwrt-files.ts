/** Files that OpenWrt's SDK adds to a package and its base system relies on (`functions.sh`, `sysupgrade`). */
import { createHash } from 'node:crypto';
import { byBytes, type Entry, fileEntry, filesOf } from './entries.ts';
import type { PackageSpec } from './package-spec.ts';

const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');

/** What `sysupgrade` keeps beside modified conffiles. */
export const keepEntries = ({ name, keep }: PackageSpec): readonly Entry[] =>
  keep.length === 0 ? [] : [fileEntry(`lib/upgrade/keep.d/${name}`, lines(keep))];

/** What `default_postinst`, `default_prerm` and `sysupgrade` look for where packages come from apk. */
export const apkListEntries = (spec: PackageSpec): readonly Entry[] => {
  const payload = [...spec.entries, ...keepEntries(spec)];
  const list = payload
    .filter(({ kind }) => kind !== 'directory')
    .map(({ path }) => `/${path}`)
    .sort(byBytes);
  const sums = filesOf(payload)
    .filter(({ path }) => spec.conffiles.includes(`/${path}`))
    .map(({ path, bytes }) => `/${path} ${createHash('sha256').update(bytes).digest('hex')}`);
  const base = `lib/apk/packages/${spec.name}`;
  return [
    fileEntry(`${base}.list`, lines(list)),
    ...(spec.conffiles.length === 0 ? [] : [fileEntry(`${base}.conffiles`, lines(spec.conffiles))]),
    ...(sums.length === 0 ? [] : [fileEntry(`${base}.conffiles_static`, lines(sums))]),
  ];
};
