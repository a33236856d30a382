/** The file of forwards: versioned JSON in the state area. A broken one is set aside, never overwritten unseen. */
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import { type ForwardRecord, ForwardsFile } from '../../forwarding/forward-record.ts';
import type { Files } from '../../ports/index.ts';

const NAME = 'forwards.json';

/** Reads and writes the file. */
export interface ForwardStore {
  /** Throws FORWARDS_UNREADABLE after setting the broken file aside. */
  load(): Promise<readonly ForwardRecord[]>;
  save(records: readonly ForwardRecord[]): Promise<void>;
}

const parseFile = (text: string): readonly ForwardRecord[] | undefined => {
  try {
    const result = v.safeParse(ForwardsFile, JSON.parse(text));
    return result.success ? result.output.forwards : undefined;
  } catch {
    return undefined;
  }
};

/** Over the state area. */
export const createForwardStore = (files: Files): ForwardStore => ({
  async load() {
    const text = await files.readText('state', NAME);
    if (text === undefined) return [];
    const records = parseFile(text);
    if (records !== undefined) return records;
    await files.writeText('state', `${NAME}.broken`, text);
    await files.remove('state', NAME);
    throw new AgentError('FORWARDS_UNREADABLE', 'The file of forwards cannot be read', {
      details: { file: NAME },
    });
  },
  async save(records) {
    await files.writeText('state', NAME, `${JSON.stringify({ version: 1, forwards: records }, null, 2)}\n`);
  },
});
