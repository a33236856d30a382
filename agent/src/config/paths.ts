import { dirname, join } from 'node:path';

/** Where the agent keeps its files. */
export interface AgentPaths {
  /** Durable: identity, network map. 0700. */
  readonly stateDir: string;
  /** Gone after a reboot: the socket. 0700. */
  readonly runtimeDir: string;
  /** The operator's file. */
  readonly configFile: string;
}

/** Where the agent's files are; the environment moves them, for tests and for machines that mount elsewhere. */
export const agentPaths = (env: Readonly<Record<string, string | undefined>> = process.env): AgentPaths => ({
  stateDir: env.SIDEGATE_STATE_DIR ?? '/var/lib/sidegate',
  runtimeDir: env.SIDEGATE_RUN_DIR ?? '/run/sidegate',
  configFile: env.SIDEGATE_CONFIG ?? '/etc/sidegate/config.json',
});

/** The socket of the local API. */
export const socketPath = (paths: AgentPaths): string => join(paths.runtimeDir, 'sidegate.sock');

/** The directory of the configuration file: the `config` area. */
export const configDir = (paths: AgentPaths): string => dirname(paths.configFile);
