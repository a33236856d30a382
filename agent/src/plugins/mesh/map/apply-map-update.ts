/** A network map and what the broker says of it, to the next map. Pure. */
import type { MapUpdate, NetworkMap } from '@sidegate/protocol';

/** The map as it is now, or that only the whole one can help. */
export type MapOutcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly map: NetworkMap }
  | { readonly kind: 'mismatch' };

/**
 * Applies an update. A delta against another revision than ours is a mismatch, and so is "nothing new" for a revision
 * we do not have; a delta that is older than what we have says nothing new.
 */
export const applyMapUpdate = (map: NetworkMap | undefined, update: MapUpdate): MapOutcome => {
  if (update.kind === 'full') return { kind: 'changed', map: update.map };
  if (map === undefined) return { kind: 'mismatch' };
  if (update.kind === 'same') return { kind: update.revision === map.revision ? 'unchanged' : 'mismatch' };
  if (update.revision <= map.revision && update.from < map.revision) return { kind: 'unchanged' };
  if (update.from !== map.revision) return { kind: 'mismatch' };
  const gone = new Set<string>([...update.removed, ...update.changed.map(({ id }) => id)]);
  const peers = [...map.peers.filter(({ id }) => !gone.has(id)), ...update.changed];
  return {
    kind: 'changed',
    map: {
      ...map,
      revision: update.revision,
      self: update.self ?? map.self,
      ...(update.relays === undefined ? {} : { relays: update.relays }),
      peers: peers.sort((one, other) => (one.id < other.id ? -1 : 1)),
    },
  };
};

/** What of a map is worth a write to flash: presence and revisions come and go by themselves. */
export const materialPart = (map: NetworkMap): string =>
  JSON.stringify({
    ...map,
    revision: 0,
    self: { ...map.self, nat: 0, reflexive4: 0, reflexive6: 0 },
    peers: map.peers.map((peer) => ({ ...peer, online: 0, nat: 0, candidates: 0 })),
  });
