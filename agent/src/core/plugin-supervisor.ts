/**
 * Life and death of plugins: loaded, ordered, started one after the other, stopped in reverse. A plugin that throws
 * is undone, named in health and tried again with backoff while the others go on; one that does not fit the machine
 * is skipped. Wrong names and cycles are errors of the installation and stop the start.
 */
import { createBackoff, describeError } from '@sidegate/kit';
import type { EdgeStatus } from '@sidegate/protocol';
import type { AgentConfig, ConfigProblem } from '../config/agent-config.ts';
import { AgentError } from '../errors.ts';
import type {
  Capability,
  Health,
  PlatformName,
  PluginDefinition,
  PluginSource,
} from '../plugin-api/index.ts';
import type { HealthBoard } from './health-board.ts';
import { orderPlugins } from './order-plugins.ts';
import { type RunPluginDeps, runPlugin } from './run-plugin.ts';

const API_VERSION = 1;
const RETRY = { firstMs: 5_000, maxMs: 300_000 } as const;

type PluginState = EdgeStatus['plugins'][number];

/** What the supervisor works with. */
export interface SupervisorDeps extends RunPluginDeps {
  readonly sources: readonly PluginSource[];
  readonly platform: { readonly name: PlatformName; readonly capabilities: ReadonlySet<Capability> };
  readonly config: AgentConfig;
  readonly health: HealthBoard;
  readonly onChange: () => void;
}

/** Starts the plugins in order, and those that failed again and again with backoff. */
export interface PluginSupervisor {
  /** Resolves when every plugin had its first try. Throws on unknown names, cycles and names taken twice. */
  start(): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
  states(): readonly PluginState[];
}

interface Entry {
  readonly name: string;
  readonly health: Health;
  state: PluginState;
  /** Ends what runs. */
  end?: () => Promise<void>;
  retry?: Disposable;
}

/** There are builds of nft without it. */
const nameOf = (capability: Capability): string =>
  capability === 'nftables' ? 'nftables with JSON' : capability;

/** Why a plugin does not run here, or `undefined`. */
const reasonToSkip = (
  definition: PluginDefinition,
  { platform, config }: SupervisorDeps,
): string | undefined => {
  if (config.core.disabledPlugins.includes(definition.name)) return 'turned off in the configuration';
  if (definition.platforms?.includes(platform.name) === false) return `not for ${platform.name}`;
  const missing = (definition.requires ?? []).filter((needed) => !platform.capabilities.has(needed));
  return missing.length === 0 ? undefined : `this machine has no ${missing.map(nameOf).join(', no ')}`;
};

const reportConfig = (health: Health, name: string, problems: readonly ConfigProblem[]) => {
  if (problems.length === 0) return;
  health.raise({
    code: 'config-invalid',
    severity: 'warning',
    title: `Section ${name} of the configuration has a mistake`,
    hint: problems.map(({ message }) => message).join('; '),
  });
};

/** Nothing is loaded before `start`. */
export const createPluginSupervisor = (deps: SupervisorDeps): PluginSupervisor => {
  const { clock, log, config, onChange } = deps;
  const entries = new Map<string, Entry>();
  const order: Entry[] = [];
  const stopController = new AbortController();
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const setState = (entry: Entry, state: PluginState['state'], detail = '') => {
    entry.state = { name: entry.name, state, detail };
    onChange();
  };
  const fail = (entry: Entry, error: unknown) => {
    const why = describeError(error);
    setState(entry, 'failed', why);
    log.warn('a plugin failed', { plugin: entry.name, error });
    entry.health.raise({
      code: 'plugin-failed',
      severity: 'error',
      title: `Plugin ${entry.name} does not run`,
      hint: error instanceof AgentError ? `${why}. ${error.hint}` : why,
    });
  };
  const load = async (source: PluginSource): Promise<PluginDefinition | undefined> => {
    const state = { name: source.name, state: 'stopped', detail: '' } as const;
    const entry: Entry = { name: source.name, health: deps.health.open(source.name), state };
    entries.set(source.name, entry);
    try {
      const { plugin } = await source.load();
      if (plugin?.name !== source.name) {
        throw new AgentError('PLUGIN_INVALID', `The module of ${source.name} exports no plugin of that name`);
      }
      if (plugin.apiVersion !== API_VERSION) {
        throw new AgentError('PLUGIN_API_MISMATCH', `Plugin ${source.name} is made for another agent`, {
          details: { apiVersion: plugin.apiVersion, supported: API_VERSION },
        });
      }
      return plugin;
    } catch (error) {
      fail(entry, error);
      return undefined;
    }
  };
  const tryStart = async (entry: Entry, definition: PluginDefinition, retryAfterMs: () => number) => {
    if (stopController.signal.aborted) return;
    try {
      const section = config.section(definition.name, definition.config);
      reportConfig(entry.health, definition.name, section.problems);
      entry.end = await runPlugin(definition, section.value, deps, stopController.signal);
      entry.health.clear('plugin-failed');
      setState(entry, 'running');
    } catch (error) {
      fail(entry, error);
      const again = () => {
        starting = tryStart(entry, definition, retryAfterMs);
      };
      if (!stopController.signal.aborted) entry.retry = clock.after(retryAfterMs(), again);
    }
  };
  const skip = (entry: Entry, reason: string) => {
    setState(entry, 'skipped', reason);
    if (!reason.startsWith('this machine')) return;
    entry.health.raise({
      code: 'plugin-skipped',
      severity: 'warning',
      title: `Plugin ${entry.name} does not run here`,
      hint: `${reason}; install it and start the agent again.`,
    });
  };
  const startAll = async () => {
    orderPlugins(deps.sources.map(({ name }) => ({ name })));
    const loaded = await Promise.all(deps.sources.map(load));
    const definitions = loaded.filter((definition) => definition !== undefined);
    for (const definition of orderPlugins(definitions, new Set(entries.keys()))) {
      const entry = entries.get(definition.name)!;
      const reason = reasonToSkip(definition, deps);
      if (reason !== undefined) {
        skip(entry, reason);
        continue;
      }
      order.push(entry);
      const backoff = createBackoff(RETRY);
      await tryStart(entry, definition, () => backoff.nextMs());
    }
  };
  const stopAll = async () => {
    stopController.abort(new Error('the agent stops'));
    for (const entry of order) entry.retry?.[Symbol.dispose]();
    await starting?.catch(() => {});
    for (const entry of [...order].reverse()) {
      await entry.end?.();
      setState(entry, 'stopped');
    }
  };
  return {
    start() {
      starting ??= startAll();
      return starting;
    },
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
    states: () => [...entries.values()].map(({ state }) => state),
  };
};
