/** How peers look to people, kept from one time to the next: of ten thousand only those that changed are rendered anew. */
import type { Clock } from '@sidegate/kit';
import type { MapPeer, NetworkMap, PeerStatus } from '@sidegate/protocol';
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
  let peers: NetworkMap['peers'] = [];
  let rendered: readonly Rendered[] = [];
  let statuses: readonly PeerStatus[] = [];
  return {
    render(map, stateOf, foundOf) {
      const toWallMs = (monoMs: number) => clock.wallMs() - (clock.monoMs() - monoMs);
      const isSameMap = peers === map.peers && account === map.account;
      const known = new Map(
        isSameMap || account !== map.account ? [] : rendered.map((last) => [last.peer.id, last]),
      );
      const next = map.peers.map((peer, at): Rendered => {
        const [state, found] = [stateOf(peer), foundOf(peer)];
        const last = isSameMap ? rendered[at] : known.get(peer.id);
        if (last?.peer === peer && last.state === state && isSameReading(last.found, found)) return last;
        return { peer, state, found, status: renderPeerStatus(map, peer, state, found, toWallMs) };
      });
      const isSame = isSameMap && next.every((one, at) => one === rendered[at]);
      [account, peers, rendered] = [map.account, map.peers, next];
      if (!isSame) statuses = next.map(({ status }) => status);
      return statuses;
    },
  };
};
