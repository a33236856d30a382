/** Owner of resources: what is added is disposed in reverse order, once; its signal aborts first. */
export interface ResourceScope extends AsyncDisposable {
  readonly signal: AbortSignal;
  /** Registers a resource or a clean-up; disposed at once when the scope has already ended. */
  add<T extends Disposable | AsyncDisposable | (() => void | Promise<void>)>(resource: T): T;
  /** Idempotent: every call returns the same promise. Errors of single resources are gathered. */
  end(reason?: unknown): Promise<void>;
}

const dispose = async (
  resource: Disposable | AsyncDisposable | (() => void | Promise<void>),
): Promise<void> => {
  if (typeof resource === 'function') await resource();
  else if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
  else resource[Symbol.dispose]();
};

/** A scope inside `parent`: ends with it, or before. */
export const createScope = (parent?: AbortSignal): ResourceScope => {
  const controller = new AbortController();
  const resources: (Disposable | AsyncDisposable | (() => void | Promise<void>))[] = [];
  let ending: Promise<void> | undefined;
  const endAll = async (reason: unknown) => {
    controller.abort(reason);
    const errors: unknown[] = [];
    for (let resource = resources.pop(); resource !== undefined; resource = resources.pop()) {
      await dispose(resource).catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw new AggregateError(errors, 'end a resource scope');
  };
  const scope: ResourceScope = {
    signal: controller.signal,
    add(resource) {
      if (ending === undefined) resources.push(resource);
      else void dispose(resource).catch(() => {});
      return resource;
    },
    end: (reason = new Error('the scope has ended')) => {
      ending ??= endAll(reason);
      return ending;
    },
    [Symbol.asyncDispose]: () => scope.end(),
  };
  if (parent?.aborted) void scope.end(parent.reason).catch(() => {});
  else
    parent?.addEventListener('abort', () => void scope.end(parent.reason).catch(() => {}), {
      once: true,
      signal: controller.signal,
    });
  return scope;
};
