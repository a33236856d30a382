/** The parts of a session that come one after the other as it opens: who needs one before its time does without. */
import type { AddressKeeper } from './address-keeper.ts';
import type { BrokerLink } from './broker/broker-link.ts';
import type { RelayDirectoryWatch } from './broker/relay-directory-watch.ts';
import type { MapHolder } from './map/map-holder.ts';
import type { PathService } from './paths/path-service.ts';
import type { TunnelKeeper } from './tunnel/tunnel-keeper.ts';
import type { TunnelPoll } from './tunnel/tunnel-poll.ts';
import type { NetworkWatcher } from './underlay/network-watcher.ts';

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
