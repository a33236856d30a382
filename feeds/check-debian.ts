/**
 * The last part of `make test-packages`: fresh Debians in directories, in which apt installs agent and broker from the
 * signed feed in `dist/feeds`; they run, are removed and purged. Needs root and Debian's archive. Leaves nothing behind.
 */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The older one needs the runtime package; in the newer one the agent runs on Debian's own Node.js. */
const SYSTEMS = [
  { suite: 'bookworm', packages: ['sidegate', 'sidegate-broker'] },
  { suite: 'trixie', packages: ['sidegate'] },
];
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const feeds = here('../dist/feeds');

/** Runs a program and answers what it said to both; quiet unless it fails. */
const run = async (file: string, ...args: readonly string[]): Promise<string> => {
  try {
    const env = { PATH: process.env.PATH, DEBIAN_FRONTEND: 'noninteractive' };
    const { stdout, stderr } = await promisify(execFile)(file, args, { env, maxBuffer: 64 * 1024 * 1024 });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    console.error(`${stdout ?? ''}${stderr ?? ''}`.split('\n').slice(-20).join('\n'));
    throw new Error(`${file} ${args.join(' ')} failed`);
  }
};

const SOURCE = `Types: deb
URIs: file:/srv/feeds/apt
Suites: stable
Components: main
Signed-By: /usr/share/keyrings/sidegate-archive-keyring.asc
`;

const install = async (suite: string, packages: readonly string[], root: string): Promise<void> => {
  // It becomes a root directory, which everybody enters.
  chmodSync(root, 0o755);
  await run('debootstrap', '--variant=minbase', suite, root);
  cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true });
  cpSync(feeds, join(root, 'srv/feeds'), { recursive: true });
  const keyring = 'sidegate-archive-keyring.asc';
  cpSync(join(feeds, 'apt', keyring), join(root, 'usr/share/keyrings', keyring));
  writeFileSync(join(root, 'etc/apt/sources.list.d/sidegate.sources'), SOURCE);
  writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await run('chroot', root, 'apt-get', 'update', '--error-on=any');
  await run('chroot', root, 'apt-get', 'install', '-y', '--no-install-recommends', ...packages);
};

/** The checks see no network but their own, and their mounts and processes end with them. */
const check = (root: string): Promise<string> => {
  cpSync(here('./check-installed.sh'), join(root, 'root/check-installed.sh'));
  const mounts = 'mount -t proc proc "$0/proc" && mount -t sysfs sysfs "$0/sys"';
  const command = `${mounts} && exec env -i PATH="$PATH" LC_ALL=C chroot "$0" sh /root/check-installed.sh`;
  return run('unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', command, root);
};

// Side by side: most of it is waiting for the archive.
const checks = SYSTEMS.map(async ({ suite, packages }) => {
  const root = mkdtempSync(join(tmpdir(), 'sidegate-debian-'));
  try {
    await install(suite, packages, root);
    console.log(`Debian ${suite}, fresh, with apt and the signed feed:\n${(await check(root)).trimEnd()}`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
// Whatever fails, both clean up first.
await Promise.allSettled(checks);
await Promise.all(checks);
