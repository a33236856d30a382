/** Who opened what this edge publishes. */
import type { AccessEntry, AccessLog } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveValue, type Live } from '../../shared/data/live.ts';
import type { EdgeStream } from './edge-stream.ts';

/** The log, newest first; fetched when asked to, for no event carries it. */
export const watchAccessLog = (api: ApiClient, stream: EdgeStream): Live<AccessLog> =>
  createLiveValue({ stream, load: (signal) => api.get<AccessLog>('/access-log', signal) });

/** What people call the thing that was opened. */
export const titleOfAccess = ({ label, name }: AccessEntry): string => label || name;

/** When each publication was last used, by its id. */
export const lastUsedOf = ({ entries }: AccessLog): ReadonlyMap<string, number> => {
  const last = new Map<string, number>();
  for (const { publicationId, lastAt } of entries)
    last.set(publicationId, Math.max(lastAt, last.get(publicationId) ?? 0));
  return last;
};

/** The entries in which every word is to be found. */
export const searchAccess = (entries: readonly AccessEntry[], text: string): readonly AccessEntry[] => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const { node, address, label, name, services } = entry;
    const all = [node, address, label, name, ...services].join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  });
};
