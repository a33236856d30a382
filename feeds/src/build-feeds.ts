/** All feeds as files: `apt/`, `opkg/`, `apk/`, the source feed for buildroots in `openwrt/`, and `INSTALL.md`. */
import { ORIGIN, PACKAGES } from '../../package/manifest.ts';
import { buildPackages } from '../../package/src/build-packages.ts';
import type { PackageManifest } from '../../package/src/manifest-types.ts';
import { buildSourceFeed, type OutputFile } from '../../package/src/source-feed.ts';
import { buildApkRepository } from './apk-repository.ts';
import { buildAptRepository } from './apt-repository.ts';
import type { FeedKeys } from './feed-keys.ts';
import { renderInstallGuide } from './install-guide.ts';
import { buildOpkgRepository } from './opkg-repository.ts';

const below = (folder: string, files: readonly OutputFile[]): readonly OutputFile[] =>
  files.map(({ path, bytes }) => ({ path: `${folder}/${path}`, bytes }));

/** Builds the packages and every feed of them. `url` is where users will find the result. */
export const buildFeeds = (options: {
  readonly root: string;
  /** What is published. */
  readonly manifests?: readonly PackageManifest[];
  readonly epochSec: number;
  readonly keys: FeedKeys;
  readonly url: string;
}): readonly OutputFile[] => {
  const { root, manifests = PACKAGES, epochSec, keys, url } = options;
  const apkKeys = keys.map(({ apk }) => apk);
  const packages = buildPackages(manifests, { root, origin: ORIGIN, epochSec }, apkKeys);
  const of = (format: string) => packages.filter((built) => built.format === format);
  const [current, ...others] = keys;
  const ipk = of('ipk').find(({ spec }) => spec.name === 'sidegate');
  if (ipk === undefined) throw new Error('The manifest has no sidegate for opkg');
  const files = [
    ...below(
      'apt',
      buildAptRepository(
        of('deb'),
        keys.map(({ apt }) => apt),
        epochSec,
      ),
    ),
    ...below('opkg', buildOpkgRepository(of('ipk'), [current.opkg, ...others.map(({ opkg }) => opkg)])),
    ...below('apk', buildApkRepository(of('apk'), apkKeys)),
    ...below('openwrt', buildSourceFeed(root, ipk.spec, `${url}/openwrt/`)),
  ];
  return [...files, { path: 'INSTALL.md', bytes: Buffer.from(renderInstallGuide(url, keys, files)) }];
};
