/** A core on a memory platform and a virtual clock, for tests. */
import { createVirtualClock, silentLogger, type VirtualClock } from '@sidegate/kit';
import { parseAgentConfig } from '../../config/agent-config.ts';
import { createMemoryPlatform, type MemoryOptions, type MemoryPlatform } from '../../platform/memory.ts';
import type { PluginSource } from '../../plugin-api/index.ts';
import { type Core, createCore } from '../core.ts';

/** The core and what is around it. */
export interface OpenedCore extends AsyncDisposable {
  readonly core: Core;
  readonly platform: MemoryPlatform;
  readonly clock: VirtualClock;
  /** `running`, `failed`, ... of a plugin. */
  stateOf(plugin: string): string | undefined;
  /** Codes of all warnings, as `source/code`. */
  codes(): readonly string[];
}

/** Made, not started. */
export const openCore = (
  plugins: readonly PluginSource[],
  options: MemoryOptions & { readonly config?: unknown } = {},
): OpenedCore => {
  const clock = createVirtualClock();
  const platform = createMemoryPlatform(options);
  const config = parseAgentConfig(options.config);
  const core = createCore({ platform, version: '0.0.0-test', config, plugins, clock, log: silentLogger });
  return {
    core,
    platform,
    clock,
    stateOf: (name) => core.status().plugins.find((plugin) => plugin.name === name)?.state,
    codes: () => core.status().health.map(({ source, code }) => `${source}/${code}`),
    [Symbol.asyncDispose]: () => core.stop(),
  };
};
