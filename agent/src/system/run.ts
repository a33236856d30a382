/**
 * Everything here touches the machine: programs, sockets, files. One adapter a file, each playing one role of
 * `ports/`. Invariants: an argument vector, never a shell; parsed data out, never a tool's text; secrets over stdin;
 * what is changed in the system is recorded first. Must not import plugins or the core.
 *
 * This file is the only one that starts processes.
 */

import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { newToken } from '@sidegate/kit';
import { execa } from 'execa';
import { AgentError } from '../errors.ts';
import type { Run, RunOptions, RunResult } from '../ports/index.ts';
import { redactArgv } from './redact-argv.ts';

/** Programs are found here and nowhere else, whatever environment the agent was started from. */
const ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin',
  LC_ALL: 'C',
};
const DEFAULT_TIMEOUT_MS = 10_000;
const OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024;
/** A program that ignores SIGTERM is killed after this. */
const KILL_AFTER_MS = 2_000;
const STDERR_KEPT_CHARS = 2_000;
/** Memory-backed where there is any, so that a key on stdin never meets a disk. */
const INPUT_DIRECTORIES = ['/dev/shm', '/run', tmpdir()];

/** Runs one endless program and hands over its lines; resolves when it ends, rejects when the signal aborts. */
export type Follow = (
  file: string,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
) => Promise<void>;

/** `prefix` goes before every command: tests put `nsenter` there to work inside a network namespace. */
export interface RunnerOptions {
  readonly prefix?: readonly string[];
}

/**
 * Puts `input` into a nameless file. Node's own pipes are sockets, which programs that open `/dev/stdin` (`wg`)
 * cannot open.
 */
const openInput = (input: string): number => {
  for (const directory of INPUT_DIRECTORIES) {
    const path = join(directory, newToken('.sidegate-'));
    try {
      const fd = openSync(path, 'wx+', 0o600);
      rmSync(path);
      // At a position, so that the child starts reading at the beginning.
      const bytes = Buffer.from(input);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
      return fd;
    } catch (error) {
      if (directory === INPUT_DIRECTORIES.at(-1)) throw error;
    }
  }
  throw new Error('unreachable');
};

const readLines = async (stream: Readable, onLine: (line: string) => void): Promise<void> => {
  const lines = createInterface(stream).on('line', onLine);
  await once(lines, 'close');
};

const spawnProgram = (argv: readonly string[], options: RunOptions, stdin: number | 'ignore') =>
  execa(argv[0]!, argv.slice(1), {
    cwd: '/',
    env: ENVIRONMENT,
    extendEnv: false,
    // Any descriptor is inherited as it is; execa's types know the first three.
    stdin: stdin as 0 | 'ignore',
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBuffer: OUTPUT_LIMIT_BYTES,
    forceKillAfterDelay: KILL_AFTER_MS,
    reject: false,
    stripFinalNewline: false,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });

type Ended = Awaited<ReturnType<typeof spawnProgram>>;

/** Why it ended badly, or `undefined`. */
const failureOf = (ended: Ended, argv: readonly string[], options: RunOptions): AgentError | undefined => {
  const command = redactArgv(argv);
  const stderr = ended.stderr.trim().slice(-STDERR_KEPT_CHARS);
  const fail = (code: AgentError['code'], message: string) =>
    new AgentError(code, message, { details: { command, exitCode: ended.exitCode, stderr } });
  if (ended.code === 'ENOENT' || ended.code === 'EACCES') {
    return fail('COMMAND_NOT_FOUND', `The program ${argv[0]} is not here`);
  }
  if (ended.timedOut) return fail('COMMAND_TIMED_OUT', `${argv[0]} did not end in time`);
  if (ended.isMaxBuffer) return fail('COMMAND_OUTPUT_TOO_LARGE', `${argv[0]} said too much`);
  if (ended.exitCode === 0 || options.okCodes?.includes(ended.exitCode ?? -1) === true) return undefined;
  return fail('COMMAND_FAILED', `${argv[0]} failed${stderr === '' ? '' : `: ${stderr.split('\n')[0]}`}`);
};

/** Makes the one way to run programs that end. */
export const createRun = ({ prefix = [] }: RunnerOptions = {}): Run => {
  return async (file, args, options = {}): Promise<RunResult> => {
    options.signal?.throwIfAborted();
    const argv = [...prefix, file, ...args];
    const stdin = options.input === undefined ? 'ignore' : openInput(options.input);
    try {
      const program = spawnProgram(argv, options, stdin);
      const reading = options.onLine === undefined ? undefined : readLines(program.stdout, options.onLine);
      const [ended] = await Promise.all([program, reading]);
      if (ended.isCanceled) throw options.signal?.reason;
      const failure = failureOf(ended, argv.slice(prefix.length), options);
      if (failure !== undefined) throw failure;
      return { stdout: ended.stdout, stderr: ended.stderr, exitCode: ended.exitCode ?? 0 };
    } finally {
      if (typeof stdin === 'number') closeSync(stdin);
    }
  };
};

/** Makes the one way to follow programs that do not end. Their output is not kept. */
export const createFollow = ({ prefix = [] }: RunnerOptions = {}): Follow => {
  return async (file, args, { signal, onLine }) => {
    signal.throwIfAborted();
    const argv = [...prefix, file, ...args];
    const program = execa(argv[0]!, argv.slice(1), {
      cwd: '/',
      env: ENVIRONMENT,
      extendEnv: false,
      stdin: 'ignore',
      stderr: 'ignore',
      buffer: false,
      cancelSignal: signal,
      forceKillAfterDelay: KILL_AFTER_MS,
      reject: false,
    });
    const [ended] = await Promise.all([program, readLines(program.stdout, onLine)]);
    if (ended.isCanceled) throw signal.reason;
    if (ended.code === 'ENOENT') {
      throw new AgentError('COMMAND_NOT_FOUND', `The program ${file} is not here`, {
        details: { command: redactArgv([file, ...args]) },
      });
    }
  };
};
