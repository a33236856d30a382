import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginDefinition, PluginSource } from '../plugin-api/index.ts';

const FILE = /^([a-z][a-z0-9-]{0,39})\.mjs$/;

/** Plugins of others: every `<name>.mjs` of a directory, each exporting `plugin`. They run as root, as we do. */
export const findExternalPlugins = async (directory: string): Promise<readonly PluginSource[]> => {
  const files = await readdir(directory);
  return files.sort().flatMap((file) => {
    const name = FILE.exec(file)?.[1];
    if (name === undefined) return [];
    const url = pathToFileURL(join(directory, file)).href;
    return [{ name, load: () => import(url) as Promise<{ readonly plugin: PluginDefinition }> }];
  });
};
