/** Glue between the Lit-free data modules and elements. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Live, LiveState } from '../data/live.ts';

/** Watches a live resource while its host is connected and renders the host on every change. */
export class LiveController<T> implements ReactiveController {
  state: LiveState<T> = { status: 'loading', value: undefined, error: undefined };
  readonly #host: ReactiveControllerHost;
  readonly #source: () => Live<T>;
  #watching: Disposable | undefined;

  /** `source` is asked when the host connects: contexts have arrived by then. */
  constructor(host: ReactiveControllerHost, source: () => Live<T>) {
    this.#host = host;
    this.#source = source;
    host.addController(this);
  }

  get value(): T | undefined {
    return this.state.value;
  }

  hostConnected(): void {
    this.#watching = this.#source().watch((state) => {
      this.state = state;
      this.#host.requestUpdate();
    });
  }

  hostDisconnected(): void {
    this.#watching?.[Symbol.dispose]();
    this.#watching = undefined;
  }

  /** Fetches anew, for "Try again". */
  readonly retry = (): void => this.#source().refresh();
}
