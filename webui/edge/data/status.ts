/** What the edge says of itself. */
import type { EdgeStatus } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveValue, type Live } from '../../shared/data/live.ts';
import type { EdgeStream } from './edge-stream.ts';

export const fetchStatus = (api: ApiClient, signal?: AbortSignal): Promise<EdgeStatus> =>
  api.get('/status', signal);

/** The status, kept current. */
export const watchStatus = (api: ApiClient, stream: EdgeStream): Live<EdgeStatus> =>
  createLiveValue({ stream, load: (signal) => fetchStatus(api, signal), changed: 'status.changed' });

/** Keeps the changes that would be put back, or puts them back at once. */
export const answerPending = (api: ApiClient, how: 'confirm' | 'undo'): Promise<void> =>
  api.post(`/pending/${how}`, {});
