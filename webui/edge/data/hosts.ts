/** Devices on the edge's networks. */
import type { Host, HostPatch } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { EdgeEventMap, EdgeStream } from './edge-stream.ts';

export const fetchHosts = (api: ApiClient, signal?: AbortSignal): Promise<Host[]> =>
  api.get('/hosts', signal);

/** Renames a host or changes its note. */
export const patchHost = (api: ApiClient, id: string, patch: HostPatch): Promise<Host> =>
  api.patch(`/hosts/${id}`, patch);

/** Forgets a host until it is seen again; refused while forwards lead to it. */
export const forgetHost = (api: ApiClient, id: string): Promise<void> => api.remove(`/hosts/${id}`);

/** The hosts, kept current while a scan finds them. */
export const watchHosts = (api: ApiClient, stream: EdgeStream): LiveList<Host> =>
  createLiveList<Host, EdgeEventMap>({
    stream,
    load: (signal) => fetchHosts(api, signal),
    changed: 'host.changed',
    removed: 'host.removed',
  });
