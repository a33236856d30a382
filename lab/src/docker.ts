/**
 * The real Docker on a machine of the lab, from Debian's packages that `ensure-tools.sh docker` has unpacked and not
 * installed: its daemon changes firewalls. All that it keeps is in the machine's own /run, and ends with it; but for
 * control groups, which namespaces share with the host: they have one parent here, which is taken away.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { LabError } from './errors.ts';
import type { LabProcess, RunResult } from './lab-process.ts';
import type { Machine } from './machine.ts';

const UNPACKED = fileURLToPath(new URL('../../dist/tools/docker', import.meta.url));
const HOME = '/run/docker-lab';
const CGROUP = 'sidegate-lab';

/** What would be the defaults on a host of its own, away from those of the host's own Docker. */
const CONFIG = {
  hosts: [`unix://${HOME}/socket`],
  'data-root': `${HOME}/data`,
  'exec-root': `${HOME}/exec`,
  pidfile: `${HOME}/pid`,
  // No file system of the lab's need carry another: a few megabytes are copied.
  'storage-driver': 'vfs',
  'exec-opts': ['native.cgroupdriver=cgroupfs'],
  'cgroup-parent': `/${CGROUP}`,
};

/** A machine's own /sys has no control groups yet: each kind that the kernel has, or the one of today. */
const MOUNT_CGROUPS = `
cd /sys/fs/cgroup
kinds=$(awk '$2 > 0 { print $1 }' /proc/cgroups)
[ -n "$kinds" ] || exec mount -t cgroup2 cgroup .
mount -t tmpfs cgroup . && cd .
for kind in $kinds; do mkdir $kind && mount -t cgroup -o $kind cgroup $kind || rmdir $kind; done`;

/** Those of a lab that was killed, too; the kernel keeps what is in use. */
const REMOVE_CGROUPS = `find /sys/fs/cgroup -depth -type d -path '*/${CGROUP}*' -exec rmdir {} + 2>/dev/null || true`;

const IMPORT_BUSYBOX = `
mkdir image
program=$(command -v busybox)
cp -L "$program" image/busybox
cp -L --parents $(ldd "$program" | grep -o '/[^ ]*') image || true
echo page >image/index.html
tar -cC image . | docker import --change 'ENTRYPOINT ["/busybox"]' - busybox`;

const librariesIn = (directory: string): string[] =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => name.includes('-linux-gnu'))
        .map((name) => `${directory}/${name}`)
    : [];

const ENV = {
  PATH: `${UNPACKED}/usr/bin:${UNPACKED}/usr/sbin:/usr/sbin:/usr/bin:/sbin:/bin`,
  LD_LIBRARY_PATH: [`${UNPACKED}/lib`, `${UNPACKED}/usr/lib`].flatMap(librariesIn).join(':'),
  DOCKER_HOST: CONFIG.hosts[0]!,
};

/** Why there is no Docker, or `undefined`. */
export const whyNoDocker = (): string | undefined =>
  existsSync(`${UNPACKED}/usr/sbin/dockerd`)
    ? undefined
    : 'docker.io is not unpacked: lab/ensure-tools.sh docker';

/** A daemon, and its command line. */
export interface Docker extends AsyncDisposable {
  /** `docker` with these arguments. */
  run(args: readonly string[], options?: { readonly reject?: boolean }): Promise<RunResult>;
  /** Makes an image `busybox` of that one program, which has an /index.html. */
  importBusybox(): Promise<void>;
  /** As `systemctl restart docker`. */
  restart(): Promise<void>;
}

const startDaemon = async (machine: Machine): Promise<LabProcess> => {
  const daemon = machine.spawn('dockerd', ['--config-file', `${HOME}/daemon.json`], { env: ENV });
  await daemon.waitForOutput(/API listen on/, 20_000);
  return daemon;
};

const stopDaemon = async (daemon: LabProcess): Promise<void> => {
  daemon.kill();
  await daemon.exited;
};

/** Starts the daemon; disposing ends it and every container. */
export const startDocker = async (machine: Machine): Promise<Docker> => {
  const why = whyNoDocker();
  if (why !== undefined) throw new LabError('LAB_UNSUPPORTED', why);
  await mkdir(machine.path(HOME), { recursive: true });
  await machine.writeFile(`${HOME}/daemon.json`, JSON.stringify(CONFIG));
  await machine.run('sh', ['-ec', MOUNT_CGROUPS]);
  await machine.run('sh', ['-c', REMOVE_CGROUPS]);
  let daemon = await startDaemon(machine);
  const run: Docker['run'] = (args, options) => machine.run('docker', args, { env: ENV, ...options });
  return {
    run,
    async importBusybox() {
      await machine.run('sh', ['-ec', IMPORT_BUSYBOX], { env: ENV, cwd: HOME });
    },
    async restart() {
      await stopDaemon(daemon);
      daemon = await startDaemon(machine);
    },
    async [Symbol.asyncDispose]() {
      if (!daemon.isRunning) return;
      const { stdout } = await run(['ps', '--all', '--quiet']);
      if (stdout.trim() !== '') await run(['rm', '--force', ...stdout.trim().split('\n')]);
      await stopDaemon(daemon);
      await machine.run('sh', ['-c', REMOVE_CGROUPS]);
    },
  };
};
