/**
 * The network map on disk, twice: in memory-backed `runtime` at once, so that an agent that is killed comes back
 * knowing every peer it had; in `state` rarely, because flash wears out, for days without a broker.
 */
import { createHash } from 'node:crypto';
import { type Clock, createScope, type Logger } from '@sidegate/kit';
import { NetworkMap } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Files } from '../../../ports/index.ts';
import { materialPart } from './apply-map-update.ts';

const FILE = 'network-map.json';
/** In the order of trust: what is in `runtime` was written no earlier. */
const AREAS = ['runtime', 'state'] as const;
/** How long changes gather before they are written; the first map is written at once to both. */
const SAVE_DELAY_MS = { runtime: 0, state: 5_000 } as const;

const StoredMap = v.strictObject({
  version: v.literal(1),
  brokerBootId: v.optional(v.string()),
  map: NetworkMap,
});

/** A map, and the boot of the broker that our beacon sessions are with, as far as known. */
export interface KeptMap {
  readonly map: NetworkMap | undefined;
  readonly brokerBootId: string | undefined;
}

export interface MapStore extends AsyncDisposable {
  readonly loaded: KeptMap;
  /** Writes what changed materially, soon; disposing writes what is left. */
  saveSoon(kept: KeptMap): void;
}

interface MapStoreDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
}

const decode = (text: string): KeptMap | undefined => {
  try {
    const { map, brokerBootId } = v.parse(StoredMap, JSON.parse(text));
    return { map, brokerBootId };
  } catch {
    return undefined;
  }
};

const load = async (files: Files, area: (typeof AREAS)[number]): Promise<KeptMap | undefined> => {
  const text = await files.readText(area, FILE).catch(() => undefined);
  return text === undefined ? undefined : decode(text);
};

/** What would be worth a write, told from another by its digest: a large map must not be held twice as text. */
const digestOf = ({ map, brokerBootId }: KeptMap): string =>
  createHash('sha1')
    .update(`${brokerBootId} ${map === undefined ? '' : materialPart(map)}`)
    .digest('base64');

/** Keeps one area up to date. */
const createSaver = (deps: MapStoreDeps, area: (typeof AREAS)[number], found: KeptMap | undefined) => {
  const { files, clock, log } = deps;
  let saved = found === undefined ? undefined : digestOf(found);
  let wanted = found;
  let timer: Disposable | undefined;
  const save = async () => {
    timer?.[Symbol.dispose]();
    timer = undefined;
    if (wanted?.map === undefined) return;
    const digest = digestOf(wanted);
    if (digest === saved) return;
    const { map, brokerBootId } = wanted;
    const doc = { version: 1, ...(brokerBootId === undefined ? {} : { brokerBootId }), map };
    try {
      await files.writeText(area, FILE, JSON.stringify(doc), { secret: true });
      saved = digest;
    } catch (error) {
      log.warn('the network map was not saved', { error });
    }
  };
  return {
    saveSoon(kept: KeptMap) {
      wanted = kept;
      timer ??= clock.after(saved === undefined ? 0 : SAVE_DELAY_MS[area], () => void save());
    },
    save,
  };
};

/** Forgets the map on disk. */
export const removeStoredMap = async (files: Files): Promise<void> => {
  for (const area of AREAS) await files.remove(area, FILE);
};

/** Loads the newest map that can be read. */
export const openMapStore = async (deps: MapStoreDeps): Promise<MapStore> => {
  const scope = createScope();
  const found = await Promise.all(AREAS.map((area) => load(deps.files, area)));
  const savers = AREAS.map((area, at) => createSaver(deps, area, found[at]));
  for (const saver of savers) scope.add(saver.save);
  return {
    loaded: found.find((kept) => kept !== undefined) ?? { map: undefined, brokerBootId: undefined },
    saveSoon(kept) {
      for (const saver of savers) saver.saveSoon(kept);
    },
    [Symbol.asyncDispose]: () => scope.end(),
  };
};
