/**
 * OpenWrt: configuration in UCI, the interface known to netifd, openings through procd to fw4, names through dnsmasq,
 * log-ins through rpcd, and the agent as an object on ubus. `wg`, `nft` and `ip` are as on Debian (the package depends
 * on ip-full and nftables-json). Nothing that changes by itself is written to flash: what was changed in the system is
 * gone after a reboot, so it is recorded in RAM.
 */
import { arch, hostname } from 'node:os';
import { type Clock, createScope, describeError, type Logger, systemClock } from '@sidegate/kit';
import { connectUbus } from 'node-ubus';
import { refuseConfig } from '../config/agent-config.ts';
import { type AgentPaths, configDir } from '../config/paths.ts';
import { parseUciConfig } from '../config/uci-config.ts';
import { createAtomicFiles } from '../system/atomic-files.ts';
import { createChangeRecord } from '../system/change-record.ts';
import { createConntrack } from '../system/conntrack.ts';
import { createDnsmasqResolver } from '../system/dnsmasq-resolver.ts';
import { createFw4Openings, withFw4Openings } from '../system/fw4-openings.ts';
import { createIpLinks } from '../system/ip-links.ts';
import { withNetifdEvents } from '../system/netifd-links.ts';
import { createNetifdTunnel } from '../system/netifd-tunnel.ts';
import { createNftFirewall } from '../system/nft-firewall.ts';
import { createRouterLeases } from '../system/router-leases.ts';
import { createRpcdLogins } from '../system/rpcd-logins.ts';
import { createFollow, createRun, type RunnerOptions } from '../system/run.ts';
import { createSysctl } from '../system/sysctl.ts';
import { createUciPackage } from '../system/uci.ts';
import { createUdpSockets } from '../system/udp-sockets.ts';
import { createWgTunnel } from '../system/wg-tunnel.ts';
import { detectCapabilities } from './detect-capabilities.ts';
import { provideBusObject } from './openwrt/bus-object.ts';
import { enrolUnattended } from './openwrt/enrol-unattended.ts';
import type { Platform } from './platform.ts';
import { readTextOr } from './read-text-or.ts';
import { undoChanges } from './undo-changes.ts';

/** procd starts us after all of these; a service that hangs must not hang us. */
const UBUS_TIMEOUT_MS = 5_000;

/** Tests put commands into a network namespace and point at other files and another bus. */
export interface OpenwrtOptions extends RunnerOptions {
  readonly paths: AgentPaths;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly ubusPath?: string;
  readonly hostsDirectory?: string;
  readonly shadowFile?: string;
}

/** `DISTRIB_DESCRIPTION` of /etc/openwrt_release. */
export const parseRelease = (text: string): string =>
  /^DISTRIB_DESCRIPTION=(["']?)(.*)\1$/m.exec(text)?.[2] ?? 'OpenWrt';

/** Puts the adapters together. Reads and probes; changes nothing. */
export const createOpenwrtPlatform = async (options: OpenwrtOptions): Promise<Platform> => {
  const { paths, log, clock = systemClock } = options;
  const run = createRun(options);
  const following = { follow: createFollow(options), clock, log };
  const bootId = await readTextOr('/proc/sys/kernel/random/boot_id', 'unknown');
  const files = createAtomicFiles({
    state: paths.stateDir,
    runtime: paths.runtimeDir,
    config: configDir(paths),
  });
  const record = createChangeRecord(files, bootId, 'runtime');
  const ubus = connectUbus({
    timeoutMs: UBUS_TIMEOUT_MS,
    onError: (error: unknown) => log.debug('ubus', { why: describeError(error) }),
    ...(options.ubusPath === undefined ? {} : { path: options.ubusPath }),
  });
  const uci = createUciPackage(ubus, 'sidegate');
  const openings = createFw4Openings(ubus, log);
  const tunnel = createWgTunnel({ run, record, log });
  const ports = {
    tunnel: createNetifdTunnel({ tunnel, openings, ubus, clock, log }),
    links: withNetifdEvents(createIpLinks(run, following), ubus, log),
    firewall: withFw4Openings(createNftFirewall({ run, record, ...following }), openings),
    connections: createConntrack({ run, ...following }),
    resolver: createDnsmasqResolver({ ubus, record, log }, options.hostsDirectory),
    logins: createRpcdLogins(ubus, options.shadowFile),
    sysctl: createSysctl(run, record),
    leases: createRouterLeases(ubus),
    files,
    sockets: createUdpSockets(log),
    run,
  };
  return {
    name: 'openwrt',
    describe: `${parseRelease(await readTextOr('/etc/openwrt_release', ''))}, ${arch()}`,
    hostname: hostname(),
    bootId,
    paths,
    ports,
    capabilities: await detectCapabilities(run),
    async readConfig() {
      try {
        return parseUciConfig(await uci.read());
      } catch (error) {
        return refuseConfig('/etc/config/sidegate', `it cannot be read (${describeError(error)})`);
      }
    },
    async attend(agent) {
      const scope = createScope();
      void enrolUnattended({ agent, uci, files, log, signal: scope.signal });
      // In the background: without ubusd, or with the name taken, the agent still runs, and the client goes on trying.
      const providing = provideBusObject(ubus, agent);
      providing.catch((error: unknown) => log.warn('be an object on ubus', { why: describeError(error) }));
      scope.add(() => providing.then((object) => object.remove()).catch(() => undefined));
      return { [Symbol.asyncDispose]: () => scope.end() };
    },
    undoChanges: (mayGoOn) => undoChanges(ports, record, mayGoOn),
    close: () => ubus.close(),
  };
};
