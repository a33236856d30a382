/** The one list of built-in plugins. A new one is a folder here and a line below; nothing else names it. */
import type { PluginSource } from '../plugin-api/index.ts';

/** The built-in plugins. Order is theirs to state (`after`), not the list's. */
export const builtInPlugins: readonly PluginSource[] = [
  { name: 'mesh', load: () => import('./mesh/index.ts') },
  { name: 'forwarding', load: () => import('./forwarding/index.ts') },
  { name: 'discovery', load: () => import('./discovery/index.ts') },
  { name: 'port-mapping', load: () => import('./port-mapping/index.ts') },
  { name: 'relay', load: () => import('./relay/index.ts') },
  { name: 'wake-on-lan', load: () => import('./wake-on-lan/index.ts') },
  { name: 'web', load: () => import('./web/index.ts') },
];
