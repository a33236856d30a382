/** The guest's disk: a fresh Debian with a kernel, the packages to install, and the checks. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SUITE = 'trixie';
/** What the packages depend on, so that apt in the guest, which has no network, has only them to install. */
const INCLUDE = [
  ...['systemd-sysv', 'kmod', 'dbus', 'linux-image-cloud-amd64', 'initramfs-tools', 'adduser'],
  ...[
    'iproute2',
    'nftables',
    'wireguard-tools',
    'conntrack',
    'arp-scan',
    'iputils-ping',
    'curl',
    'jq',
    'procps',
    'nodejs',
  ],
];
const SIZE_BYTES = 3 * 2 ** 30;

/** A disk to boot from, with the kernel and the first file system that go with it. */
export interface GuestImage {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
}

const run = (file: string, ...args: readonly string[]): void => {
  execFileSync(file, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH, DEBIAN_FRONTEND: 'noninteractive' },
  });
};

/** Makes the disk in `directory`. Needs root, Debian's archive, and the packages in `feeds`. */
export const buildGuestImage = (directory: string, feeds: string): GuestImage => {
  const tree = join(directory, 'tree');
  const guest = join(import.meta.dirname, 'guest');
  const units = join(tree, 'etc/systemd/system');
  run('debootstrap', '--variant=minbase', `--include=${INCLUDE.join(',')}`, SUITE, tree);
  cpSync(guest, join(tree, 'root/vm'), { recursive: true });
  for (const unit of readdirSync(guest).filter((name) => name.endsWith('.service')))
    cpSync(join(guest, unit), join(units, unit));
  mkdirSync(join(units, 'multi-user.target.wants'), { recursive: true });
  symlinkSync('../vm-check.service', join(units, 'multi-user.target.wants/vm-check.service'));
  for (const name of ['sidegate', 'sidegate-broker', 'sidegate-runtime']) {
    const pool = join(feeds, 'apt/pool/main/s', name);
    for (const file of readdirSync(pool).filter((one) => /_(all|amd64)\.deb$/.test(one)))
      cpSync(join(pool, file), join(tree, 'srv/packages', file));
  }
  // All that the kernel needs to find its disk; every other module is on it.
  writeFileSync(join(tree, 'etc/initramfs-tools/modules'), 'virtio_blk\n');
  writeFileSync(join(tree, 'etc/initramfs-tools/conf.d/small'), 'MODULES=list\n');
  run('chroot', tree, 'update-initramfs', '-u');
  writeFileSync(join(tree, 'etc/hostname'), 'guest\n');
  const boot = join(tree, 'boot');
  const [kernel, initrd] = ['vmlinuz-', 'initrd.img-'].map((prefix) => {
    const found = readdirSync(boot).find((name) => name.startsWith(prefix));
    if (found === undefined) throw new Error(`The guest has no ${prefix}`);
    const to = join(directory, prefix.replace('-', ''));
    cpSync(join(boot, found), to);
    return to;
  }) as [string, string];
  const disk = join(directory, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, SIZE_BYTES);
  run('mke2fs', '-q', '-t', 'ext4', '-d', tree, disk);
  rmSync(tree, { recursive: true });
  return { disk, kernel, initrd };
};
