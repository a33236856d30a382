/**
 * Takes note of devices as the kernel meets them, between scans: on a router that is everybody. Bounded, for a LAN can
 * make up neighbours as fast as it likes.
 */
import { type Clock, isInCidr, isIp4 } from '@sidegate/kit';
import type { ScanScope } from '../../discovery/scopes.ts';
import type { Links } from '../../ports/index.ts';
import type { HostKeeper } from './host-keeper.ts';
import { createSlidingWindow } from './sources/sliding-window.ts';

const MOST_PER_SEC = 100;
/** ip-neighbour(8): the device has just answered. An entry that is merely remembered says nothing new. */
const ANSWERED = 'REACHABLE';

/** Whom to watch, and whom to tell. */
export interface NeighbourWatchDeps {
  readonly links: Links;
  readonly clock: Clock;
  readonly scopes: () => readonly ScanScope[];
  readonly keeper: HostKeeper;
  /** Before a device that nobody knew: the vendor table. */
  readonly prepare: () => Promise<void>;
}

/** Watches until disposed. */
export const watchNeighbours = ({
  links,
  clock,
  scopes,
  keeper,
  prepare,
}: NeighbourWatchDeps): Disposable => {
  const limit = createSlidingWindow(MOST_PER_SEC, 1_000);
  return links.watch((what, neighbour) => {
    if (what !== 'neighbour' || neighbour?.state !== ANSWERED) return;
    const { address, mac, interfaceName } = neighbour;
    if (!isIp4(address) || limit.waitMs(clock.monoMs()) > 0) return;
    const scope = scopes().find((one) => one.interfaceName === interfaceName && isInCidr(address, one.cidr));
    if (scope === undefined) return;
    limit.take(clock.monoMs());
    const note = () =>
      keeper.note(
        keeper.book.observe({ source: 'neighbours', at: clock.wallMs(), scopeId: scope.id, address, mac }),
      );
    if (keeper.book.atAddress(address)?.mac === mac) note();
    else void prepare().then(note, note);
  });
};
