/** Files of publications: versioned JSON in the state area. A broken one is set aside, never overwritten unseen. */
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Files } from '../../ports/index.ts';

/** Reads and writes one file. */
export interface PublicationStore<R> {
  /** Throws FORWARDS_UNREADABLE after setting the broken file aside. */
  load(): Promise<readonly R[]>;
  save(records: readonly R[]): Promise<void>;
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** `{ version: 1, <kind>: [...] }` in `<kind>.json`; `schema` is that of the whole file. */
export const createPublicationStore = <const K extends string, R>(
  files: Files,
  kind: K,
  schema: v.GenericSchema<unknown, { readonly version: 1 } & { readonly [key in K]: readonly R[] }>,
): PublicationStore<R> => {
  const name = `${kind}.json`;
  return {
    async load() {
      const text = await files.readText('state', name);
      if (text === undefined) return [];
      const file = v.safeParse(schema, parseJson(text));
      if (file.success) return file.output[kind];
      await files.writeText('state', `${name}.broken`, text);
      await files.remove('state', name);
      throw new AgentError('FORWARDS_UNREADABLE', `The file of ${kind} cannot be read`, {
        details: { file: name },
      });
    },
    async save(records) {
      await files.writeText('state', name, `${JSON.stringify({ version: 1, [kind]: records }, null, 2)}\n`);
    },
  };
};
