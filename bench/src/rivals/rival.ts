/** A mesh between two machines of the lab: ours, WireGuard set by hand, or somebody else's. */
import type { Home, Machine } from '@sidegate/lab';

/** One end of a pair. */
export interface End {
  readonly machine: Machine;
  readonly home: Home;
}

/** Two machines that are to meet. */
export interface Pair {
  readonly from: End;
  readonly to: End;
}

/** A mesh on a pair. */
export interface Rival extends AsyncDisposable {
  readonly name: string;
  /** The far end's address inside. */
  readonly address: string;
  /** Both ends come up; resolves when each has registered wherever it registers. Nothing was sent to the other. */
  start(): Promise<void>;
  /** Both ends go down. Idempotent. */
  stop(): Promise<void>;
  /** Runs a command of the shell on the near end, as the first thing ever sent to the far one: see `cold-start.ts`. */
  runFirst(command: string): Promise<string>;
  /** For whoever cannot notice by itself: one of the networks has just changed. */
  tell?(): Promise<void>;
}

/** Forgets what the routers know, so that a start finds no hole from before. */
export const forgetFlows = async ({ from, to }: Pair): Promise<void> => {
  await Promise.all([from.home.router.flushConntrack(), to.home.router.flushConntrack()]);
};
