import { AgentError } from '../../errors.ts';
import type { Connection, Connections } from '../../ports/index.ts';

/** Connections that a test begins and ends. */
export interface MemoryConnections extends Connections {
  readonly alive: readonly Connection[];
  readonly watchers: number;
  /** The program that tells of them is not installed. */
  isMissing: boolean;
  begin(connection: Connection): void;
  end(connection: Connection): void;
}

/** None yet. */
export const createMemoryConnections = (): MemoryConnections => {
  const alive = new Map<string, Connection>();
  const watches = new Set<Parameters<Connections['watch']>[1]>();
  const fake: MemoryConnections = {
    isMissing: false,
    async read(_mark, signal) {
      signal.throwIfAborted();
      if (fake.isMissing) throw new AgentError('COMMAND_NOT_FOUND', 'The program conntrack is not here');
      return [...alive.values()];
    },
    watch(_mark, on) {
      watches.add(on);
      return { [Symbol.dispose]: () => void watches.delete(on) };
    },
    begin(connection) {
      alive.set(connection.key, connection);
      for (const { onBegun } of [...watches]) onBegun(connection);
    },
    end(connection) {
      alive.delete(connection.key);
      for (const { onEnded } of [...watches]) onEnded(connection);
    },
    get alive() {
      return [...alive.values()];
    },
    get watchers() {
      return watches.size;
    },
  };
  return fake;
};
