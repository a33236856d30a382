import { AgentError } from '../errors.ts';
import type { FactName, FactStore, Facts } from '../plugin-api/index.ts';

/** A claimed fact: the one way to change it. Releasing it withdraws the value. */
export interface FactClaim<K extends FactName> extends Disposable {
  publish(value: Facts[K]): void;
  withdraw(): void;
}

/** The store as the core sees it. */
export interface OwnedFactStore extends FactStore {
  claim<K extends FactName>(name: K, owner: string): FactClaim<K>;
  /** Every change of any fact. */
  watchAll(listener: (name: FactName) => void): Disposable;
}

/** One value for each fact, one owner for each value; snapshots are replaced whole. */
export const createFactStore = (onError: (error: unknown) => void = () => {}): OwnedFactStore => {
  const values = new Map<FactName, unknown>();
  const owners = new Map<FactName, string>();
  const listeners = new Set<{ readonly name: FactName | undefined; call(name: FactName): void }>();
  const notify = (name: FactName) => {
    for (const listener of [...listeners]) {
      if (listener.name !== undefined && listener.name !== name) continue;
      try {
        listener.call(name);
      } catch (error) {
        onError(error);
      }
    }
  };
  const set = (name: FactName, value: unknown) => {
    if (values.get(name) === value) return;
    if (value === undefined) values.delete(name);
    else values.set(name, value);
    notify(name);
  };
  const listen = (name: FactName | undefined, call: (name: FactName) => void): Disposable => {
    const listener = { name, call };
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  };
  const get = <K extends FactName>(name: K) => values.get(name) as Facts[K] | undefined;
  return {
    get,
    watch(name, listener) {
      if (values.has(name)) listener(get(name));
      return listen(name, () => listener(get(name)));
    },
    watchAll: (listener) => listen(undefined, listener),
    claim(name, owner) {
      const holder = owners.get(name);
      if (holder !== undefined) {
        throw new AgentError('FACT_CLAIMED_TWICE', `${owner} claims ${name}, which belongs to ${holder}`, {
          details: { fact: name, owner, holder },
        });
      }
      owners.set(name, owner);
      let isHeld = true;
      return {
        publish: (value) => isHeld && set(name, value),
        withdraw: () => isHeld && set(name, undefined),
        [Symbol.dispose]() {
          if (!isHeld) return;
          set(name, undefined);
          isHeld = false;
          owners.delete(name);
        },
      };
    },
  };
};
