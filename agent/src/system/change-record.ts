/** What the agent changed in the system, on disk, so that whoever comes after a crash can take it back. */
import { createTurns } from '@sidegate/kit';
import * as v from 'valibot';
import type { Files } from '../ports/index.ts';

const FILE = 'system-changes.json';

/** One change. `kind` and `name` tell changes apart. */
export const SystemChange = v.variant('kind', [
  v.strictObject({ kind: v.literal('interface'), name: v.string() }),
  v.strictObject({ kind: v.literal('nft-table'), name: v.string() }),
  v.strictObject({ kind: v.literal('hosts-block'), name: v.string() }),
  /** `was` is the value to put back. */
  v.strictObject({ kind: v.literal('sysctl'), name: v.string(), was: v.string() }),
]);
export type SystemChange = v.InferOutput<typeof SystemChange>;

const RecordFile = v.object({ bootId: v.string(), changes: v.array(SystemChange) });

/** Survives a crash of the agent; after a reboot it holds only what outlives one. */
export interface ChangeRecord {
  /** Writes a change down before it is made. The first note of a change stands: later ones know no older value. */
  note(change: SystemChange): Promise<void>;
  forget(kind: SystemChange['kind'], name: string): Promise<void>;
  all(): Promise<readonly SystemChange[]>;
  find<K extends SystemChange['kind']>(
    kind: K,
    name: string,
  ): Promise<Extract<SystemChange, { kind: K }> | undefined>;
}

/** Only what is in files outlives a reboot; the kernel forgets the rest by itself. */
const outlivesReboot = (change: SystemChange): boolean => change.kind === 'hosts-block';

const parseRecord = (text: string | undefined, bootId: string): readonly SystemChange[] => {
  if (text === undefined) return [];
  try {
    const record = v.parse(RecordFile, JSON.parse(text));
    return record.bootId === bootId ? record.changes : record.changes.filter(outlivesReboot);
  } catch {
    // A record that cannot be read must not keep the agent from starting; adapters adopt what they find.
    return [];
  }
};

/**
 * A record in the state area, or in that of the run time where nothing that is changed outlives a reboot. Calls are
 * done one after the other.
 */
export const createChangeRecord = (
  files: Files,
  bootId: string,
  area: 'state' | 'runtime' = 'state',
): ChangeRecord => {
  const inTurn = createTurns();
  const read = async () => parseRecord(await files.readText(area, FILE), bootId);
  const write = async (changes: readonly SystemChange[]) => {
    if (changes.length === 0) await files.remove(area, FILE);
    else await files.writeText(area, FILE, `${JSON.stringify({ bootId, changes }, null, 2)}\n`);
  };
  const isSame = (kind: string, name: string) => (change: SystemChange) =>
    change.kind === kind && change.name === name;
  return {
    note: (change) =>
      inTurn(async () => {
        const changes = await read();
        if (!changes.some(isSame(change.kind, change.name))) await write([...changes, change]);
      }),
    forget: (kind, name) =>
      inTurn(async () => {
        const changes = await read();
        const rest = changes.filter((change) => !isSame(kind, name)(change));
        if (rest.length < changes.length) await write(rest);
      }),
    all: () => inTurn(read),
    find: <K extends SystemChange['kind']>(kind: K, name: string) =>
      inTurn(
        async () => (await read()).find(isSame(kind, name)) as Extract<SystemChange, { kind: K }> | undefined,
      ),
  };
};
