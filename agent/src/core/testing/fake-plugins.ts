/** Plugins for the core's own tests. */
import * as v from 'valibot';
import type { PluginDefinition, PluginHost, PluginInstance, PluginSource } from '../../plugin-api/index.ts';

/** A plugin around one function; without it, one that does nothing. */
export const fakePlugin = (
  name: string,
  setup: (host: PluginHost) => PluginInstance | Promise<PluginInstance> = () => ({}),
  rest: Partial<PluginDefinition> = {},
): PluginSource => {
  const plugin: PluginDefinition = {
    name,
    apiVersion: 1,
    summary: `The plugin ${name}`,
    config: v.strictObject({}),
    setup,
    ...rest,
  };
  return { name, load: async () => ({ plugin }) };
};
