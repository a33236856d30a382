/** Can a lab run here, and if not, what is missing? Asks the machine, does not guess from names and versions. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { LabError } from './errors.ts';

/** One thing the lab needs. */
export interface Capability {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly why: string;
  /** What a person can do; empty where nothing has to be done. */
  readonly hint: string;
}

/** Programs by the Debian package that brings them. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  'util-linux': ['unshare', 'nsenter'],
  iproute2: ['ip'],
  nftables: ['nft'],
  conntrack: ['conntrack'],
  'dnsmasq-base': ['dnsmasq'],
  'avahi-daemon': ['avahi-daemon'],
  'dropbear-bin': ['dropbear', 'dropbearkey'],
  openssl: ['openssl'],
  'miniupnpd-nftables': ['miniupnpd'],
};

/** Everything a lab stands on, tried in throw-away namespaces that vanish with the attempt. */
const ATTEMPTS: readonly { readonly name: string; readonly script: string; readonly hint: string }[] = [
  {
    name: 'namespaces',
    script: 'true',
    hint: 'In a container, run it privileged; on a kernel without namespaces there is no lab.',
  },
  {
    name: 'overlays',
    script:
      'mount -t tmpfs t /run && mkdir /run/u /run/w && mount -t overlay o -o lowerdir=/etc,upperdir=/run/u,workdir=/run/w /etc',
    hint: 'modprobe overlay',
  },
  {
    name: 'links',
    script: 'ip link add v0 type veth peer v1 && ip link add b0 type bridge && ip link set v1 master b0',
    hint: 'modprobe veth bridge',
  },
  {
    name: 'nat',
    script:
      "printf 'table inet t {\\nmap m {\\ntype inet_service : ipv4_addr . inet_service\\nflags dynamic,timeout\\n}\\nchain c {\\ntype nat hook postrouting priority srcnat;\\nmasquerade random\\n}\\n}\\n' | nft -f - && conntrack -F",
    hint: 'modprobe nf_nat nft_masq nf_conntrack_netlink',
  },
];

/** Asks everything; never throws. */
export const probeCapabilities = async (): Promise<readonly Capability[]> => {
  const system = probeSystem();
  const tools = Object.entries(TOOLS).flatMap(([debPackage, names]) =>
    names.map((name) => probeTool(name, debPackage)),
  );
  if (![...system, ...tools].every((capability) => capability.ok)) return [...system, ...tools];
  return [...system, ...tools, ...(await Promise.all(ATTEMPTS.map(attempt)))];
};

/**
 * For lab tests: `describe.skipIf(await requireLab())(...)`. Answers the reason to skip, which it also prints, or
 * `undefined`; throws where continuous integration would pass without having tested anything.
 */
export const requireLab = async (): Promise<string | undefined> => {
  const missing = (await probeCapabilities()).filter((capability) => !capability.ok);
  if (missing.length === 0) return undefined;
  const reason = missing.map(({ name, why, hint }) => `${name}: ${why}; ${hint}`).join('\n');
  if (process.env.CI) throw new LabError('LAB_UNSUPPORTED', `run lab tests here\n${reason}`);
  console.warn(`lab tests are skipped\n${reason}`);
  return reason;
};

const probeSystem = (): Capability[] => {
  const isLinux = process.platform === 'linux';
  const isRoot = process.getuid?.() === 0;
  const tun = existsSync('/dev/net/tun');
  return [
    { name: 'linux', ok: isLinux, why: process.platform, hint: isLinux ? '' : 'Run the lab on Linux.' },
    { name: 'root', ok: isRoot, why: isRoot ? 'root' : 'not root', hint: isRoot ? '' : 'Run it with sudo.' },
    {
      name: 'tun',
      ok: tun,
      why: `/dev/net/tun ${tun ? 'exists' : 'is missing'}`,
      hint: tun ? '' : 'modprobe tun; in a container, pass the device in.',
    },
  ];
};

const probeTool = (name: string, debPackage: string): Capability => {
  const found = `${process.env.PATH}:/usr/sbin:/sbin`
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(isExecutable);
  if (found !== undefined) return { name, ok: true, why: found, hint: '' };
  return { name, ok: false, why: `no ${name} in PATH`, hint: `apt-get install ${debPackage}` };
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const attempt = async ({ name, script, hint }: (typeof ATTEMPTS)[number]): Promise<Capability> => {
  const namespaces = ['--net', '--mount', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
  try {
    await promisify(execFile)('unshare', [...namespaces, '--', 'sh', '-ec', script], { env, timeout: 5_000 });
    return { name, ok: true, why: 'works', hint: '' };
  } catch (error) {
    const why = ((error as { stderr?: string }).stderr || String(error)).trim();
    return { name, ok: false, why, hint };
  }
};
