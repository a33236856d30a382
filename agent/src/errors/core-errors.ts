/** The plugin host's own rules (`core/`). */
import type { ErrorMeta } from '@sidegate/kit';

/** Codes and what is to be done about them. */
export const CORE_ERRORS = {
  PLUGIN_API_MISMATCH: {
    hint: 'Use a plugin made for this agent.',
    retry: 'never',
    blame: 'operator',
  },
  PLUGIN_NAME_TAKEN: { hint: 'Remove one of the two plugins.', retry: 'never', blame: 'operator' },
  PLUGIN_NAME_UNKNOWN: {
    hint: 'Install the plugin that is named, or remove the one that needs it.',
    retry: 'never',
    blame: 'operator',
  },
  PLUGIN_ORDER_CYCLE: { hint: 'Remove one of the plugins named.', retry: 'never', blame: 'bug' },
  PLUGIN_INVALID: { hint: 'The module must export `plugin`.', retry: 'never', blame: 'operator' },
  PLUGIN_TIMED_OUT: {
    hint: 'The plugin did not come up in time and is tried again.',
    retry: 'backoff',
    blame: 'bug',
  },
  FACT_CLAIMED_TWICE: { hint: 'Remove one of the two plugins.', retry: 'never', blame: 'bug' },
  ROUTE_TAKEN: { hint: 'Remove one of the two plugins.', retry: 'never', blame: 'bug' },
  CONFIG_UNREADABLE: {
    hint: 'Correct the file; until then the defaults are in use.',
    retry: 'never',
    blame: 'operator',
  },
} as const satisfies Record<string, ErrorMeta>;
