/** Any Linux with iproute2, wireguard-tools and nftables whose /etc is the operator's own: Debian and its like. */
import { arch, hostname } from 'node:os';
import { basename } from 'node:path';
import { type Clock, type Logger, systemClock } from '@sidegate/kit';
import { parseConfigText } from '../config/agent-config.ts';
import { type AgentPaths, configDir } from '../config/paths.ts';
import { createAtomicFiles } from '../system/atomic-files.ts';
import { createChangeRecord } from '../system/change-record.ts';
import { createConntrack } from '../system/conntrack.ts';
import { createHostsResolver } from '../system/hosts-resolver.ts';
import { createIpLinks } from '../system/ip-links.ts';
import { createNftFirewall } from '../system/nft-firewall.ts';
import { createFollow, createRun, type RunnerOptions } from '../system/run.ts';
import { createScryptLogins } from '../system/scrypt-logins.ts';
import { createSysctl } from '../system/sysctl.ts';
import { createUdpSockets } from '../system/udp-sockets.ts';
import { createWgTunnel } from '../system/wg-tunnel.ts';
import { detectCapabilities } from './detect-capabilities.ts';
import type { Platform } from './platform.ts';
import { readTextOr } from './read-text-or.ts';
import { undoChanges } from './undo-changes.ts';

/** Tests put commands into a network namespace and point the hosts file elsewhere. */
export interface DebianOptions extends RunnerOptions {
  readonly paths: AgentPaths;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly hostsFile?: string;
  /** /proc/net/dev of the machine, where it is not ours. */
  readonly netDevPath?: string;
}

/** `PRETTY_NAME` of os-release(5), or `Linux`. */
export const parseOsName = (osRelease: string): string =>
  /^PRETTY_NAME=(["']?)(.*)\1$/m.exec(osRelease)?.[2] ?? 'Linux';

/** Puts the adapters together. Reads and probes; changes nothing. */
export const createDebianPlatform = async (options: DebianOptions): Promise<Platform> => {
  const { paths, log, clock = systemClock } = options;
  const run = createRun(options);
  const following = { follow: createFollow(options), clock, log };
  const bootId = await readTextOr('/proc/sys/kernel/random/boot_id', 'unknown');
  const files = createAtomicFiles({
    state: paths.stateDir,
    runtime: paths.runtimeDir,
    config: configDir(paths),
  });
  const record = createChangeRecord(files, bootId);
  const ports = {
    tunnel: createWgTunnel({
      run,
      record,
      log,
      ...(options.netDevPath === undefined ? {} : { netDevPath: options.netDevPath }),
    }),
    links: createIpLinks(run, following),
    firewall: createNftFirewall({ run, record, ...following }),
    connections: createConntrack({ run, ...following }),
    resolver: createHostsResolver(record, options.hostsFile),
    logins: createScryptLogins(files),
    sysctl: createSysctl(run, record),
    files,
    sockets: createUdpSockets(log),
    run,
  };
  return {
    name: 'debian',
    describe: `${parseOsName(await readTextOr('/etc/os-release', ''))}, ${arch()}`,
    hostname: hostname(),
    bootId,
    paths,
    ports,
    capabilities: await detectCapabilities(run),
    readConfig: async () => parseConfigText(await files.readText('config', basename(paths.configFile))),
    undoChanges: (mayGoOn) => undoChanges(ports, record, mayGoOn),
  };
};
