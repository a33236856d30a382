/**
 * The WireGuard interface through `ip` and `wg`: the kernel's where it has WireGuard, else wireguard-go in a session
 * of its own. Invariants: an interface that is there is adopted, and only what differs is set, so that no packet is
 * lost; an interface that is not ours is never touched; the private key travels over stdin.
 */
import { readFileSync } from 'node:fs';
import { codeOf, type Logger } from '@sidegate/kit';
import { AgentError } from '../errors.ts';
import type { IfName, Run, Tunnel, TunnelConfig, TunnelPeerChange } from '../ports/index.ts';
import { renderWgSet } from '../tunnel/render-wg-set.ts';
import { createWgDumpReader, parseWgDump, type WgDump } from '../tunnel/wg-dump.ts';
import type { ChangeRecord } from './change-record.ts';
import { ensureTunnelAddresses } from './ensure-tunnel-addresses.ts';
import { ensureTunnelRoutes } from './ensure-tunnel-routes.ts';
import { type IpLink, parseIpLinks } from './ip-json.ts';
import { parsePacketCount } from './packet-count.ts';

/** wireguard-go tries to close every descriptor it might have inherited: with a large limit that takes minutes. */
const FILE_LIMIT = ['--nofile=1024:1024'];
const START_TIMEOUT_MS = 15_000;

type Kind = 'kernel' | 'userspace';

/** What the adapter works with. */
export interface WgTunnelDeps {
  readonly run: Run;
  readonly record: ChangeRecord;
  readonly log: Logger;
  /** The kernel's list of interfaces; another one where `run` works in another network namespace. */
  readonly netDevPath?: string;
}

const readLink = async (run: Run, name: IfName, signal?: AbortSignal): Promise<IpLink | undefined> => {
  const options = { okCodes: [1], ...(signal === undefined ? {} : { signal }) };
  const { stdout, exitCode } = await run('ip', ['-j', '-d', 'address', 'show', 'dev', name], options);
  return exitCode === 0 ? parseIpLinks(stdout)[0] : undefined;
};

const readDump = async (
  run: Run,
  name: IfName,
  signal: AbortSignal,
  parse: typeof parseWgDump = parseWgDump,
): Promise<WgDump | undefined> => {
  const { stdout, exitCode } = await run('wg', ['show', name, 'dump'], { okCodes: [1], signal });
  return exitCode === 0 ? parse(stdout) : undefined;
};

const startUserspace = async (run: Run, name: IfName, signal: AbortSignal): Promise<void> => {
  try {
    const argv = [...FILE_LIMIT, 'setsid', 'wireguard-go', name];
    await run('prlimit', argv, { timeoutMs: START_TIMEOUT_MS, signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new AgentError(
      'TUNNEL_UNAVAILABLE',
      'The kernel has no WireGuard and wireguard-go does not start',
      {
        cause,
        details: { interfaceName: name },
      },
    );
  }
};

const create = async ({ run, record }: WgTunnelDeps, name: IfName, signal: AbortSignal): Promise<Kind> => {
  await record.note({ kind: 'interface', name });
  try {
    await run('ip', ['link', 'add', 'dev', name, 'type', 'wireguard'], { signal });
    return 'kernel';
  } catch (error) {
    if (codeOf(error) !== 'COMMAND_FAILED') throw error;
    await startUserspace(run, name, signal);
    return 'userspace';
  }
};

/** Ours is what we noted, or what has our key; any other interface of this name belongs to somebody. */
const adopt = async (
  { record }: WgTunnelDeps,
  { interfaceName: name, privateKey }: TunnelConfig,
  link: IpLink,
  dump: WgDump | undefined,
): Promise<Kind> => {
  const isNoted = (await record.find('interface', name)) !== undefined;
  const hasOurKey = dump?.self.privateKey?.reveal() === privateKey.reveal();
  if (dump === undefined || (!isNoted && !hasOurKey)) {
    throw new AgentError('TUNNEL_NAME_TAKEN', `There is an interface ${name} already, and it is not ours`, {
      details: { interfaceName: name, kind: link.linkKind ?? 'unknown' },
    });
  }
  await record.note({ kind: 'interface', name });
  return link.linkKind === 'wireguard' ? 'kernel' : 'userspace';
};

const ensureKeyAndPort = async (
  run: Run,
  config: TunnelConfig,
  dump: WgDump | undefined,
  signal: AbortSignal,
) => {
  const { interfaceName: name, privateKey, listenPort } = config;
  const key = privateKey.reveal();
  const hasKey = dump?.self.privateKey?.reveal() === key;
  const hasPort = dump?.self.listenPort === listenPort;
  if (hasKey && hasPort) return;
  const words = [
    ...(hasKey ? [] : ['private-key', '/dev/stdin']),
    ...(hasPort ? [] : ['listen-port', String(listenPort)]),
  ];
  await run('wg', ['set', name, ...words], { input: `${key}\n`, signal }).catch((error: unknown) => {
    throw asPortInUse(error, listenPort);
  });
};

const asPortInUse = (cause: unknown, listenPort: number): unknown => {
  const stderr = cause instanceof AgentError ? String(cause.details.stderr) : '';
  if (!/address already in use/i.test(stderr)) return cause;
  return new AgentError('TUNNEL_PORT_IN_USE', `UDP port ${listenPort} is taken`, {
    cause,
    details: { listenPort },
  });
};

const ensureUp = async (run: Run, config: TunnelConfig, link: IpLink | undefined, signal: AbortSignal) => {
  const { interfaceName: name, mtuBytes, listenPort } = config;
  if (link?.isAdminUp === true && link.mtuBytes === mtuBytes) return;
  const argv = ['link', 'set', 'dev', name, 'mtu', String(mtuBytes), 'up'];
  // The kernel binds its socket only here.
  await run('ip', argv, { signal }).catch((error: unknown) => {
    throw asPortInUse(error, listenPort);
  });
};

/** The tunnel of machines that have `ip` and `wg`. */
export const createWgTunnel = (deps: WgTunnelDeps): Tunnel => {
  const { run, record, log, netDevPath = '/proc/self/net/dev' } = deps;
  const parseDump = createWgDumpReader();
  return {
    async ensure(config, signal) {
      const name = config.interfaceName;
      const link = await readLink(run, name, signal);
      const dump = link === undefined ? undefined : await readDump(run, name, signal);
      const kind =
        link === undefined ? await create(deps, name, signal) : await adopt(deps, config, link, dump);
      await ensureKeyAndPort(run, config, dump, signal);
      await ensureTunnelAddresses({ run, log }, config, link, signal);
      await ensureUp(run, config, link, signal);
      return { kind };
    },
    async change(name: IfName, changes: readonly TunnelPeerChange[], signal) {
      for (const argv of renderWgSet(name, changes)) await run('wg', argv, { signal });
    },
    ensureRoutes: (name, networks, signal) => ensureTunnelRoutes(run, name, networks, signal),
    async read(name, signal) {
      return (await readDump(run, name, signal, parseDump))?.peers;
    },
    async countPackets(name) {
      try {
        // The kernel answers from memory; four turns through the thread pool, every second, would cost ten times as much.
        return parsePacketCount(readFileSync(netDevPath, 'utf8'), name);
      } catch {
        return undefined;
      }
    },
    async remove(name) {
      // wireguard-go ends by itself when its interface goes.
      if ((await readLink(run, name)) !== undefined) {
        await run('ip', ['link', 'delete', 'dev', name], { okCodes: [1] });
      }
      await record.forget('interface', name);
    },
  };
};
