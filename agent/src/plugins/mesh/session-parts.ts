/** The parts of a session that come one after the other as it opens: who needs one before its time does without. */
import type { AddressKeeper } from './address-keeper.ts';
import type { BrokerLink } from './broker-link.ts';
import type { MapHolder } from './map-holder.ts';
import type { NetworkWatcher } from './network-watcher.ts';
import type { PathService } from './path-service.ts';
import type { RelayDirectoryWatch } from './relay-directory-watch.ts';
import type { TunnelKeeper } from './tunnel-keeper.ts';
import type { TunnelPoll } from './tunnel-poll.ts';

/** Written by the session alone, in this order. */
export interface SessionParts {
  maps?: MapHolder;
  network?: NetworkWatcher;
  paths?: PathService;
  keeper?: TunnelKeeper;
  poll?: TunnelPoll;
  link?: BrokerLink;
  relayDirectory?: RelayDirectoryWatch;
  addresses?: AddressKeeper;
}
