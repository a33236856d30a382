import type { Slot } from '../plugin-api/index.ts';

/** One contribution from each plugin; the core reads them all. */
export interface SlotTable<T> {
  /** The slot of one plugin. Disposing it clears the contribution and makes the slot deaf. */
  open(owner: string): Slot<T> & Disposable;
  /** Contributions in the order in which their plugins first made them. */
  all(): readonly { readonly owner: string; readonly value: T }[];
  watch(listener: () => void): Disposable;
}

/** An empty table. */
export const createSlotTable = <T>(): SlotTable<T> => {
  const values = new Map<string, T>();
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    open(owner) {
      let isOpen = true;
      const clear = () => {
        if (isOpen && values.delete(owner)) notify();
      };
      return {
        replace(value) {
          if (!isOpen) return;
          values.set(owner, value);
          notify();
        },
        clear,
        [Symbol.dispose]() {
          clear();
          isOpen = false;
        },
      };
    },
    all: () => [...values].map(([owner, value]) => ({ owner, value })),
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
};
