/** What every built-in plugin must do, whatever it is about: start, stop twice, leave nothing behind. */
import { createVirtualClock, silentLogger } from '@sidegate/kit';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseAgentConfig } from '../config/agent-config.ts';
import { createCore } from '../core/core.ts';
import { createMemoryPlatform } from '../platform/memory.ts';
import { builtInPlugins } from './index.ts';

const NAME = /^[a-z][a-z0-9-]{1,30}$/;

/** The one plugin, and those it names as empty shells, so that it stands alone. */
const open = (name: string) => {
  const source = builtInPlugins.find((each) => each.name === name)!;
  const clock = createVirtualClock();
  const platform = createMemoryPlatform();
  const others = builtInPlugins
    .filter((each) => each !== source)
    .map((other) => ({
      name: other.name,
      load: async () => ({
        plugin: {
          name: other.name,
          apiVersion: 1 as const,
          summary: 'A shell',
          config: v.unknown(),
          setup: () => ({}),
        },
      }),
    }));
  const core = createCore({
    platform,
    version: '0.0.0-test',
    config: parseAgentConfig(undefined),
    plugins: [...others, source],
    clock,
    log: silentLogger,
  });
  return { core, platform, clock };
};

describe.each(builtInPlugins.map(({ name }) => name))('plugin %s', (name) => {
  it('describes itself', async () => {
    const { plugin } = await builtInPlugins.find((each) => each.name === name)!.load();
    expect(plugin.name).toBe(name);
    expect(plugin.name).toMatch(NAME);
    expect(plugin.apiVersion).toBe(1);
    expect(plugin.summary).toMatch(/^[A-Z].{10,120}$/);
    expect(v.safeParse(plugin.config, {}).success, 'a plugin runs without any configuration').toBe(true);
    for (const other of plugin.after ?? []) {
      expect(builtInPlugins.map((each) => each.name)).toContain(other);
    }
  });

  it('starts on a bare machine, stops twice and leaves nothing behind', async () => {
    const { core, platform, clock } = open(name);
    await core.start();
    const state = core.status().plugins.find((plugin) => plugin.name === name);
    expect(state).toEqual({ name, state: 'running', detail: '' });
    await clock.advance(5_000);
    await core.stop();
    await core.stop();
    expect(core.status().plugins.find((plugin) => plugin.name === name)?.state).toBe('stopped');
    expect(core.status().health).toEqual([]);
    expect(platform.fakes.links.watchers).toBe(0);
    expect(platform.fakes.firewall.watchers).toBe(0);
    expect(platform.fakes.connections.watchers).toBe(0);
    expect(platform.fakes.network.open).toBe(0);
  });

  it('starts again after a stop', async () => {
    const first = open(name);
    await first.core.start();
    await first.core.stop();
    const second = open(name);
    await second.core.start();
    expect(second.core.status().plugins.find((plugin) => plugin.name === name)?.state).toBe('running');
    await second.core.stop();
  });
});
