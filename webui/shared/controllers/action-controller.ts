/** Runs what a person asked for, one at a time per key, and keeps what went wrong. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { type ApiError, isAbort, toApiError } from '../data/api-error.ts';

/** State of the writes of one element: which are under way, and the last error of each. */
export class ActionController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #busy = new Set<string>();
  readonly #errors = new Map<string, ApiError>();

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {}

  isBusy(key: string): boolean {
    return this.#busy.has(key);
  }

  error(key: string): ApiError | undefined {
    return this.#errors.get(key);
  }

  clear(key: string): void {
    if (this.#errors.delete(key)) this.#host.requestUpdate();
  }

  /** Resolves to the value, or to undefined after a failure (then `error(key)` says why). */
  async run<T>(key: string, work: () => Promise<T>): Promise<T | undefined> {
    if (this.#busy.has(key)) return undefined;
    this.#busy.add(key);
    this.#errors.delete(key);
    this.#host.requestUpdate();
    try {
      return await work();
    } catch (cause) {
      if (!isAbort(cause)) this.#errors.set(key, toApiError(cause));
      return undefined;
    } finally {
      this.#busy.delete(key);
      this.#host.requestUpdate();
    }
  }
}
