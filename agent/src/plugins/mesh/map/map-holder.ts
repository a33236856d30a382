/** The network map: the newest one in memory, and what `map-store.ts` keeps of it on disk. */
import type { Clock, Logger } from '@sidegate/kit';
import type { MapUpdate, NetworkMap } from '@sidegate/protocol';
import type { Files } from '../../../ports/index.ts';
import { applyMapUpdate } from './apply-map-update.ts';
import { type KeptMap, openMapStore } from './map-store.ts';
import type { VettedMap } from './vet-map.ts';

export interface MapHolder extends AsyncDisposable {
  readonly map: () => NetworkMap | undefined;
  /** Boot of the broker whose beacons our sessions are with, as far as known. */
  readonly brokerBootId: () => string | undefined;
  noteBrokerBoot(id: string): void;
  /** `mismatch`: ask for the whole map. `refused`: it is not believed. */
  apply(update: MapUpdate): 'unchanged' | 'changed' | 'mismatch' | 'refused';
}

/** Begins with the map on disk, if there is one that can be read. */
export const openMapHolder = async (options: {
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
  /** What is believed of a map; by default everything. */
  readonly vet?: (map: NetworkMap) => VettedMap | undefined;
}): Promise<MapHolder> => {
  const { log, vet = (map: NetworkMap): VettedMap => ({ map, dropped: [] }) } = options;
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
      const vetted = vet(outcome.map);
      if (vetted === undefined) {
        log.warn("the broker's map is not for this machine; keeping the one before");
        return 'refused';
      }
      const { map, dropped } = vetted;
      if (dropped.length > 0)
        log.warn("parts of the broker's map were left out", { count: dropped.length, why: dropped[0]! });
      keep({ map });
      return 'changed';
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
};
