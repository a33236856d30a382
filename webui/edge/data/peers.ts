/** Nodes that this edge talks to. */
import type { PeerStatus } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { EdgeEventMap, EdgeStream } from './edge-stream.ts';

const fetchPeers = (api: ApiClient, signal?: AbortSignal): Promise<PeerStatus[]> => api.get('/peers', signal);

/** The peers and their paths, kept current. */
export const watchPeers = (api: ApiClient, stream: EdgeStream): LiveList<PeerStatus> =>
  createLiveList<PeerStatus, EdgeEventMap>({
    stream,
    load: (signal) => fetchPeers(api, signal),
    changed: 'peer.changed',
  });
