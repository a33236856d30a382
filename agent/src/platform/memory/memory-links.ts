import type { Link, Links, Neighbour, Route } from '../../ports/index.ts';

type What = 'link' | 'address' | 'route' | 'neighbour';

/** Interfaces that a test sets. */
export interface MemoryLinks extends Links {
  links: readonly Link[];
  routes: readonly Route[];
  neighbours: readonly Neighbour[];
  /** Tells the watchers, as the kernel would after a change. */
  notify(what: What): void;
  readonly watchers: number;
}

/** Nothing but what is given. */
export const createMemoryLinks = (): MemoryLinks => {
  const listeners = new Set<(what: What) => void>();
  const state: MemoryLinks = {
    links: [],
    routes: [],
    neighbours: [],
    readLinks: async () => state.links,
    readRoutes: async () => state.routes,
    readNeighbours: async () => state.neighbours,
    watch(onChange) {
      const listener = (what: What) => onChange(what);
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    notify(what) {
      for (const listener of [...listeners]) listener(what);
    },
    get watchers() {
      return listeners.size;
    },
  };
  return state;
};
