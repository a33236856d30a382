/** The network map: the newest one in memory, a rarely written one on disk for days without a broker. */
import { type Clock, createScope, type Logger } from '@sidegate/kit';
import { type MapUpdate, NetworkMap } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Files } from '../../ports/index.ts';
import { applyMapUpdate, materialPart } from './apply-map-update.ts';

const FILE = 'network-map.json';
/** Flash wears out: changes gather this long before they are written. */
const SAVE_DELAY_MS = 5_000;

const StoredMap = v.strictObject({
  version: v.literal(1),
  brokerBootId: v.optional(v.string()),
  map: NetworkMap,
});

export interface MapHolder extends AsyncDisposable {
  readonly map: () => NetworkMap | undefined;
  /** Boot of the broker whose beacons our sessions are with, as far as known. */
  readonly brokerBootId: () => string | undefined;
  noteBrokerBoot(id: string): void;
  /** `mismatch`: ask for the whole map. */
  apply(update: MapUpdate): 'unchanged' | 'changed' | 'mismatch';
}

const decode = (text: string): v.InferOutput<typeof StoredMap> | undefined => {
  try {
    const result = v.safeParse(StoredMap, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
};

/** Forgets the map on disk. */
export const removeStoredMap = (files: Files): Promise<void> => files.remove('state', FILE);

/** Loads the map from disk, if there is one that can be read. */
export const openMapHolder = async (options: {
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<MapHolder> => {
  const { files, clock, log } = options;
  const scope = createScope();
  const text = await files.readText('state', FILE).catch(() => undefined);
  const stored = text === undefined ? undefined : decode(text);
  let map = stored?.map;
  let brokerBootId = stored?.brokerBootId;
  const partOf = () => `${brokerBootId} ${map === undefined ? '' : materialPart(map)}`;
  let savedPart = partOf();
  let hasSaved = stored !== undefined;
  let timer: Disposable | undefined;
  const save = async () => {
    timer = undefined;
    const part = partOf();
    if (map === undefined || part === savedPart) return;
    const doc = { version: 1, ...(brokerBootId === undefined ? {} : { brokerBootId }), map };
    await files.writeText('state', FILE, JSON.stringify(doc), { secret: true });
    savedPart = part;
    hasSaved = true;
  };
  const saveSoon = () => {
    if (partOf() === savedPart) return;
    // The first map is what a crashed agent comes back with.
    timer ??= clock.after(hasSaved ? SAVE_DELAY_MS : 0, () => {
      void save().catch((error: unknown) => log.warn('the network map was not saved', { error }));
    });
  };
  scope.add(async () => {
    timer?.[Symbol.dispose]();
    await save().catch((error: unknown) => log.warn('the network map was not saved', { error }));
  });
  return {
    map: () => map,
    brokerBootId: () => brokerBootId,
    noteBrokerBoot(id) {
      brokerBootId = id;
      saveSoon();
    },
    apply(update) {
      const outcome = applyMapUpdate(map, update);
      if (outcome.kind !== 'changed') return outcome.kind;
      map = outcome.map;
      saveSoon();
      return 'changed';
    },
    [Symbol.asyncDispose]: () => scope.end(),
  };
};
