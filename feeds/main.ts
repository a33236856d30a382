/**
 * `feeds build`: signed feeds into `dist/feeds`. `feeds keygen`: keys, or the next ones. `feeds promote`: the next keys
 * take over. Keys are in SIDEGATE_FEED_KEYS, by default in `dist/feed-keys`, where `build` makes some for trying out;
 * SIDEGATE_FEED_URL is where users will find the feeds.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ORIGIN, PACKAGES } from '../package/manifest.ts';
import { RUNTIMES } from '../package/runtimes.ts';
import { readSourceDate } from '../package/src/source-date.ts';
import { buildFeeds } from './src/build-feeds.ts';
import { addKeys, generateKeySet, hasKeys, promoteKeys, readKeys } from './src/feed-keys.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist/feeds');
const keyDirectory = process.env.SIDEGATE_FEED_KEYS ?? join(root, 'dist/feed-keys');
const url = (process.env.SIDEGATE_FEED_URL ?? 'https://feeds.sidegate.example').replace(/\/+$/, '');

const keygen = (): void => {
  const place = addKeys(keyDirectory, generateKeySet(ORIGIN.maintainer, Math.floor(Date.now() / 1000)));
  console.log(`${place} keys written to ${keyDirectory}: keep them secret, and keep a copy`);
};

const build = (): void => {
  if (!hasKeys(keyDirectory)) {
    if (process.env.SIDEGATE_FEED_KEYS !== undefined) throw new Error(`No keys in ${keyDirectory}`);
    keygen();
  }
  const manifests = [...PACKAGES, ...RUNTIMES];
  const files = buildFeeds({
    root,
    manifests,
    epochSec: readSourceDate(root),
    keys: readKeys(keyDirectory),
    url,
  });
  rmSync(out, { recursive: true, force: true });
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), bytes);
  }
  console.log(`dist/feeds: ${files.length} files for ${url}; dist/feeds/INSTALL.md says how to use them`);
};

const COMMANDS: Readonly<Record<string, () => void>> = {
  build,
  keygen,
  promote: () => promoteKeys(keyDirectory),
};

const command = COMMANDS[process.argv[2] ?? 'build'];
if (command === undefined) {
  console.error('usage: feeds build | keygen | promote');
  process.exitCode = 2;
} else command();
