/** Networks that the edge scans and publishes from. */
import type { NewScope, Scope } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { EdgeEventMap, EdgeStream } from './edge-stream.ts';

export const fetchScopes = (api: ApiClient, signal?: AbortSignal): Promise<Scope[]> =>
  api.get('/scopes', signal);

export const addScope = (api: ApiClient, scope: NewScope): Promise<Scope> => api.post('/scopes', scope);

export const removeScope = (api: ApiClient, id: string): Promise<void> => api.remove(`/scopes/${id}`);

/** The scopes. They change by what people do, so one's own writes are applied with `put` and `drop`. */
export const watchScopes = (api: ApiClient, stream: EdgeStream): LiveList<Scope> =>
  createLiveList<Scope, EdgeEventMap>({ stream, load: (signal) => fetchScopes(api, signal) });
