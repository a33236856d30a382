/**
 * Puts processes onto one core, where they take turns: whoever sends fills a window and sleeps, and then whoever
 * relays works it off. Each so always finds a full queue, as a relay at its limit does; on a core of its own it would
 * wait for a slower sender, and pay for waking up with each packet.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CORE = '0';

/** Binds them, without a waking process interrupting the one that runs; disposing lets them go again. */
export const shareCore = async (pids: readonly number[]): Promise<AsyncDisposable> => {
  const each = async (file: string, args: readonly string[]) => {
    for (const pid of pids) await run(file, [...args, String(pid)]);
  };
  const { stdout } = await run('taskset', ['-p', String(process.pid)]);
  const mask = stdout.trim().split(' ').at(-1)!;
  await each('taskset', ['-acp', CORE]);
  await each('chrt', ['--all-tasks', '--batch', '--pid', '0']);
  return {
    async [Symbol.asyncDispose]() {
      await each('chrt', ['--all-tasks', '--other', '--pid', '0']);
      await each('taskset', ['-ap', mask]);
    },
  };
};
