/** The network map: the newest one in memory, and what `map-store.ts` keeps of it on disk. */
import type { Clock, Logger } from '@sidegate/kit';
import type { MapUpdate, NetworkMap } from '@sidegate/protocol';
import type { Files } from '../../ports/index.ts';
import { applyMapUpdate } from './apply-map-update.ts';
import { type KeptMap, openMapStore } from './map-store.ts';

export interface MapHolder extends AsyncDisposable {
  readonly map: () => NetworkMap | undefined;
  /** Boot of the broker whose beacons our sessions are with, as far as known. */
  readonly brokerBootId: () => string | undefined;
  noteBrokerBoot(id: string): void;
  /** `mismatch`: ask for the whole map. */
  apply(update: MapUpdate): 'unchanged' | 'changed' | 'mismatch';
}

/** Begins with the map on disk, if there is one that can be read. */
export const openMapHolder = async (options: {
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<MapHolder> => {
  const store = await openMapStore(options);
  let kept = store.loaded;
  const keep = (change: Partial<KeptMap>) => {
    kept = { ...kept, ...change };
    store.saveSoon(kept);
  };
  return {
    map: () => kept.map,
    brokerBootId: () => kept.brokerBootId,
    noteBrokerBoot: (brokerBootId) => keep({ brokerBootId }),
    apply(update) {
      const outcome = applyMapUpdate(kept.map, update);
      if (outcome.kind !== 'changed') return outcome.kind;
      keep({ map: outcome.map });
      return 'changed';
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
};
