/** Asks the broker what our relay may do: while there is an offer, when the broker says so, and now and then. */
import { codeOf, createScope, createSingleFlight } from '@sidegate/kit';
import type { RelayDirectory } from '@sidegate/protocol';
import type { Facts, PluginHost } from '../../../plugin-api/index.ts';

/** For events that were lost with their stream. */
const REFRESH_MS = 5 * 60_000;
/** After an answer that did not come. */
const RETRY_MS = 10_000;

export interface RelayDirectoryWatch extends AsyncDisposable {
  request(): void;
}

/** Starts watching the relay's offer. */
export const watchRelayDirectory = (options: {
  readonly host: PluginHost;
  readonly ask: (revision: string | undefined, signal: AbortSignal) => Promise<RelayDirectory | 'same'>;
  readonly publish: (directory: Facts['relay-directory'] | undefined) => void;
  /** The offer is new, changed or gone: the broker should hear of it. */
  readonly onOffer: () => void;
}): RelayDirectoryWatch => {
  const { facts, clock, log } = options.host;
  const scope = createScope();
  let offered: string | undefined;
  let revision: string | undefined;
  let timer: Disposable | undefined;

  const again = (delayMs: number) => {
    timer?.[Symbol.dispose]();
    if (!scope.signal.aborted) timer = clock.after(delayMs, request);
  };
  const flight = createSingleFlight(async () => {
    if (offered === undefined || scope.signal.aborted) return;
    try {
      const answer = await options.ask(revision, scope.signal);
      if (answer !== 'same') {
        revision = answer.revision;
        options.publish(answer);
      }
      again(REFRESH_MS);
    } catch (error) {
      const isRefused = codeOf(error) === 'RELAY_NOT_APPROVED';
      if (isRefused) {
        revision = undefined;
        options.publish('refused');
      } else log.debug("could not read the relay's directory", { error });
      again(isRefused ? REFRESH_MS : RETRY_MS);
    }
  });
  const request = () => void flight.request().catch(() => {});
  scope.add(() => timer?.[Symbol.dispose]());
  scope.add(
    facts.watch('relay', (offer) => {
      const text = offer && JSON.stringify(offer);
      if (text === offered) return;
      offered = text;
      options.onOffer();
      request();
    }),
  );
  return { request, [Symbol.asyncDispose]: () => scope.end() };
};
