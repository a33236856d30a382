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

/** The hosts, kept current while a scan finds them. */
export const watchHosts = (api: ApiClient, stream: EdgeStream): LiveList<Host> =>
  createLiveList<Host, EdgeEventMap>({
    stream,
    load: (signal) => fetchHosts(api, signal),
    changed: 'host.changed',
    removed: 'host.removed',
  });
