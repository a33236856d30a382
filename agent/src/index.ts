/** What plugins of others, tests and benches may use of the agent. Everything else is its own business. */

export type { AgentPaths } from './config/paths.ts';
export { type DaemonOptions, runDaemon } from './daemon.ts';
export { AgentError, type AgentErrorCode } from './errors.ts';
export { createMemoryPlatform, type MemoryOptions, type MemoryPlatform } from './platform/memory.ts';
export type { Platform } from './platform/platform.ts';
export type * from './plugin-api/index.ts';
