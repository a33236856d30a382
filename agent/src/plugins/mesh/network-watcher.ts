/** Our own place in the network: read at the start, again whenever the kernel says that something changed. */
import { type Clock, createScope, createSingleFlight, type Logger } from '@sidegate/kit';
import { hasMoved, type NetworkPosition, ownLinks } from '../../paths/own-candidates.ts';
import type { IfName, Link, Links, Route } from '../../ports/index.ts';

/** An address change comes as a handful of events. */
const DEBOUNCE_MS = 300;

/** Links and routes as last read. */
export interface NetworkView {
  readonly links: readonly Link[];
  readonly routes: readonly Route[];
}

export interface NetworkWatcher extends AsyncDisposable {
  view(): NetworkView;
}

const positionOf = ({ links, routes }: NetworkView, tunnelName: IfName): NetworkPosition => ({
  addresses: ownLinks(links, tunnelName).flatMap((link) =>
    link.addresses4.map((cidr) => `${link.name} ${cidr}`),
  ),
  defaults: routes
    .filter(({ destination, interfaceName }) => destination === 'default' && interfaceName !== tunnelName)
    .map(({ gateway, interfaceName }) => `${gateway} ${interfaceName}`),
});

/** Reads once, then watches until disposed. `hasLeft`: an address or the way out that we had is gone. */
export const watchNetwork = async (options: {
  readonly links: Links;
  readonly tunnelName: IfName;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChanged: (view: NetworkView, hasLeft: boolean) => void;
}): Promise<NetworkWatcher> => {
  const { links, tunnelName, clock, log, onChanged } = options;
  const scope = createScope();
  const read = async (): Promise<NetworkView> => {
    const [all, routes] = await Promise.all([links.readLinks(scope.signal), links.readRoutes(scope.signal)]);
    return { links: all, routes };
  };
  let view = await read();
  const flight = createSingleFlight(async () => {
    const next = await read();
    const [before, after] = [positionOf(view, tunnelName), positionOf(next, tunnelName)];
    view = next;
    if (scope.signal.aborted || JSON.stringify(before) === JSON.stringify(after)) return;
    onChanged(next, hasMoved(before, after));
  });
  let timer: Disposable | undefined;
  scope.add(
    links.watch((what) => {
      if (what === 'neighbour') return;
      timer?.[Symbol.dispose]();
      timer = clock.after(DEBOUNCE_MS, () => {
        flight.request().catch((error: unknown) => {
          if (!scope.signal.aborted) log.warn('could not read the network', { error });
        });
      });
    }),
  );
  scope.add(() => timer?.[Symbol.dispose]());
  return { view: () => view, [Symbol.asyncDispose]: () => scope.end() };
};
