/**
 * The agent's core: lifecycle, facts, health, reconcile loops and the local API. It has no features; those are
 * plugins. Invariants: plugins wish and the core applies; stopping leaves the data plane as it is (interface, table
 * and names outlive the agent), only being `down` takes it away. Must not import a plugin or an adapter.
 */
import { type Clock, createEmitter, createScope, type Logger } from '@sidegate/kit';
import type { Candidate, EdgeStatus } from '@sidegate/protocol';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Platform } from '../platform/platform.ts';
import type { EdgeEventMap, FirewallWish, Health, LocalApi, PluginSource } from '../plugin-api/index.ts';
import { createApiRouter } from './api-router.ts';
import { composeStatus } from './compose-status.ts';
import { createFactStore } from './fact-store.ts';
import { createFirewallLoop } from './firewall-loop.ts';
import { createHealthBoard } from './health-board.ts';
import { createNamesLoop, type NameWish } from './names-loop.ts';
import { createHostOpener, type SharedParts } from './open-plugin-host.ts';
import { createPluginSupervisor, type PluginSupervisor } from './plugin-supervisor.ts';
import { renderOpenApi } from './render-openapi.ts';
import { createSlotTable } from './slot-table.ts';
import { createStatusTicker } from './status-ticker.ts';
import { undoWhileDown } from './undo-while-down.ts';

/** A plugin that takes longer than this to start does not keep the others' wishes waiting. */
const HOLD_LIMIT_MS = 5_000;

/** What a core is made of. */
export interface CoreOptions {
  readonly platform: Platform;
  readonly version: string;
  readonly config: AgentConfig;
  readonly plugins: readonly PluginSource[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** The agent without its sockets and its command line. */
export interface Core {
  readonly api: LocalApi;
  /** The part of the health board of one that is no plugin. */
  openHealth(source: string): Health & Disposable;
  /** Says what is wrong with a configuration, in place of what was said before. */
  reportConfig(config: AgentConfig): void;
  /** Resolves when every plugin had its first try. Throws on errors of the installation. */
  start(): Promise<void>;
  /** Stops everything that runs in this process and nothing that runs in the kernel. Idempotent. */
  stop(): Promise<void>;
  status(): EdgeStatus;
}

const createParts = ({ platform, version, clock, log }: CoreOptions, onChange: () => void) => {
  const complain = (error: unknown) => log.error('a listener threw', { error });
  const events = createEmitter<EdgeEventMap>(complain);
  return {
    platform: {
      name: platform.name,
      describe: platform.describe,
      hostname: platform.hostname,
      bootId: platform.bootId,
      version,
    },
    ports: platform.ports,
    clock,
    log,
    health: createHealthBoard(clock, onChange),
    facts: createFactStore(complain),
    events,
    router: createApiRouter({ events, clock, log }),
    firewallWishes: createSlotTable<FirewallWish>(),
    nameWishes: createSlotTable<NameWish>(),
    candidates: createSlotTable<readonly Candidate[]>(),
  } satisfies Omit<SharedParts, 'firewallSettled'>;
};
type Parts = ReturnType<typeof createParts>;

const reportConfigProblems = (health: Health, plugins: readonly PluginSource[], config: AgentConfig) => {
  const known = new Set(['core', ...plugins.map(({ name }) => name)]);
  const strangers = config.sections.filter((name) => !known.has(name));
  const sentences = [
    ...config.problems.map(({ section, message }) => `${section}: ${message}`),
    ...strangers.map((name) => `there is no plugin for section ${name}`),
  ];
  if (sentences.length === 0) return health.clear('config-invalid');
  health.raise({
    code: 'config-invalid',
    severity: 'warning',
    title: 'The configuration has a mistake',
    hint: sentences.join('; '),
  });
};

const hasTable = ({ ports }: Platform, log: Logger, signal: AbortSignal): Promise<boolean> =>
  ports.firewall.isPresent(signal).catch((error: unknown) => {
    log.debug('look for our firewall table', { error });
    return false;
  });

const addCoreRoutes = (parts: Parts, version: string, status: () => EdgeStatus) => {
  parts.router.add({
    method: 'GET',
    path: '/status',
    summary: 'The agent at a glance: state, node, broker, tunnel, health, plugins',
    handler: async () => status(),
  });
  parts.router.add({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI document',
    handler: async () => renderOpenApi(parts.router.routes(), version),
  });
};

/** Puts the parts together; nothing runs before `start`. */
export const createCore = (options: CoreOptions): Core => {
  const { platform, version, config, clock, log } = options;
  const startedAt = clock.wallMs();
  const scope = createScope();
  const parts = createParts(options, () => ticker.poke());
  const health = parts.health.open('core');
  const status = () =>
    composeStatus({
      platform: parts.platform,
      startedAt,
      facts: parts.facts,
      health: parts.health.all(),
      plugins: supervisor.states(),
    });
  const ticker = createStatusTicker(clock, (now) => parts.events.emit('status.changed', now), status);
  const { firewall, resolver } = platform.ports;
  const firewallLoop = createFirewallLoop({ wishes: parts.firewallWishes, firewall, clock, health, log });
  const namesLoop = createNamesLoop({ wishes: parts.nameWishes, resolver, clock, health, log });
  const supervisor: PluginSupervisor = createPluginSupervisor({
    sources: options.plugins,
    platform,
    config,
    openHost: createHostOpener({ ...parts, firewallSettled: () => firewallLoop.settled() }),
    health: parts.health,
    clock,
    log,
    onChange: () => ticker.poke(),
  });
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    parts.router.complete();
    // First the loops: plugins that stop take their wishes back, and the machine must not follow.
    await firewallLoop[Symbol.asyncDispose]();
    await namesLoop[Symbol.asyncDispose]();
    await scope.end();
    await supervisor.stop();
  };
  scope.add(ticker);
  scope.add(parts.facts.watchAll(() => ticker.poke()));
  const reportConfig = (now: AgentConfig) => reportConfigProblems(health, options.plugins, now);
  reportConfig(config);
  addCoreRoutes(parts, version, status);
  return {
    api: parts.router,
    openHealth: (source) => parts.health.open(source),
    reportConfig,
    status,
    async start() {
      const release = () => {
        firewallLoop.release();
        namesLoop.release();
      };
      // Where a table is in force, it stays so until all have said what they wish; where none is, every moment counts.
      if (!(await hasTable(platform, log, scope.signal))) firewallLoop.release();
      using _limit = clock.after(HOLD_LIMIT_MS, release);
      await supervisor.start();
      parts.router.complete();
      release();
      undoWhileDown({ ...parts, platform, scope });
    },
    stop() {
      stopping ??= stop().catch((error: unknown) => log.error('stop the agent', { error }));
      return stopping;
    },
  };
};
