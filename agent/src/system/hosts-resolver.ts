import { open, readlink, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type HostsEntry, replaceHostsBlock } from '../naming/hosts-block.ts';
import type { Resolver } from '../ports/index.ts';
import { readTextFile, writeFileAtomically } from './atomic-files.ts';
import type { ChangeRecord } from './change-record.ts';

/** A hosts file that is a mount of its own (containers) or lies in a read-only directory cannot be renamed over. */
const CANNOT_RENAME = ['EBUSY', 'EXDEV', 'EROFS', 'EACCES', 'EPERM'];

const writeInPlace = async (path: string, text: string): Promise<void> => {
  const handle = await open(path, 'r+');
  try {
    const bytes = Buffer.from(text, 'latin1');
    await handle.write(bytes, 0, bytes.length, 0);
    await handle.truncate(bytes.length);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const replaceText = async (path: string, text: string): Promise<void> => {
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0o644,
  );
  try {
    await writeFileAtomically(path, text, { mode, encoding: 'latin1' });
  } catch (error) {
    if (!CANNOT_RENAME.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await writeInPlace(path, text);
  }
};

const MAX_LINKS = 8;

/** Where the file itself is, when its name is a symbolic link: a rename must not replace the link. */
const followLink = async (path: string, linksLeft = MAX_LINKS): Promise<string> => {
  const target = await readlink(path).catch(() => undefined);
  return target === undefined || linksLeft === 0
    ? path
    : await followLink(resolve(dirname(path), target), linksLeft - 1);
};

/** Names in a marked block of a hosts file; all else in the file stays byte for byte. */
export const createHostsResolver = (record: ChangeRecord, path = '/etc/hosts'): Resolver => {
  const write = async (entries: readonly HostsEntry[]) => {
    const target = await followLink(path);
    const before = (await readTextFile(target, 'latin1')) ?? '';
    const after = replaceHostsBlock(before, entries);
    if (after !== before) await replaceText(target, after);
  };
  return {
    async apply(names, signal) {
      signal.throwIfAborted();
      await record.note({ kind: 'hosts-block', name: path });
      await write(names);
    },
    async remove() {
      await write([]);
      await record.forget('hosts-block', path);
    },
  };
};
