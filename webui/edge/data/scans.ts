/** Runs of discovery. */
import type { Scan } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { EdgeEventMap, EdgeStream } from './edge-stream.ts';

const fetchScans = (api: ApiClient, signal?: AbortSignal): Promise<Scan[]> => api.get('/scans', signal);

/** Starts a scan of one scope, or of every attached one. */
export const startScan = (api: ApiClient, scopeId?: string | undefined): Promise<Scan> =>
  api.post('/scans', scopeId === undefined ? {} : { scopeId });

/** Stops a running scan; what it found stays. */
export const cancelScan = (api: ApiClient, id: string): Promise<void> => api.remove(`/scans/${id}`);

/** The scans, with the progress of a running one. */
export const watchScans = (api: ApiClient, stream: EdgeStream): LiveList<Scan> =>
  createLiveList<Scan, EdgeEventMap>({
    stream,
    load: (signal) => fetchScans(api, signal),
    changed: 'scan.changed',
  });

/** The scan to show: the running one, else the one that started last. */
export const latestScan = (scans: readonly Scan[]): Scan | undefined =>
  scans.find((scan) => scan.state === 'running') ??
  scans.reduce<Scan | undefined>(
    (latest, scan) => (latest === undefined || scan.startedAt > latest.startedAt ? scan : latest),
    undefined,
  );
