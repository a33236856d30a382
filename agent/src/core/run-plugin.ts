import { type Clock, createScope, type Logger } from '@sidegate/kit';
import { AgentError } from '../errors.ts';
import type { PluginDefinition, PluginHost, PluginInstance } from '../plugin-api/index.ts';
import type { OpenPluginHost } from './open-plugin-host.ts';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

/** What a life of a plugin needs. */
export interface RunPluginDeps {
  readonly openHost: OpenPluginHost;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Rejects with PLUGIN_TIMED_OUT unless `work` settles in time. */
const inTime = async <T>(clock: Clock, timeoutMs: number, what: string, work: Promise<T>): Promise<T> => {
  let timer: Disposable | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = clock.after(timeoutMs, () =>
      reject(new AgentError('PLUGIN_TIMED_OUT', `${what} did not end in time`, { details: { timeoutMs } })),
    );
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer?.[Symbol.dispose]();
  }
};

/** One life of a plugin, from `setup` to `end`. A failed start has undone itself when this rejects. */
export const runPlugin = async <C>(
  definition: PluginDefinition<C>,
  config: C,
  { openHost, clock, log }: RunPluginDeps,
  stopSignal: AbortSignal,
): Promise<() => Promise<void>> => {
  const { name } = definition;
  const registrations = createScope();
  const life = new AbortController();
  let instance: PluginInstance | undefined;
  let ending: Promise<void> | undefined;
  const stopInstance = async () => {
    await inTime(clock, STOP_TIMEOUT_MS, `stop of plugin ${name}`, Promise.resolve(instance?.stop?.()));
  };
  const endAll = async () => {
    life.abort(new Error(`plugin ${name} stops`));
    const complain = (error: unknown) => log.warn('stop a plugin', { plugin: name, error });
    await stopInstance().catch(complain);
    await registrations.end().catch(complain);
  };
  const end = () => {
    ending ??= endAll();
    return ending;
  };
  const bringUp = async (host: PluginHost) => {
    instance = await definition.setup(host, config);
    // The start was given up meanwhile: what came up late goes down at once.
    if (life.signal.aborted) return await stopInstance();
    await instance.start?.();
  };
  const giveUp = () => life.abort(stopSignal.reason);
  stopSignal.addEventListener('abort', giveUp, { once: true });
  try {
    const starting = bringUp(openHost(name, registrations, life.signal));
    await inTime(clock, START_TIMEOUT_MS, `start of plugin ${name}`, starting);
    return end;
  } catch (error) {
    await end();
    throw error;
  } finally {
    // Once it runs, its turn to stop comes in reverse order.
    stopSignal.removeEventListener('abort', giveUp);
  }
};
