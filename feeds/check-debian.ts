/**
 * The last part of `make test-packages`: fresh Debians in directories, in which apt installs agent and broker from the
 * signed feed in `dist/feeds`; they run, are removed and purged. Needs root and Debian's archive. Leaves nothing behind.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The older one needs the runtime package; in the newer one the agent runs on Debian's own Node.js. */
const SYSTEMS = [
  { suite: 'bookworm', packages: ['sidegate', 'sidegate-broker'] },
  { suite: 'trixie', packages: ['sidegate'] },
];
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const feeds = here('../dist/feeds');

/** Runs a program, quietly unless it fails. */
const run = (file: string, ...args: readonly string[]): void => {
  try {
    execFileSync(file, args, {
      stdio: 'pipe',
      env: { PATH: process.env.PATH, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: Buffer; readonly stderr?: Buffer };
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

const install = (suite: string, packages: readonly string[], root: string): void => {
  // It becomes a root directory, which everybody enters.
  chmodSync(root, 0o755);
  run('debootstrap', '--variant=minbase', suite, root);
  cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true });
  cpSync(feeds, join(root, 'srv/feeds'), { recursive: true });
  const keyring = 'sidegate-archive-keyring.asc';
  cpSync(join(feeds, 'apt', keyring), join(root, 'usr/share/keyrings', keyring));
  writeFileSync(join(root, 'etc/apt/sources.list.d/sidegate.sources'), SOURCE);
  writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  run('chroot', root, 'apt-get', 'update', '--error-on=any');
  run('chroot', root, 'apt-get', 'install', '-y', '--no-install-recommends', ...packages);
};

/** The checks see no network but their own, and their mounts and processes end with them. */
const check = (root: string): void => {
  cpSync(here('./check-installed.sh'), join(root, 'root/check-installed.sh'));
  const mounts = 'mount -t proc proc "$0/proc" && mount -t sysfs sysfs "$0/sys"';
  const command = `${mounts} && exec env -i PATH="$PATH" LC_ALL=C chroot "$0" sh /root/check-installed.sh`;
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
  execFileSync('unshare', [...namespaces, 'sh', '-c', command, root], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
};

for (const { suite, packages } of SYSTEMS) {
  const root = mkdtempSync(join(tmpdir(), 'sidegate-debian-'));
  try {
    console.log(`Debian ${suite}, fresh, with apt and the signed feed:`);
    install(suite, packages, root);
    check(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
