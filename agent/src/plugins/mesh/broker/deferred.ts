/** A promise with its handles outside (`Promise.withResolvers` is younger than the oldest Node we run on). */
export interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

/** Creates one; nobody has to be waiting. */
export const createDeferred = (): Deferred => {
  let handles: Omit<Deferred, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    handles = { resolve, reject };
  });
  promise.catch(() => {});
  return { promise, resolve: () => handles?.resolve(), reject: (error) => handles?.reject(error) };
};
