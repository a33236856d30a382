/**
 * A platform is the set of adapters for one kind of machine, and what it can do. `debian` is any Linux with a writable
 * /etc and no configuration system of its own; `memory` is for tests. Must not import plugins or the core.
 */
import type { Capability, PlatformName } from '../plugin-api/index.ts';
import type { Ports } from '../ports/index.ts';

/** Where the agent keeps its files. */
export interface AgentPaths {
  /** Durable: identity, network map. 0700. */
  readonly stateDir: string;
  /** Gone after a reboot: the socket. 0700. */
  readonly runtimeDir: string;
  /** The operator's file. */
  readonly configFile: string;
}

export interface Platform {
  readonly name: PlatformName;
  /** For people: `Debian GNU/Linux 12 (bookworm), aarch64`. */
  readonly describe: string;
  readonly hostname: string;
  /** New with every boot. */
  readonly bootId: string;
  readonly paths: AgentPaths;
  readonly ports: Ports;
  readonly capabilities: ReadonlySet<Capability>;
  /**
   * Takes back everything that the agent, or a crashed one before it, changed in the system; `mayGoOn` is asked before
   * each step. Idempotent. Gathers the errors of single steps.
   */
  undoChanges(mayGoOn?: () => boolean): Promise<void>;
}
