/** Every package of the manifest in every format, in memory. */
import type { KeyObject } from 'node:crypto';
import { apkFileName, encodeApk } from './apk.ts';
import { debFileName, encodeDeb } from './deb.ts';
import { encodeIpk, ipkFileName } from './ipk.ts';
import type { Format, PackageManifest } from './manifest-types.ts';
import type { PackageSpec } from './package-spec.ts';
import { type ReadContext, readPackage } from './read-package.ts';

/** A package file, and what an index of its format needs. */
export interface BuiltPackage {
  readonly format: Format;
  readonly fileName: string;
  readonly spec: PackageSpec;
  readonly bytes: Uint8Array;
  /** apk and ipk. */
  readonly installedBytes?: number;
  /** apk only. */
  readonly payloadHash?: Uint8Array;
}

const build = (spec: PackageSpec, format: Format, apkKeys: readonly KeyObject[]): BuiltPackage => {
  switch (format) {
    case 'deb':
      return { format, spec, fileName: debFileName(spec), bytes: encodeDeb(spec) };
    case 'ipk':
      return { format, spec, fileName: ipkFileName(spec), ...encodeIpk(spec) };
    case 'apk':
      return { format, spec, fileName: apkFileName(spec), ...encodeApk(spec, apkKeys) };
  }
};

const FORMATS: readonly Format[] = ['deb', 'ipk', 'apk'];

/** Builds all; only .apk files carry signatures of their own. */
export const buildPackages = (
  manifests: readonly PackageManifest[],
  context: ReadContext,
  apkKeys: readonly KeyObject[] = [],
): readonly BuiltPackage[] =>
  manifests.flatMap((manifest) =>
    FORMATS.flatMap((format) => {
      const spec = readPackage(manifest, format, context);
      return spec === undefined ? [] : [build(spec, format, apkKeys)];
    }),
  );
