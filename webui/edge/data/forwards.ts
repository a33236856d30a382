/** Ports of the edge that lead to ports of hosts. */
import type { Forward, ForwardPatch, ForwardPlan, Host, HostService, NewForward } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { EdgeEventMap, EdgeStream } from './edge-stream.ts';

export const fetchForwards = (api: ApiClient, signal?: AbortSignal): Promise<Forward[]> =>
  api.get('/forwards', signal);

/** What would be applied, without applying it. */
export const planForward = (api: ApiClient, forward: NewForward): Promise<ForwardPlan> =>
  api.post('/forwards?dryRun=1', forward);

export const addForward = (api: ApiClient, forward: NewForward): Promise<Forward> =>
  api.post('/forwards', forward);

export const patchForward = (api: ApiClient, id: string, patch: ForwardPatch): Promise<Forward> =>
  api.patch(`/forwards/${id}`, patch);

export const removeForward = (api: ApiClient, id: string): Promise<void> => api.remove(`/forwards/${id}`);

/** The forwards with their counters, kept current. */
export const watchForwards = (api: ApiClient, stream: EdgeStream): LiveList<Forward> =>
  createLiveList<Forward, EdgeEventMap>({
    stream,
    load: (signal) => fetchForwards(api, signal),
    changed: 'forward.changed',
    removed: 'forward.removed',
  });

/** The forwards that lead to a host, by its id or one of its addresses. */
export const forwardsOfHost = (forwards: readonly Forward[], host: Host): readonly Forward[] =>
  forwards.filter(({ target }) =>
    target.kind === 'host'
      ? target.hostId === host.id
      : (host.addresses as readonly string[]).includes(target.address),
  );

/** The forward that publishes a service of a host, if there is one. */
export const forwardOfService = (
  forwards: readonly Forward[],
  service: Pick<HostService, 'protocol' | 'port'>,
): Forward | undefined =>
  forwards.find(
    ({ protocol, targetPort }) =>
      targetPort === service.port && (protocol === 'both' || protocol === service.protocol),
  );

/** Whether a browser can open a forward's URL; others are `host:port`. */
export const isWebUrl = (url: string): boolean => /^https?:\/\//.test(url);
