/** An apk 3 repository: the packages and `packages.adb`, the schema `indx` over ADB. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { type AdbTag, type AdbWriter, createAdbWriter, encodeAdbFile } from '../../package/src/adb.ts';
import { writePackageInfo } from '../../package/src/apk-info.ts';
import type { BuiltPackage } from '../../package/src/build-packages.ts';
import { publicPointOf } from '../../package/src/ecdsa.ts';
import { byBytes } from '../../package/src/entries.ts';
import type { OutputFile } from '../../package/src/source-feed.ts';

const writeEntry = (
  adb: AdbWriter,
  { spec, bytes, payloadHash, installedBytes = 0 }: BuiltPackage,
): AdbTag => {
  if (payloadHash === undefined) throw new RangeError(`Not an apk: ${spec.name}`);
  return writePackageInfo(adb, spec, {
    hashes: adb.blob(payloadHash),
    installedBytes,
    fileBytes: bytes.length,
  });
};

/** The index, signed by each key. */
export const encodeApkIndex = (packages: readonly BuiltPackage[], keys: readonly KeyObject[]): Uint8Array => {
  const adb = createAdbWriter();
  const sorted = [...packages].sort((a, b) => byBytes(a.spec.name, b.spec.name));
  const entries = adb.array(sorted.map((built) => writeEntry(adb, built)));
  const payload = adb.finish(adb.object({ 1: adb.blob('Sidegate'), 2: entries }));
  return encodeAdbFile({ schema: 'indx', payload, keys });
};

/** apk finds a key by its content: the name only has to be unlike others. */
const keyFileName = (key: KeyObject): string =>
  `sidegate-${createHash('sha256').update(publicPointOf(key)).digest('hex').slice(0, 8)}.pem`;

/** Every file of the repository. */
export const buildApkRepository = (
  packages: readonly BuiltPackage[],
  keys: readonly KeyObject[],
): readonly OutputFile[] => [
  ...packages.map(({ fileName, bytes }) => ({ path: fileName, bytes })),
  { path: 'packages.adb', bytes: encodeApkIndex(packages, keys) },
  ...keys.map((key) => ({
    path: `keys/${keyFileName(key)}`,
    bytes: Buffer.from(createPublicKey(key).export({ format: 'pem', type: 'spki' })),
  })),
];
