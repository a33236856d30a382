/**
 * The agent's one error class over one table of codes. Codes are stable for ever: programs and tests match on them.
 * To add one, add a line to the group of its subsystem.
 */
import { defineErrors, type ErrorMeta } from '@sidegate/kit';

/** Why running another program did not work (`system/run.ts`). */
const COMMAND_ERRORS = {
  COMMAND_NOT_FOUND: {
    hint: 'Install the package that has this program; `sidegate doctor` names it.',
    retry: 'never',
    blame: 'system',
    status: 503,
  },
  COMMAND_FAILED: {
    hint: 'The details carry what the program said.',
    retry: 'backoff',
    blame: 'system',
    status: 502,
  },
  COMMAND_TIMED_OUT: {
    hint: 'The machine may be overloaded; try again.',
    retry: 'backoff',
    blame: 'system',
    status: 504,
  },
  COMMAND_OUTPUT_TOO_LARGE: {
    hint: 'The program said more than it ever should; look at it by hand.',
    retry: 'never',
    blame: 'system',
    status: 502,
  },
} as const satisfies Record<string, ErrorMeta>;

/** The machine and what we set up on it. */
const SYSTEM_ERRORS = {
  NFT_REJECTED: {
    hint: 'Nothing was changed; the details carry what nft said.',
    retry: 'backoff',
    blame: 'bug',
    status: 502,
  },
  TUNNEL_UNAVAILABLE: {
    hint: 'Install the wireguard kernel module or the wireguard-go package.',
    retry: 'backoff',
    blame: 'operator',
    status: 503,
  },
  TUNNEL_PORT_IN_USE: {
    hint: 'Another program has the UDP port; set another listen port in the mesh section.',
    retry: 'backoff',
    blame: 'operator',
    status: 409,
  },
  TUNNEL_NAME_TAKEN: {
    hint: 'An interface that is not ours has this name; set another one in the mesh section.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  SOCKET_IN_USE: {
    hint: 'Another program, or another agent, has this address.',
    retry: 'backoff',
    blame: 'operator',
    status: 409,
  },
  PASSWORD_UNSUITABLE: {
    hint: 'Choose a longer password.',
    retry: 'never',
    blame: 'remote',
    status: 400,
  },
  PLATFORM_UNSUPPORTED: {
    hint: 'The agent runs on Linux as root.',
    retry: 'never',
    blame: 'operator',
  },
  DAEMON_RUNNING: {
    hint: 'Stop the other agent first.',
    retry: 'never',
    blame: 'operator',
  },
} as const satisfies Record<string, ErrorMeta>;

/** The plugin host's own rules (`core/`). */
const CORE_ERRORS = {
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

/** What is thrown in the agent on purpose. */
export const AgentError = defineErrors('AgentError', {
  ...COMMAND_ERRORS,
  ...SYSTEM_ERRORS,
  ...CORE_ERRORS,
});
/** An instance; narrow by `code`. */
export type AgentError = InstanceType<typeof AgentError>;
/** Every code of the agent. */
export type AgentErrorCode = AgentError['code'];
