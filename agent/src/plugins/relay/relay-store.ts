/** What a relay keeps on disk: its own key (0600), whether it is wanted, and the directory for times without broker. */
import { randomBytes } from 'node:crypto';
import { RelayDirectory, RelayWish } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Files } from '../../ports/index.ts';
import { NO_DIRECTORY } from './relay-directory.ts';

const KEY_FILE = 'relay-key';
const WISH_FILE = 'relay.json';
const DIRECTORY_FILE = 'relay-directory.json';
const KEY_SIZE_BYTES = 32;

const parseJson = <S extends v.GenericSchema>(
  schema: S,
  text: string | undefined,
): v.InferOutput<S> | undefined => {
  try {
    const result = v.safeParse(schema, JSON.parse(text ?? ''));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
};

/** Opens the store. Nothing is read before it is asked for. */
export const createRelayStore = (files: Files) => ({
  /** The relay's key, made when first asked for: not the node's, so that one says nothing of the other. */
  async ensureKey(): Promise<Uint8Array> {
    const known = Buffer.from((await files.readText('state', KEY_FILE)) ?? '', 'base64');
    if (known.length === KEY_SIZE_BYTES) return known;
    const made = randomBytes(KEY_SIZE_BYTES);
    await files.writeText('state', KEY_FILE, `${made.toString('base64')}\n`, { secret: true });
    return made;
  },
  /** What a person last wished; `undefined` where the configuration holds. */
  readWish: async (): Promise<RelayWish | undefined> =>
    parseJson(RelayWish, await files.readText('state', WISH_FILE)),
  writeWish: (wish: RelayWish): Promise<void> =>
    files.writeText('state', WISH_FILE, `${JSON.stringify(wish)}\n`),
  readDirectory: async (): Promise<RelayDirectory> =>
    parseJson(RelayDirectory, await files.readText('state', DIRECTORY_FILE)) ?? NO_DIRECTORY,
  writeDirectory: (directory: RelayDirectory): Promise<void> =>
    files.writeText('state', DIRECTORY_FILE, `${JSON.stringify(directory)}\n`),
  forgetDirectory: (): Promise<void> => files.remove('state', DIRECTORY_FILE),
});
