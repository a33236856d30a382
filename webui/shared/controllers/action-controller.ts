/** Runs what a person asked for, one at a time per key, and keeps what went wrong. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { showError } from '../components/toast.ts';
import { type ApiError, isAbort, toApiError } from '../data/api-error.ts';

/** State of the writes of one element: which are under way, and the last error of each. */
export class ActionController implements ReactiveController {
  readonly #host: ReactiveControllerHost & EventTarget;
  readonly #busy = new Set<string>();
  readonly #errors = new Map<string, ApiError>();

  constructor(host: ReactiveControllerHost & EventTarget) {
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

  /** Shows in a toast what went wrong, if anything did: for what has no place of its own to say it. */
  tellError(key: string): void {
    const error = this.#errors.get(key);
    if (error !== undefined) showError(this.#host, error);
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
