/**
 * A holder is process 1 of a lab machine: it owns the machine's network, mount, pid and host-name namespaces and does
 * nothing but read its standard input. That pipe is the leash: when the lab's process goes, however it goes, the
 * kernel closes the pipe, the holder ends, and with process 1 of a pid namespace the kernel kills everything inside,
 * drops the mounts and the network namespace with its links. No clean-up code has to run.
 * (`setpriv --pdeathsig` would tie the holder to one thread, and only after a moment without any tie.)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { LabError } from './errors.ts';
import { firstChildOf, hasEnded } from './lab-process.ts';

/** A running holder. */
export interface Holder extends AsyncDisposable {
  /** Process 1 of the machine, as the lab sees it. */
  readonly pid: number;
  /** Resolves when the machine is gone, with all its processes. */
  readonly ended: Promise<void>;
}

/**
 * Private, disposable /etc, /var/lib and /run over the host's own. Overlays, not single bind mounts: an atomic
 * rename onto /etc/hosts works, directories the host lacks can be made, and nothing is created on the host.
 */
const SET_UP = `
set -e
scratch=$1
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=755 scratch "$scratch"
mkdir -p "$scratch/etc" "$scratch/lib" "$scratch/work/etc" "$scratch/work/lib" /run/lock /run/wireguard
mount -t overlay -o "lowerdir=/etc,upperdir=$scratch/etc,workdir=$scratch/work/etc" etc /etc
mount -t overlay -o "lowerdir=/var/lib,upperdir=$scratch/lib,workdir=$scratch/work/lib" lib /var/lib
rm -f /etc/hosts /etc/hostname /etc/resolv.conf
mkdir -p /etc/sidegate /var/lib/sidegate
echo "$2" > /etc/hostname
printf '127.0.0.1 localhost\\n127.0.1.1 %s\\n' "$2" > /etc/hosts
: > /etc/resolv.conf
echo "$2" > /proc/sys/kernel/hostname
for knob in $3; do echo "\${knob#*=}" > "/proc/sys/net/\${knob%%=*}"; done
ip link set lo up
trap '' CHLD
echo ready
exec cat
`;

/** What a machine's network stack is told at birth, as paths under /proc/sys/net. */
export type NetworkKnobs = Readonly<Record<string, string | number>>;

/** Starts a holder; `scratch` is an empty directory that only serves as a mount point. */
export const startHolder = async (
  hostName: string,
  scratch: string,
  knobs: NetworkKnobs,
): Promise<Holder> => {
  const settings = Object.entries(knobs).map(([path, value]) => `${path}=${value}`);
  const child = spawn(
    'unshare',
    ['--net', '--mount', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc', '--'].concat([
      'sh',
      '-c',
      SET_UP,
      'holder',
      scratch,
      hostName,
      settings.join(' '),
    ]),
    {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    },
  );
  child.stdin.on('error', () => undefined);
  await untilReady(child, hostName);
  const pid = firstChildOf(child.pid!);
  if (pid === undefined) throw new LabError('LAB_UNSUPPORTED', `find process 1 of ${hostName}`);
  const ended = hasEnded(child);
  return {
    pid,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

const untilReady = async (child: ChildProcess, hostName: string): Promise<void> => {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const failure = new Promise<never>((_, reject) => {
    const fail = (cause?: unknown) =>
      reject(
        new LabError('LAB_UNSUPPORTED', `create the namespaces of ${hostName}: ${complaint.trim()}`, {
          cause,
        }),
      );
    child.once('error', fail);
    child.once('close', () => fail());
  });
  // The machine's end, later, is no failure to start.
  failure.catch(() => undefined);
  await Promise.race([once(child.stdout!, 'data'), failure]);
};
