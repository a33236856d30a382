/**
 * The agent's one error class over one table of codes. Codes are stable for ever: programs and tests match on them.
 * To add one, add a line to the table of its area in `errors/`.
 */
import { defineErrors } from '@sidegate/kit';
import { CLI_ERRORS } from './errors/cli-errors.ts';
import { COMMAND_ERRORS } from './errors/command-errors.ts';
import { CORE_ERRORS } from './errors/core-errors.ts';
import { DISCOVERY_ERRORS } from './errors/discovery-errors.ts';
import { FORWARD_ERRORS } from './errors/forward-errors.ts';
import { MESH_ERRORS } from './errors/mesh-errors.ts';
import { SYSTEM_ERRORS } from './errors/system-errors.ts';
import { WEB_ERRORS } from './errors/web-errors.ts';

/** What is thrown in the agent on purpose. */
export const AgentError = defineErrors('AgentError', {
  ...COMMAND_ERRORS,
  ...SYSTEM_ERRORS,
  ...CORE_ERRORS,
  ...FORWARD_ERRORS,
  ...DISCOVERY_ERRORS,
  ...WEB_ERRORS,
  ...CLI_ERRORS,
  ...MESH_ERRORS,
});
/** An instance; narrow by `code`. */
export type AgentError = InstanceType<typeof AgentError>;
/** Every code of the agent. */
export type AgentErrorCode = AgentError['code'];
