import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { newToken } from '@sidegate/kit';
import { AgentError } from '../errors.ts';
import type { Files } from '../ports/index.ts';

type Area = Parameters<Files['readText']>[0];

/** One path part, so that no name leads out of its area. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const isErrno = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');

/** Text of a file, `undefined` where there is none. latin1 keeps any bytes. */
export const readTextFile = async (path: string, encoding: 'utf8' | 'latin1' = 'utf8') => {
  try {
    return await readFile(path, encoding);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
};

/** A rename is on disk only when its directory is; some file systems cannot say so, which is no failure. */
const syncDirectory = async (directory: string) => {
  const handle = await open(directory, 'r');
  await handle.sync().catch(() => undefined);
  await handle.close();
};

/** Temporary file, fsync, rename: a reader sees the old text or the new one, after a power cut as well. */
export const writeFileAtomically = async (
  path: string,
  text: string,
  { mode, encoding = 'utf8' }: { readonly mode: number; readonly encoding?: 'utf8' | 'latin1' },
): Promise<void> => {
  const temporary = join(dirname(path), newToken(`.${basename(path)}.`, 6));
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      // The mode of `open` is cut by the umask; this one is not.
      await handle.chmod(mode);
      await handle.writeFile(text, encoding);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
};

/** What a person can mend: no room, no room for this user, mounted read-only, a disk that fails. */
const UNWRITABLE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'];

const asUnwritable = (path: string, cause: unknown): unknown =>
  isErrno(cause, ...UNWRITABLE)
    ? new AgentError(
        'STATE_UNWRITABLE',
        `${path} cannot be written (${(cause as NodeJS.ErrnoException).code})`,
        {
          cause,
          details: { path },
        },
      )
    : cause;

/** Files below three directories. State and runtime are the agent's alone; the config directory is shared with people. */
export const createAtomicFiles = (directories: Readonly<Record<Area, string>>): Files => {
  const pathOf = (area: Area, name: string): string => {
    if (!NAME.test(name)) throw new RangeError(`Not a file name: ${JSON.stringify(name)}`);
    return join(directories[area], name);
  };
  const ensureDirectory = async (area: Area) => {
    const mode = area === 'config' ? 0o755 : 0o700;
    const made = await mkdir(directories[area], { recursive: true, mode });
    if (made !== undefined) await chmod(directories[area], mode);
  };
  return {
    readText: (area, name) => readTextFile(pathOf(area, name)),
    async writeText(area, name, text, { secret = false } = {}) {
      const path = pathOf(area, name);
      // Flash wears out: what is there already is not written again.
      if ((await readTextFile(path)) === text) return;
      try {
        await ensureDirectory(area);
        await writeFileAtomically(path, text, { mode: secret ? 0o600 : 0o644 });
      } catch (error) {
        throw asUnwritable(path, error);
      }
    },
    remove: (area, name) => rm(pathOf(area, name), { force: true }),
  };
};
