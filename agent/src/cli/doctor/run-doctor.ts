/** Looks at the machine and gives findings. Every check stands alone: one that cannot look says so and ends there. */
import { CodedError } from '@sidegate/kit';
import type { EdgeStatus } from '@sidegate/protocol';
import type { CommandContext } from '../command.ts';
import { fetchStatus } from '../commands/status.ts';
import { DaemonRefusal } from '../local-client.ts';
import { checkBrokerHttp, checkBrokerUdp, checkPortMapping } from './check-broker.ts';
import { checkFirewalls, checkForwarding, checkTools, checkWireGuard, outputOf } from './check-machine.ts';
import { checkTranslation } from './check-translation.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { judgeClock } from './judge-clock.ts';
import { judgeRoutes, parseIpRoutes } from './route-conflicts.ts';

const DEFAULT_INTERFACE = 'sg0';
/** Warnings of the daemon that a check here looks at more closely. */
const CHECKED_HERE = new Set([
  'firewall-in-the-way',
  'beacon-unreachable',
  'clock-off',
  'mesh-prefix-overlap',
  'ARP_SCAN_MISSING',
]);

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
