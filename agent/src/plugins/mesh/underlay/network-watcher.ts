/** Our own place in the network: read at the start, again whenever the kernel says that something changed. */
import { type Clock, createScope, createSingleFlight, type Logger } from '@sidegate/kit';
import type { Family } from '../../../paths/family.ts';
import { findLeft, hasWayOut, positionOf } from '../../../paths/own-candidates.ts';
import type { IfName, Link, Links, Route } from '../../../ports/index.ts';

/** A change comes as a handful of events: the first is looked at now, the rest together. */
const GATHER_MS = 50;
/** Between two networks there is a moment without a way out, in which nothing can be sent: perhaps it passes. */
const GAP_MS = 300;

/** Links and routes as last read. */
export interface NetworkView {
  readonly links: readonly Link[];
  readonly routes: readonly Route[];
}

export interface NetworkWatcher extends AsyncDisposable {
  view(): NetworkView;
}

/**
 * Reads once, then watches until disposed. A new place with a way out is told at once, as packets are lost until it
 * is; the loss of every way out only when it lasts. `left`: the families over which an address or the way out that we had is gone.
 */
export const watchNetwork = async (options: {
  readonly links: Links;
  readonly tunnelName: IfName;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChanged: (view: NetworkView, left: readonly Family[]) => void;
}): Promise<NetworkWatcher> => {
  const { links, tunnelName, clock, log, onChanged } = options;
  const scope = createScope();
  const read = async (): Promise<NetworkView> => {
    const [all, routes] = await Promise.all([links.readLinks(scope.signal), links.readRoutes(scope.signal)]);
    return { links: all, routes };
  };
  let view = await read();
  let told = positionOf(view, tunnelName);
  let gapSinceMs: number | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let timer: Disposable | undefined;

  const readIn = (delayMs: number) => {
    timer?.[Symbol.dispose]();
    timer = clock.after(delayMs, () => {
      timer = undefined;
      flight.request().catch((error: unknown) => {
        if (!scope.signal.aborted) log.warn('could not read the network', { error });
      });
    });
  };
  const flight = createSingleFlight(async () => {
    readAtMs = clock.monoMs();
    view = await read();
    if (scope.signal.aborted) return;
    const found = positionOf(view, tunnelName);
    if (JSON.stringify(found) === JSON.stringify(told)) {
      gapSinceMs = undefined;
      return;
    }
    if (!hasWayOut(found)) {
      gapSinceMs ??= readAtMs;
      const leftMs = gapSinceMs + GAP_MS - clock.monoMs();
      if (leftMs > 0) return readIn(leftMs);
    }
    const left = findLeft(told, found);
    gapSinceMs = undefined;
    told = found;
    onChanged(view, left);
  });
  scope.add(
    links.watch((what) => {
      if (what !== 'neighbour') readIn(Math.max(0, readAtMs + GATHER_MS - clock.monoMs()));
    }),
  );
  scope.add(() => timer?.[Symbol.dispose]());
  return { view: () => view, [Symbol.asyncDispose]: () => scope.end() };
};
