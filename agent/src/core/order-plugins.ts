import { AgentError } from '../errors.ts';

/** What ordering needs to know of a plugin. */
export interface Orderable {
  readonly name: string;
  readonly after?: readonly string[];
}

/**
 * Sorts so that each plugin comes after those it names, otherwise as given. `known` holds the names that may be named
 * although they do not run here. Throws PLUGIN_NAME_TAKEN, PLUGIN_NAME_UNKNOWN or PLUGIN_ORDER_CYCLE.
 */
export const orderPlugins = <T extends Orderable>(
  plugins: readonly T[],
  known: ReadonlySet<string> = new Set(),
): readonly T[] => {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  if (byName.size < plugins.length) {
    const name = plugins.find((plugin) => byName.get(plugin.name) !== plugin)!.name;
    throw new AgentError('PLUGIN_NAME_TAKEN', `Two plugins are named ${name}`, { details: { name } });
  }
  const ordered: T[] = [];
  const done = new Set<string>();
  const visit = (plugin: T, path: readonly string[]) => {
    if (done.has(plugin.name)) return;
    if (path.includes(plugin.name)) {
      const cycle = [...path.slice(path.indexOf(plugin.name)), plugin.name].join(' -> ');
      throw new AgentError('PLUGIN_ORDER_CYCLE', `Plugins wait for each other: ${cycle}`, {
        details: { cycle },
      });
    }
    for (const name of plugin.after ?? []) {
      const before = byName.get(name);
      if (before !== undefined) visit(before, [...path, plugin.name]);
      else if (!known.has(name)) {
        throw new AgentError(
          'PLUGIN_NAME_UNKNOWN',
          `${plugin.name} starts after ${name}, which is not here`,
          {
            details: { plugin: plugin.name, after: name },
          },
        );
      }
    }
    done.add(plugin.name);
    ordered.push(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return ordered;
};
