/** One version, semver, in the grammar of each format. */

/** Pre-release words that apk knows, in its order; others would make the version invalid. */
const APK_SUFFIXES = ['alpha', 'beta', 'pre', 'rc'];

const parse = (
  semver: string,
): { readonly core: string; readonly word?: string; readonly number: string } => {
  const match = /^(\d+\.\d+\.\d+)(?:-([a-z]+)\.?(\d*))?$/.exec(semver);
  const [, core, word, number] = match ?? [];
  if (core === undefined || (word !== undefined && !APK_SUFFIXES.includes(word))) {
    throw new RangeError(`Not a version that every package format knows: ${semver}`);
  }
  return { core, number: number ?? '', ...(word === undefined ? {} : { word }) };
};

/** Debian: `~` sorts before the release. */
export const debVersion = (semver: string): string => {
  const { core, word, number } = parse(semver);
  return word === undefined ? core : `${core}~${word}${number}`;
};

/** OpenWrt, opkg and apk alike: `1.2.3_beta1-r1`. */
export const openwrtVersion = (semver: string, release = 1): string => {
  const { core, word, number } = parse(semver);
  return `${core}${word === undefined ? '' : `_${word}${number}`}-r${release}`;
};
