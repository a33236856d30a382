/** What the signatures are for: gpgv and apt accept the repository, and nothing that was changed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildFeeds } from './build-feeds.ts';
import { generateKeySet } from './feed-keys.ts';
import { encodePublicKey } from './openpgp.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NOW_SEC = 1_700_000_000;
const current = generateKeySet('Feed <feed@example.com>', NOW_SEC);
const next = generateKeySet('Next feed <feed@example.com>', NOW_SEC + 5);
const stranger = generateKeySet('Stranger <stranger@example.com>', NOW_SEC);

let directory: string;
const at = (...parts: readonly string[]) => join(directory, ...parts);
const dist = (name: string) => at('feeds/apt/dists/stable', name);

/** A directory that apt takes for a whole machine with nothing installed. */
const apt = (...args: readonly string[]) => {
  for (const name of ['lists/partial', 'cache/archives/partial', 'etc'])
    mkdirSync(at('apt', name), { recursive: true });
  writeFileSync(at('apt/status'), '');
  const source = `deb [signed-by=${at('feeds/apt/sidegate-archive-keyring.asc')}] file:${at('feeds/apt')} stable main\n`;
  writeFileSync(at('apt/etc/sources.list'), source);
  const options = [
    `Dir::Etc=${at('apt/etc')}`,
    `Dir::State::Lists=${at('apt/lists')}`,
    `Dir::State::Status=${at('apt/status')}`,
    `Dir::Cache=${at('apt/cache')}`,
    'APT::Architecture=amd64',
    'APT::Architectures::=amd64',
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  return spawnSync('apt-get', [...options, ...args], { encoding: 'utf8', cwd: directory });
};
const gpgv = (...args: readonly string[]) => spawnSync('gpgv', args, { encoding: 'utf8' });

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sidegate-feeds-'));
  const files = buildFeeds({
    root,
    epochSec: NOW_SEC,
    keys: [current, next],
    url: 'https://feeds.example.com',
  });
  for (const { path, bytes } of files) {
    mkdirSync(dirname(at('feeds', path)), { recursive: true });
    writeFileSync(at('feeds', path), bytes);
  }
  for (const [name, keys] of Object.entries({ current, next, stranger })) {
    writeFileSync(at(`${name}.gpg`), encodePublicKey(keys.apt));
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it.each(['current', 'next'])('gpgv accepts InRelease and Release.gpg with the %s key alone', (name) => {
  const keyring = at(`${name}.gpg`);
  // With one of two keys known, gpgv names the good signature and says that it cannot check the other.
  for (const args of [[dist('InRelease')], [dist('Release.gpg'), dist('Release')]]) {
    const { stderr } = gpgv('--keyring', keyring, ...args);
    expect(stderr).toContain('Good signature');
    expect(stderr).not.toContain('BAD');
  }
});

it('gpgv refuses a stranger’s key and a changed file', () => {
  expect(gpgv('--keyring', at('stranger.gpg'), dist('InRelease')).stderr).not.toContain('Good signature');
  const changed = readFileSync(dist('InRelease'), 'utf8').replace('Origin: Sidegate', 'Origin: Sidegatf');
  writeFileSync(at('changed'), changed);
  expect(gpgv('--keyring', at('current.gpg'), at('changed')).stderr).toContain('BAD signature');
});

it('apt updates from the signed feed and fetches the package, byte for byte', () => {
  const updated = apt('update');
  expect([updated.status, updated.stderr]).toEqual([0, '']);
  const policy = execFileSync('sh', ['-c', 'ls "$0"', at('apt/lists')], { encoding: 'utf8' });
  expect(policy).toContain('_dists_stable_InRelease');
  expect(apt('download', 'sidegate').status).toBe(0);
  const [file] = execFileSync('sh', ['-c', 'ls sidegate_*_all.deb'], {
    cwd: directory,
    encoding: 'utf8',
  }).split('\n');
  expect(readFileSync(at(file!))).toEqual(readFileSync(at('feeds/apt/pool/main/s/sidegate', file!)));
});

it('apt refuses the feed once its index was changed', () => {
  const path = dist('main/binary-amd64/Packages.gz');
  const before = readFileSync(path);
  const bytes = Buffer.from(before);
  bytes[20]! ^= 1;
  rmSync(at('apt'), { recursive: true, force: true });
  const plain = dist('main/binary-amd64/Packages');
  const hashes = dist('main/binary-amd64/by-hash');
  rmSync(plain);
  rmSync(hashes, { recursive: true });
  writeFileSync(path, bytes);
  expect(apt('update').status).not.toBe(0);
});
