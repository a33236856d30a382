/** Networks that the edge scans and publishes from. */
import type { NewScope, Scope, ScopePatch, ScopeSuggestion } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { EdgeEventMap, EdgeStream } from './edge-stream.ts';

export const fetchScopes = (api: ApiClient, signal?: AbortSignal): Promise<Scope[]> =>
  api.get('/scopes', signal);

export const addScope = (api: ApiClient, scope: NewScope): Promise<Scope> => api.post('/scopes', scope);

/** Changes when, where and how fast a network is scanned. */
export const patchScope = (api: ApiClient, id: string, patch: ScopePatch): Promise<Scope> =>
  api.patch(`/scopes/${id}`, patch);

/** Networks nearby that nobody has added; looking takes seconds. */
export const fetchSuggestions = (api: ApiClient): Promise<ScopeSuggestion[]> =>
  api.get('/scopes/suggestions');

export const removeScope = (api: ApiClient, id: string): Promise<void> => api.remove(`/scopes/${id}`);

/** The scopes. They change by what people do, so one's own writes are applied with `put` and `drop`. */
export const watchScopes = (api: ApiClient, stream: EdgeStream): LiveList<Scope> =>
  createLiveList<Scope, EdgeEventMap>({ stream, load: (signal) => fetchScopes(api, signal) });
