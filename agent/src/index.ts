/** What plugins of others, tests and benches may use of the agent. Everything else is its own business. */
export { type DaemonOptions, runDaemon } from './daemon.ts';
export { AgentError, type AgentErrorCode } from './errors.ts';
export { createMemoryPlatform, type MemoryOptions, type MemoryPlatform } from './platform/memory.ts';
export type { AgentPaths, Platform } from './platform/platform.ts';
export type * from './plugin-api/index.ts';
