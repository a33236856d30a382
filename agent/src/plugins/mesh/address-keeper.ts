/**
 * Asks the broker for addresses of the hosts that this edge publishes. What is wished for is the fact `host-wishes`,
 * what there is comes with the network map; while the two differ the whole wish is sent, again and again with longer
 * pauses, so that neither a restart nor a broker that was away loses or leaks an address.
 */
import { codeOf, createBackoff, createScope, createSingleFlight } from '@sidegate/kit';
import type { HostAddress, HostWish } from '@sidegate/protocol';
import type { PluginHost } from '../../plugin-api/index.ts';

const RETRY = { firstMs: 2_000, maxMs: 60_000 } as const;
const REFUSED = 'addresses-not-allotted';

/** What the keeper works with. */
export interface AddressKeeperDeps {
  readonly host: Pick<PluginHost, 'facts' | 'clock' | 'health' | 'log'>;
  readonly allotted: () => readonly HostAddress[] | undefined;
  /** Is there a map at all? */
  readonly isKnown: () => boolean;
  readonly ask: (hosts: readonly HostWish[], signal: AbortSignal) => Promise<void>;
  readonly onAllotted: () => void;
}

/** Until disposed. */
export interface AddressKeeper extends AsyncDisposable {
  /** The map may say otherwise than before. */
  request(): void;
}

const textOf = (hosts: readonly HostWish[]): string =>
  hosts
    .map(({ key, name }) => `${key} ${name}`)
    .sort()
    .join('\n');

/** Starts keeping; nothing is asked before somebody says what is wished for. */
export const openAddressKeeper = (deps: AddressKeeperDeps): AddressKeeper => {
  const { facts, clock, health, log } = deps.host;
  const scope = createScope();
  const backoff = createBackoff(RETRY);
  let timer: Disposable | undefined;
  const complain = (error: unknown) => {
    log.debug('the broker gave no addresses to hosts', { error });
    health.raise({
      code: REFUSED,
      severity: 'warning',
      title: `The broker gives no addresses to hosts (${codeOf(error) ?? 'unknown'})`,
      hint: 'Hosts that have addresses keep them; it is tried again by itself.',
    });
  };
  const flight = createSingleFlight(async () => {
    timer?.[Symbol.dispose]();
    const wishes = facts.get('host-wishes');
    if (wishes === undefined || !deps.isKnown() || scope.signal.aborted) return;
    if (textOf(wishes) === textOf(deps.allotted() ?? [])) return health.clear(REFUSED);
    try {
      await deps.ask(wishes, scope.signal);
      backoff.reset();
      health.clear(REFUSED);
      deps.onAllotted();
    } catch (error) {
      if (scope.signal.aborted) return;
      complain(error);
      timer = clock.after(backoff.nextMs(), request);
    }
  });
  const request = () => {
    if (!scope.signal.aborted) void flight.request();
  };
  scope.add(() => timer?.[Symbol.dispose]());
  scope.add(facts.watch('host-wishes', request));
  return {
    request,
    async [Symbol.asyncDispose]() {
      await scope.end();
      await flight.idle();
    },
  };
};
