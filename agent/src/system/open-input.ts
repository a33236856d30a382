import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newToken } from '@sidegate/kit';

/** Memory-backed where there is any, so that a key on stdin never meets a disk. */
const DIRECTORIES = ['/dev/shm', '/run', tmpdir()];

/** A descriptor to be inherited; disposing closes our end. */
export interface Input extends Disposable {
  readonly fd: number;
}

const openNameless = (directory: string): number | undefined => {
  const path = join(directory, newToken('.sidegate-'));
  try {
    const fd = openSync(path, 'wx+', 0o600);
    rmSync(path);
    return fd;
  } catch {
    return undefined;
  }
};

/**
 * Puts a program's input into a nameless file. Node's own pipes are sockets, and a program that opens `/dev/stdin`
 * (`wg` does) cannot open a socket.
 */
export const openInput = (text: string): Input => {
  for (const directory of DIRECTORIES) {
    const fd = openNameless(directory);
    if (fd === undefined) continue;
    // At a position, so that the program starts reading at the beginning.
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
    return { fd, [Symbol.dispose]: () => closeSync(fd) };
  }
  throw new Error(`Write to one of ${DIRECTORIES.join(', ')}`);
};
