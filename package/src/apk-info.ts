/** What apk knows of a package, in the package and again in an index. */
import type { AdbTag, AdbWriter } from './adb.ts';
import { byBytes } from './entries.ts';
import type { PackageSpec } from './package-spec.ts';

const EQUAL = 1;
const MATCHES: Readonly<Record<string, number>> = { '=': EQUAL, '<': 2, '<=': 3, '>': 4, '>=': 5, '~': 8 };

/** `name`, `name>=1.2`, as a dependency object. */
const writeDependency = (adb: AdbWriter, text: string): AdbTag => {
  const match = /^([A-Za-z0-9._+-]+)(?:(<=|>=|[<>=~])([A-Za-z0-9._+~-]+))?$/.exec(text);
  const [, name, operator, version] = match ?? [];
  if (name === undefined) throw new RangeError(`Not a dependency: ${text}`);
  if (operator === undefined || version === undefined) return adb.object({ 1: adb.blob(name) });
  const bits = MATCHES[operator]!;
  return adb.object({
    1: adb.blob(name),
    2: adb.blob(version),
    ...(bits === EQUAL ? {} : { 3: adb.int(bits) }),
  });
};

/** By name first, as apk insists. */
const sortedDependencies = (depends: readonly string[]): readonly string[] => {
  const nameOf = (text: string) => text.replace(/[<>=~].*/, '');
  return [...new Set(depends)].sort((a, b) => byBytes(nameOf(a), nameOf(b)) || byBytes(a, b));
};

/** The object `pkginfo`; an index adds the size of the file. */
export const writePackageInfo = (
  adb: AdbWriter,
  spec: PackageSpec,
  measured: { readonly hashes: AdbTag; readonly installedBytes: number; readonly fileBytes?: number },
): AdbTag =>
  adb.object({
    1: adb.blob(spec.name),
    2: adb.blob(spec.version),
    3: measured.hashes,
    4: adb.blob(`${spec.summary}. ${spec.description}`),
    5: adb.blob(spec.architecture),
    6: adb.blob(spec.license),
    7: adb.blob(`sidegate/${spec.name}`),
    8: adb.blob(spec.maintainer),
    9: adb.blob(spec.url),
    11: adb.int(spec.epochSec),
    12: adb.int(measured.installedBytes),
    ...(measured.fileBytes === undefined ? {} : { 13: adb.int(measured.fileBytes) }),
    15: adb.array(sortedDependencies(spec.depends).map((text) => writeDependency(adb, text))),
    21: adb.array([adb.blob(`openwrt:section=${spec.section}`)]),
  });
