/**
 * The agent as a daemon: platform, configuration, core, socket; then it waits to be stopped. Stopping leaves the data
 * plane as it is, so that an upgrade or a crash drops no packet. The one file, with `main.ts`, that knows everything.
 */
import {
  createLogger,
  createScope,
  createTurns,
  describeError,
  type Logger,
  type LogLevel,
  systemClock,
} from '@sidegate/kit';
import * as v from 'valibot';
import { createLocalClient } from './cli/local-client.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { socketPath } from './config/paths.ts';
import { type Core, type CoreOptions, createCore } from './core/core.ts';
import { findExternalPlugins } from './core/external-plugins.ts';
import { serveLocally } from './core/local-server.ts';
import { detectPlatform } from './platform/detect-platform.ts';
import type { Platform, RunningAgent } from './platform/platform.ts';
import type { PluginSource } from './plugin-api/index.ts';
import { builtInPlugins } from './plugins/index.ts';
import { VERSION } from './version.ts';

/** How a daemon is run. */
export interface DaemonOptions {
  /** Stops the daemon; without it, SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal;
  /** By default that of this machine. */
  readonly platform?: Platform;
  readonly plugins?: readonly PluginSource[];
  readonly log?: Logger;
  /** Called when every plugin had its first try and the socket answers. */
  readonly onReady?: () => void;
}

/** Aborts on the signals that ask a daemon to end. */
const untilTerminated = (): AbortSignal => {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => controller.abort(new Error(`received ${name}`));
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, stop);
  return controller.signal;
};

/** Tells systemd, where it is listening (sd_notify(3)). */
const notifySystemd = async ({ ports }: Platform, log: Logger, state: string) => {
  if (process.env.NOTIFY_SOCKET === undefined) return;
  // `run` starts programs without our environment; systemd-notify needs this one variable.
  const argv = [`NOTIFY_SOCKET=${process.env.NOTIFY_SOCKET}`, 'systemd-notify', state];
  await ports.run('env', argv).catch((error: unknown) => log.debug('notify systemd', { error }));
};

/** Plugins of others beside the built-in ones; a directory that cannot be read is a mistake in the configuration. */
const addExternalPlugins = async (
  config: AgentConfig,
  builtIn: readonly PluginSource[],
): Promise<{ readonly config: AgentConfig; readonly plugins: readonly PluginSource[] }> => {
  const { pluginDirectory } = config.core;
  if (pluginDirectory === undefined) return { config, plugins: builtIn };
  try {
    return { config, plugins: [...builtIn, ...(await findExternalPlugins(pluginDirectory))] };
  } catch (error) {
    const problem = { section: 'core', message: `pluginDirectory: ${describeError(error)}` };
    return { config: { ...config, problems: [...config.problems, problem] }, plugins: builtIn };
  }
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** What was asked for by SIGHUP, one after the other; `systemctl reload` and procd's triggers send it. */
const onHangup = (reload: () => Promise<void>, log: Logger): Disposable => {
  const inTurn = createTurns();
  const listener = () => {
    inTurn(reload).catch((error: unknown) => log.error('read the configuration again', { error }));
  };
  process.on('SIGHUP', listener);
  return { [Symbol.dispose]: () => void process.off('SIGHUP', listener) };
};

/** One life with one configuration: until `signal` aborts. The data plane does not notice its end. */
const liveOnce = async (
  { platform, config, plugins, log }: Pick<CoreOptions, 'platform' | 'config' | 'plugins' | 'log'>,
  signal: AbortSignal,
  onReady: (core: Core) => void,
): Promise<void> => {
  const core = createCore({ platform, version: VERSION, config, plugins, clock: systemClock, log });
  const scope = createScope();
  try {
    // First, so that it is stopped also where the socket is refused: it watches the kernel from its making.
    scope.add(() => core.stop());
    scope.add(await serveLocally(socketPath(platform.paths), core.api, log));
    await core.start();
    if (platform.attend !== undefined) {
      const { ask } = createLocalClient(socketPath(platform.paths), scope.signal);
      const health = scope.add(core.openHealth(platform.name));
      const asked: RunningAgent['ask'] = (method, path, body) => ask(method, path, v.unknown(), body);
      scope.add(await platform.attend({ ask: asked, health, clock: systemClock }));
    }
    onReady(core);
    await untilAborted(signal);
  } finally {
    await scope.end();
  }
};

/** Runs until told to stop. Rejects with DAEMON_RUNNING, PLATFORM_UNSUPPORTED or what is wrong with the plugins. */
export const runDaemon = async (options: DaemonOptions = {}): Promise<void> => {
  const signal = options.signal ?? untilTerminated();
  let level: LogLevel = 'info';
  const log = options.log ?? createLogger({ level: () => level });
  const platform = options.platform ?? (await detectPlatform(log));
  let config = await platform.readConfig();
  level = config.core.logLevel;
  let core: Core | undefined;
  let life = new AbortController();
  const reload = async () => {
    const next = await platform.readConfig();
    if (next.isRefused) return core?.reportConfig(next);
    const isSame = next.fingerprint === config.fingerprint;
    config = next;
    if (level !== config.core.logLevel) {
      level = config.core.logLevel;
      log.info('the log level has changed', { state: level });
    }
    if (isSame) return core?.reportConfig(next);
    log.info('the configuration has changed');
    life.abort();
  };
  using _ = onHangup(reload, log);
  const onReady = (running: Core) => {
    core = running;
    log.info('the agent runs', { state: VERSION, why: platform.describe });
    void notifySystemd(platform, log, 'READY=1');
    options.onReady?.();
  };
  try {
    while (!signal.aborted) {
      life = new AbortController();
      const found = await addExternalPlugins(config, options.plugins ?? builtInPlugins);
      await liveOnce({ platform, log, ...found }, AbortSignal.any([signal, life.signal]), onReady);
    }
    await notifySystemd(platform, log, 'STOPPING=1');
  } finally {
    await platform.close?.();
  }
};
