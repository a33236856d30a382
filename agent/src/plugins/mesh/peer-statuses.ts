/** How peers look to people, kept from one time to the next: of ten thousand only those that changed are rendered anew. */
import type { Clock } from '@sidegate/kit';
import type { MapPeer, NetworkMap, NodeId, PeerStatus } from '@sidegate/protocol';
import type { PathState } from '../../paths/path-state.ts';
import type { TunnelPeerState } from '../../ports/index.ts';
import { renderPeerStatus } from './mesh-wishes.ts';

interface Rendered {
  readonly peer: MapPeer;
  readonly state: PathState | undefined;
  readonly found: TunnelPeerState | undefined;
  readonly status: PeerStatus;
}

export interface PeerStatuses {
  /** One status for each peer of the map; the same object as before where nothing changed. */
  render(
    map: NetworkMap,
    stateOf: (peer: MapPeer) => PathState | undefined,
    foundOf: (peer: MapPeer) => TunnelPeerState | undefined,
  ): readonly PeerStatus[];
}

const isSameReading = (one: TunnelPeerState | undefined, other: TunnelPeerState | undefined): boolean =>
  one === other ||
  (one !== undefined &&
    other !== undefined &&
    one.endpoint === other.endpoint &&
    one.latestHandshakeAt === other.latestHandshakeAt &&
    one.rxBytes === other.rxBytes &&
    one.txBytes === other.txBytes);

/** Nothing rendered yet. */
export const createPeerStatuses = (clock: Clock): PeerStatuses => {
  let account: NetworkMap['account'] | undefined;
  let before = new Map<NodeId, Rendered>();
  return {
    render(map, stateOf, foundOf) {
      const toWallMs = (monoMs: number) => clock.wallMs() - (clock.monoMs() - monoMs);
      const known = account === map.account ? before : new Map<NodeId, Rendered>();
      const now = map.peers.map((peer): [NodeId, Rendered] => {
        const [state, found, last] = [stateOf(peer), foundOf(peer), known.get(peer.id)];
        if (last?.peer === peer && last.state === state && isSameReading(last.found, found))
          return [peer.id, last];
        return [peer.id, { peer, state, found, status: renderPeerStatus(map, peer, state, found, toWallMs) }];
      });
      account = map.account;
      before = new Map(now);
      return now.map(([, { status }]) => status);
    },
  };
};
