/** What the machine has and lets through: programs, WireGuard, forwarding, firewalls of others. */
import { type EdgeStatus, Forward } from '@sidegate/protocol';
import * as v from 'valibot';
import { listFirewalls } from '../../forwarding/rules/foreign-firewalls.ts';
import type { CommandContext } from '../command.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { judgeForeignFirewalls } from './judge-firewalls.ts';

/** What a program printed, `undefined` where it is missing or failed. */
export const outputOf = async (
  { io }: CommandContext,
  file: string,
  args: readonly string[],
): Promise<string | undefined> => {
  try {
    const { stdout, stderr } = await io.run(file, args, { timeoutMs: 5_000, signal: io.signal });
    return stdout || stderr;
  } catch {
    io.signal.throwIfAborted();
    return undefined;
  }
};

interface Tool {
  readonly name: string;
  readonly versionArgs: readonly string[];
  readonly package: string;
  /** What does not work without it; `fail` where nothing does. */
  readonly without: string;
  readonly level: 'warn' | 'fail';
}
const TOOLS: readonly Tool[] = [
  { name: 'ip', versionArgs: ['-V'], package: 'iproute2', without: 'there is no tunnel', level: 'fail' },
  {
    name: 'wg',
    versionArgs: ['--version'],
    package: 'wireguard-tools',
    without: 'there is no tunnel',
    level: 'fail',
  },
  {
    name: 'nft',
    // One that was built without JSON ends here.
    versionArgs: ['-j', '--version'],
    package: 'nftables',
    without: 'nothing is published (an nft without JSON does not do)',
    level: 'fail',
  },
  {
    name: 'arp-scan',
    versionArgs: ['--version'],
    package: 'arp-scan',
    without: 'scans find less',
    level: 'warn',
  },
  {
    name: 'conntrack',
    versionArgs: ['--version'],
    package: 'conntrack',
    without: 'a removed forward keeps its open connections, and nobody notes who opened what',
    level: 'warn',
  },
];

/** Programs that the agent runs. */
export const checkTools = (context: CommandContext): Promise<Finding[]> =>
  Promise.all(
    TOOLS.map(async ({ name, versionArgs, package: debianPackage, without, level }) => {
      const output = await outputOf(context, name, versionArgs);
      const version = /\d+(\.\d+)+|\b\d{8}\b/.exec(output ?? '')?.[0];
      if (output !== undefined)
        return ok(`tool-${name}`, `${name}${version === undefined ? '' : ` ${version}`}`);
      const judge = level === 'fail' ? fail : warn;
      return judge(
        `tool-${name}`,
        `${name} is missing: ${without}`,
        `Install it: apt install ${debianPackage}`,
      );
    }),
  );

/** Who speaks WireGuard here: kernel, program or nobody. */
export const checkWireGuard = async (
  context: CommandContext,
  status: EdgeStatus | undefined,
): Promise<Finding> => {
  const slow = 'It works, at more CPU; a kernel with WireGuard (5.6 or newer) is faster.';
  if (status?.tunnel?.kind === 'kernel') return ok('wireguard', 'WireGuard runs in the kernel');
  const hasModule =
    (await outputOf(context, 'modprobe', ['-n', 'wireguard'])) !== undefined ||
    (await context.io.readFile('/sys/module/wireguard/initstate').catch(() => undefined)) !== undefined;
  if (hasModule && status?.tunnel === undefined) return ok('wireguard', 'The kernel has WireGuard');
  if (status?.tunnel?.kind === 'userspace')
    return warn('wireguard', 'WireGuard runs as a program (wireguard-go)', slow);
  const hasProgram = (await outputOf(context, 'wireguard-go', ['--version'])) !== undefined;
  if (hasProgram) return warn('wireguard', 'The kernel has no WireGuard; wireguard-go takes its place', slow);
  return fail(
    'wireguard',
    'Neither the kernel nor a program speaks WireGuard',
    'Install it: apt install wireguard-go',
  );
};

/** The daemon turns forwarding on for the first forward that needs it. */
const needsForwarding = async (
  { io, client }: CommandContext,
  status: EdgeStatus | undefined,
): Promise<boolean> => {
  if (status?.state !== 'up' || status.counts.forwards === 0) return false;
  const forwards = await client.ask('GET', '/forwards', v.array(Forward)).catch(() => []);
  io.signal.throwIfAborted();
  return forwards.some(({ enabled }) => enabled);
};

/** Does the kernel pass packets on, where a forward needs it? */
export const checkForwarding = async (
  context: CommandContext,
  status: EdgeStatus | undefined,
): Promise<Finding> => {
  const value = await context.io.readFile('/proc/sys/net/ipv4/ip_forward').catch(() => undefined);
  if (value?.trim() === '1') return ok('forwarding', 'The kernel forwards packets');
  if (!(await needsForwarding(context, status))) {
    return ok(
      'forwarding',
      'The kernel does not forward packets; the daemon turns that on for the first forward',
    );
  }
  return fail(
    'forwarding',
    'The kernel does not forward packets: forwards to hosts do not work',
    'Something turned it off after the daemon turned it on; look for net.ipv4.ip_forward in /etc/sysctl.d.',
  );
};

/** Rules of others that drop what is for us. */
export const checkFirewalls = async (context: CommandContext, interfaceName: string): Promise<Finding[]> => {
  const { io } = context;
  const ruleset = await listFirewalls((file, args) =>
    io.run(file, args, { timeoutMs: 5_000, signal: io.signal }),
  );
  if (ruleset === undefined) {
    return [
      warn('firewalls', 'The rules of other firewalls could not be read', 'Run `sidegate doctor` as root.'),
    ];
  }
  return judgeForeignFirewalls(ruleset, interfaceName);
};
