/**
 * A machine that is only memory, for tests of everything above the adapters. Its fakes pass the contract suites of
 * `contract/` as the real adapters do, so they cannot lie about what was asked of them there.
 */
import type { Ip } from '@sidegate/protocol';
import { LIMITS } from '@sidegate/protocol';
import { parseConfigText } from '../config/agent-config.ts';
import type { AgentPaths } from '../config/paths.ts';
import { AgentError } from '../errors.ts';
import type { Capability } from '../plugin-api/index.ts';
import type { Logins, Ports, Resolver, Sysctl } from '../ports/index.ts';
import { createMemoryConnections, type MemoryConnections } from './memory/memory-connections.ts';
import { createMemoryFiles, type MemoryFiles } from './memory/memory-files.ts';
import { createMemoryFirewall, type MemoryFirewall } from './memory/memory-firewall.ts';
import { createMemoryLinks, type MemoryLinks } from './memory/memory-links.ts';
import { createMemoryRun, type MemoryRun, type Script } from './memory/memory-run.ts';
import { createMemoryNetwork, type MemoryNetwork } from './memory/memory-sockets.ts';
import { createMemoryTunnel, type MemoryTunnel } from './memory/memory-tunnel.ts';
import type { Platform } from './platform.ts';

/** Names that only are remembered. */
export interface MemoryResolver extends Resolver {
  readonly names: readonly { readonly name: string; readonly address: Ip }[];
}

/** One kernel setting. */
export interface MemorySysctl extends Sysctl {
  isForwarding: boolean;
}

/** The platform with its fakes in reach. */
export interface MemoryPlatform extends Platform {
  readonly fakes: {
    readonly tunnel: MemoryTunnel;
    readonly links: MemoryLinks;
    readonly firewall: MemoryFirewall;
    readonly connections: MemoryConnections;
    readonly resolver: MemoryResolver;
    readonly sysctl: MemorySysctl;
    readonly files: MemoryFiles;
    readonly run: MemoryRun;
    readonly network: MemoryNetwork;
  };
}

/** What a test may choose. */
export interface MemoryOptions {
  readonly hostname?: string;
  readonly bootId?: string;
  readonly address?: Ip;
  readonly network?: MemoryNetwork;
  readonly capabilities?: readonly Capability[];
  readonly scripts?: Readonly<Record<string, Script>>;
  /** From `area/name` to text. */
  readonly files?: ReadonlyMap<string, string>;
  /** For the one thing that is real: the socket of the daemon. */
  readonly paths?: AgentPaths;
}

const ALL: readonly Capability[] = ['wireguard', 'nftables', 'arp-scan'];
const NOWHERE: AgentPaths = {
  stateDir: '/nonexistent/state',
  runtimeDir: '/nonexistent/run',
  configFile: '/nonexistent/config.json',
};

/** Knows no name. */
export const createMemoryResolver = (): MemoryResolver => {
  let names: MemoryResolver['names'] = [];
  return {
    async apply(next, signal) {
      signal.throwIfAborted();
      names = next;
    },
    async remove() {
      names = [];
    },
    get names() {
      return names;
    },
  };
};

/** Forwarding is off. */
export const createMemorySysctl = (): MemorySysctl => {
  let was: boolean | undefined;
  const state: MemorySysctl = {
    isForwarding: false,
    async ensureForwarding(signal) {
      signal.throwIfAborted();
      if (state.isForwarding) return;
      was ??= state.isForwarding;
      state.isForwarding = true;
    },
    async restore() {
      if (was !== undefined) state.isForwarding = was;
      was = undefined;
    },
  };
  return state;
};

/** No password is set. */
export const createMemoryLogins = (): Logins => {
  let password: string | undefined;
  return {
    describe: async () => ({
      possible: password !== undefined,
      hint: password === undefined ? 'No password is set.' : '',
    }),
    verify: async (given) => (password !== undefined && given === password ? { name: 'local' } : undefined),
    async setPassword(secret) {
      const { length } = secret.reveal();
      if (length < LIMITS.passwordMinLength || length > LIMITS.passwordMaxLength) {
        throw new AgentError('PASSWORD_UNSUITABLE', 'The password is too short or too long');
      }
      password = secret.reveal();
    },
  };
};

/** A machine with every capability and nothing on it. */
export const createMemoryPlatform = (options: MemoryOptions = {}): MemoryPlatform => {
  const network = options.network ?? createMemoryNetwork();
  const fakes = {
    tunnel: createMemoryTunnel(),
    links: createMemoryLinks(),
    firewall: createMemoryFirewall(),
    connections: createMemoryConnections(),
    resolver: createMemoryResolver(),
    sysctl: createMemorySysctl(),
    files: createMemoryFiles(options.files),
    run: createMemoryRun(options.scripts),
    network,
  };
  const { run, network: _, ...same } = fakes;
  const ports: Ports = {
    ...same,
    run: run.run,
    logins: createMemoryLogins(),
    sockets: network.sockets(options.address),
  };
  return {
    name: 'memory',
    describe: 'memory',
    hostname: options.hostname ?? 'memory',
    bootId: options.bootId ?? '00000000-0000-4000-8000-000000000000',
    paths: options.paths ?? NOWHERE,
    ports,
    capabilities: new Set(options.capabilities ?? ALL),
    readConfig: async () => parseConfigText(await fakes.files.readText('config', 'config.json')),
    fakes,
    async undoChanges() {
      await fakes.sysctl.restore();
      await fakes.resolver.remove();
      await fakes.firewall.remove();
    },
  };
};
