/** A typed event emitter: listeners are disposable, a throwing listener never stops the others. */
export interface Emitter<E extends object> {
  emit<K extends keyof E & string>(event: K, data: E[K]): void;
  on<K extends keyof E & string>(event: K, listener: (data: E[K]) => void): Disposable;
  /** Every event, for streams that forward them. */
  onAny(listener: (event: keyof E & string, data: E[keyof E & string]) => void): Disposable;
}

/** `onError` hears of listeners that threw. */
export const createEmitter = <E extends object>(onError: (error: unknown) => void = () => {}): Emitter<E> => {
  const listeners = new Map<string, Set<(data: never) => void>>();
  const anyListeners = new Set<(event: keyof E & string, data: E[keyof E & string]) => void>();
  const safely = (call: () => void) => {
    try {
      call();
    } catch (error) {
      onError(error);
    }
  };
  return {
    emit(event, data) {
      for (const listener of [...(listeners.get(event) ?? [])]) safely(() => listener(data as never));
      for (const listener of [...anyListeners]) safely(() => listener(event, data));
    },
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener as (data: never) => void);
      return { [Symbol.dispose]: () => void set.delete(listener as (data: never) => void) };
    },
    onAny(listener) {
      anyListeners.add(listener);
      return { [Symbol.dispose]: () => void anyListeners.delete(listener) };
    },
  };
};
