/** Machines of the account: edges, clients, relays. */
import type { NodePatch, PortalNode, TicketCreated } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { PortalEventMap, PortalStream } from './portal-stream.ts';

const fetchNodes = (api: ApiClient, signal?: AbortSignal): Promise<PortalNode[]> => api.get('/nodes', signal);

export const patchNode = (api: ApiClient, id: string, patch: NodePatch): Promise<PortalNode> =>
  api.patch(`/nodes/${id}`, patch);

export const removeNode = (api: ApiClient, id: string): Promise<void> => api.remove(`/nodes/${id}`);

/** A single-use way into an edge's web UI, as a URL to go to at once. */
export const createTicket = (api: ApiClient, id: string): Promise<TicketCreated> =>
  api.post(`/nodes/${id}/ticket`);

/** All nodes, kept current. */
export const watchNodes = (api: ApiClient, stream: PortalStream): LiveList<PortalNode> =>
  createLiveList<PortalNode, PortalEventMap>({
    stream,
    load: (signal) => fetchNodes(api, signal),
    changed: 'node.changed',
    removed: 'node.removed',
  });
