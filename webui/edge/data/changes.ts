/** What is different on the networks since somebody looked. */
import type { HostChanges } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';

export const fetchChanges = (api: ApiClient, signal?: AbortSignal): Promise<HostChanges> =>
  api.get('/changes', signal);

/** From here on only what changes from now on is a change. */
export const noteVisit = (api: ApiClient): Promise<HostChanges> => api.post('/changes/seen', {});
