/** Looks at the machine and gives findings. Every check stands alone: one that cannot look says so and ends there. */
import { CodedError } from '@sidegate/kit';
import { type EdgeStatus, Forward } from '@sidegate/protocol';
import * as v from 'valibot';
import { parseNftRuleset } from '../../forwarding/foreign-firewalls.ts';
import type { CommandContext } from '../command.ts';
import { fetchStatus } from '../commands/status.ts';
import { DaemonRefusal } from '../local-client.ts';
import { describePortMapping } from '../output/port-mapping-text.ts';
import { checkTranslation } from './check-translation.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { judgeClock } from './judge-clock.ts';
import { judgeForeignFirewalls } from './judge-firewalls.ts';
import { judgeRoutes, parseIpRoutes } from './route-conflicts.ts';

const FETCH_TIMEOUT_MS = 5_000;
const DEFAULT_INTERFACE = 'sg0';
/** Warnings of the daemon that a check here looks at more closely. */
const CHECKED_HERE = new Set([
  'firewall-in-the-way',
  'beacon-unreachable',
  'clock-off',
  'mesh-prefix-overlap',
  'ARP_SCAN_MISSING',
]);

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

/** What a program printed, `undefined` where it is missing or failed. */
const outputOf = async (
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

const checkDaemon = async (
  context: CommandContext,
): Promise<{ findings: Finding[]; status: EdgeStatus | undefined }> => {
  try {
    const status = await fetchStatus(context);
    const findings = [ok('daemon', `The daemon runs, version ${status.version}, state ${status.state}`)];
    for (const { code, severity, title, hint } of status.health) {
      if (severity === 'info' || CHECKED_HERE.has(code)) continue;
      findings.push((severity === 'error' ? fail : warn)(code, title, hint));
    }
    return { findings, status };
  } catch (error) {
    context.io.signal.throwIfAborted();
    const hint =
      error instanceof CodedError ? error.hint : error instanceof DaemonRefusal ? error.body.hint : undefined;
    const title = error instanceof Error ? error.message : String(error);
    return {
      findings: [fail('daemon', title, hint ?? '`journalctl -u sidegate` may say more.')],
      status: undefined,
    };
  }
};

const checkTools = (context: CommandContext): Promise<Finding[]> =>
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

const checkWireGuard = async (context: CommandContext, status: EdgeStatus | undefined): Promise<Finding> => {
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

const checkForwarding = async (context: CommandContext, status: EdgeStatus | undefined): Promise<Finding> => {
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

const checkFirewalls = async (context: CommandContext, interfaceName: string): Promise<Finding[]> => {
  const text = await outputOf(context, 'nft', ['-j', 'list', 'ruleset']);
  const ruleset = text === undefined ? undefined : parseNftRuleset(text);
  if (ruleset === undefined) {
    return [
      warn('firewalls', 'The rules of other firewalls could not be read', 'Run `sidegate doctor` as root.'),
    ];
  }
  const findings = judgeForeignFirewalls(ruleset, interfaceName);
  const legacy = await outputOf(context, 'iptables-legacy', ['-S', 'FORWARD']);
  if (legacy?.includes('-P FORWARD DROP') && !legacy.includes(`-i ${interfaceName} -j ACCEPT`)) {
    findings.push(
      warn(
        'firewalls',
        'iptables-legacy drops forwarded packets by policy',
        `Let them through: iptables-legacy -I FORWARD -i ${interfaceName} -j ACCEPT, and established ones back.`,
      ),
    );
  }
  return findings;
};

const checkBrokerHttp = async ({ io }: CommandContext, url: string): Promise<Finding[]> => {
  const timeout = new AbortController();
  using _timer = io.clock.after(FETCH_TIMEOUT_MS, () =>
    timeout.abort(new Error('no answer in five seconds')),
  );
  const startMs = io.clock.monoMs();
  try {
    const response = await io.request(url, {
      method: 'HEAD',
      signal: AbortSignal.any([io.signal, timeout.signal]),
    });
    const tookMs = Math.round(io.clock.monoMs() - startMs);
    const date = response.headers.get('date');
    return [
      ok('broker-http', `The broker answers at ${url} in ${tookMs} ms`),
      judgeClock(io.clock.wallMs(), date === null ? undefined : Date.parse(date)),
    ];
  } catch (error) {
    io.signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return [
      fail(
        'broker-http',
        `The broker does not answer at ${url}: ${why}`,
        'Check name, port and this machine’s internet. Tunnels that are up stay up meanwhile.',
      ),
      judgeClock(io.clock.wallMs(), undefined),
    ];
  }
};

/** A router that maps no port is nothing wrong: most paths do without. One behind another NAT is worth knowing. */
const checkPortMapping = ({ portMapping }: EdgeStatus, nowMs: number): Finding[] => {
  if (portMapping === undefined) return [];
  const title = `Port on the router: ${describePortMapping(portMapping, nowMs)}`;
  return [
    portMapping.state === 'double-nat'
      ? warn(
          'port-mapping',
          title,
          'Two NATs in a row: direct paths may still work. Where the outer router is yours, bridge one of the two.',
        )
      : ok('port-mapping', title),
  ];
};

const checkBrokerUdp = ({ broker, portMapping }: EdgeStatus): Finding[] => {
  if (broker === undefined) return [];
  const findings = [
    broker.beaconReachable
      ? ok('broker-udp', 'WireGuard reaches the broker over UDP')
      : fail(
          'broker-udp',
          'WireGuard does not reach the broker over UDP',
          'A firewall on the way may block outgoing UDP, or the broker’s UDP port is closed.',
        ),
  ];
  if (broker.nat === 'symmetric' && portMapping?.state !== 'mapped') {
    findings.push(
      warn(
        'nat',
        'This NAT changes ports for every destination',
        'Paths to peers behind such a NAT stay relayed; turning on PCP or UPnP on the router helps, and so does IPv6.',
      ),
    );
  }
  return findings;
};

/** All findings, in the order in which a person would look. */
export const runDoctor = async (context: CommandContext): Promise<Finding[]> => {
  const { findings, status } = await checkDaemon(context);
  const interfaceName = status?.tunnel?.interfaceName ?? DEFAULT_INTERFACE;
  findings.push(...(await checkTools(context)));
  findings.push(await checkWireGuard(context, status), await checkForwarding(context, status));
  findings.push(...(await checkTranslation(context)));
  findings.push(...(await checkFirewalls(context, interfaceName)));
  if (status?.node !== undefined) {
    const routes = await outputOf(context, 'ip', ['-j', '-4', 'route', 'show', 'table', 'all']);
    findings.push(judgeRoutes(parseIpRoutes(routes ?? ''), status.node, interfaceName));
  }
  if (status?.broker === undefined) return [...findings, judgeClock(context.io.clock.wallMs(), undefined)];
  findings.push(...(await checkBrokerHttp(context, status.broker.url)));
  if (status.state !== 'up') return findings;
  return [...findings, ...checkBrokerUdp(status), ...checkPortMapping(status, context.io.clock.wallMs())];
};
