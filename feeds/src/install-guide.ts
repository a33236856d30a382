/** What a user types to install from the feeds, with this feed's own address and keys filled in. */
import type { OutputFile } from '../../package/src/source-feed.ts';
import type { FeedKeys } from './feed-keys.ts';
import { fingerprintOf } from './openpgp.ts';
import { usignFileName } from './usign.ts';

const keyFilesOf = (files: readonly OutputFile[], feed: string): readonly string[] =>
  files.map(({ path }) => path).filter((path) => path.startsWith(`${feed}/keys/`));

const renderApt = (url: string, keys: FeedKeys): string => `## Debian and derivatives

The key's fingerprint is ${keys.map(({ apt }) => fingerprintOf(apt)).join(', or ')}.

    sudo wget -O /usr/share/keyrings/sidegate-archive-keyring.asc ${url}/apt/sidegate-archive-keyring.asc
    printf '%s\\n' 'Types: deb' 'URIs: ${url}/apt' 'Suites: stable' 'Components: main' \\
      'Signed-By: /usr/share/keyrings/sidegate-archive-keyring.asc' | sudo tee /etc/apt/sources.list.d/sidegate.sources
    sudo apt update && sudo apt install sidegate
`;

const renderOpkg = (url: string, keys: FeedKeys): string => `## OpenWrt with opkg

${keys
  .map(({ opkg }) => usignFileName(opkg))
  .map((name) => `    wget -O /tmp/${name} ${url}/opkg/keys/${name} && opkg-key add /tmp/${name}`)
  .join('\n')}
    echo 'src/gz sidegate ${url}/opkg' >> /etc/opkg/customfeeds.conf
    opkg update && opkg install sidegate luci-app-sidegate
`;

const renderApk = (url: string, files: readonly OutputFile[]): string => `## OpenWrt with apk

${keyFilesOf(files, 'apk')
  .map((path) => `    wget -P /etc/apk/keys ${url}/${path}`)
  .join('\n')}
    echo '${url}/apk/packages.adb' >> /etc/apk/repositories.d/customfeeds.list
    apk update && apk add sidegate luci-app-sidegate sidegate-runtime-$(uname -m)

The official feed there has no Node.js. The runtime is Bun, for x86_64 and aarch64, and takes 100 MB; a package that
brings the program \`node\`, 20.11 or newer, does as well.
`;

/** The guide, as Markdown. */
export const renderInstallGuide = (url: string, keys: FeedKeys, files: readonly OutputFile[]): string =>
  ['# Install Sidegate\n', renderApt(url, keys), renderOpkg(url, keys), renderApk(url, files)].join('\n');
