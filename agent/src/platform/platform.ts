/**
 * A platform is the set of adapters for one kind of machine, and what it can do. `openwrt` is OpenWrt; `debian` is any
 * other Linux, with a writable /etc and no configuration system of its own; `memory` is for tests. Must not import
 * plugins or the core.
 */
import type { Clock } from '@sidegate/kit';
import type { AgentConfig } from '../config/agent-config.ts';
import type { AgentPaths } from '../config/paths.ts';
import type { Capability, Health, PlatformName } from '../plugin-api/index.ts';
import type { Ports } from '../ports/index.ts';

/** What a running agent gives its platform. */
export interface RunningAgent {
  /** Asks the local API as root does: path without `/api`, the answer as JSON. Rejects with the agent's own refusal. */
  ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
  readonly health: Health;
  readonly clock: Clock;
}

/** Adapters for this machine, opened once by `detect-platform.ts`. */
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
  /** The operator's wishes, from wherever this machine keeps them. What is wrong with them is in the result. */
  readConfig(): Promise<AgentConfig>;
  /** Makes the running agent known to the machine's own tools, where it has such; until disposed. */
  attend?(agent: RunningAgent): Promise<AsyncDisposable>;
  /** Lets go of what the adapters hold open. Idempotent. */
  close?(): Promise<void>;
  /**
   * Takes back everything that the agent, or a crashed one before it, changed in the system; `mayGoOn` is asked before
   * each step. Idempotent. Gathers the errors of single steps.
   */
  undoChanges(mayGoOn?: () => boolean): Promise<void>;
}
