import type { Link, Links, Neighbour, Route } from '../../ports/index.ts';

type What = 'link' | 'address' | 'route' | 'neighbour';

/** Interfaces that a test sets. */
export interface MemoryLinks extends Links {
  links: readonly Link[];
  routes: readonly Route[];
  neighbours: readonly Neighbour[];
  /** Tells the watchers, as the kernel would after a change. */
  notify(what: What, neighbour?: Neighbour): void;
  readonly watchers: number;
}

/** Nothing but what is given. */
export const createMemoryLinks = (): MemoryLinks => {
  const listeners = new Set<Parameters<Links['watch']>[0]>();
  const state: MemoryLinks = {
    links: [],
    routes: [],
    neighbours: [],
    readLinks: async () => state.links,
    readRoutes: async () => state.routes,
    readNeighbours: async () => state.neighbours,
    watch(onChange) {
      const listener: typeof onChange = (what, neighbour) => onChange(what, neighbour);
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    notify(what, neighbour) {
      for (const listener of [...listeners]) listener(what, neighbour);
    },
    get watchers() {
      return listeners.size;
    },
  };
  return state;
};
