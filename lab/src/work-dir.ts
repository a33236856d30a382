/**
 * The lab's only trace outside namespaces: one directory under the system's temporary directory, named after its
 * owner's pid and start time, so that the next lab can tell a dead owner's directory from a living one's.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'sidegate-lab';

/** A lab's directory. */
export interface WorkDir extends Disposable {
  readonly path: string;
  /** Makes a directory for a machine and returns its path. */
  create(id: string): string;
}

/** Makes a directory of this process's own, after removing those of dead owners. */
export const openWorkDir = (): WorkDir => {
  sweepWorkDirs();
  const path = mkdtempSync(join(tmpdir(), `${PREFIX}.${process.pid}.${startTimeOf(process.pid)}.`));
  return {
    path,
    create(id) {
      const directory = join(path, id.replaceAll('/', '.'));
      mkdirSync(directory);
      return directory;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
};

/** Removes the directories that killed labs left. */
export const sweepWorkDirs = (): void => {
  for (const name of readdirSync(tmpdir())) {
    const [prefix, pid, startTime] = name.split('.');
    if (prefix !== PREFIX || pid === undefined || startTimeOf(Number(pid)) === startTime) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
};

/** Field 22 of proc(5)'s stat, counted behind the command name, which may contain anything. */
const startTimeOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};
