/**
 * Everything in this folder touches the machine: programs, sockets, files. One adapter a file, each playing one role
 * of `ports/`. Invariants: an argument vector, never a shell; parsed data out, never a tool's text; secrets over
 * stdin; what is changed in the system is recorded first. Must not import plugins or the core.
 *
 * This file is the only one that starts processes. execa is wrapped here once.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { AgentError } from '../errors.ts';
import type { Run, RunOptions, RunResult } from '../ports/index.ts';
import { openInput } from './open-input.ts';
import { redactArgv } from './redact-argv.ts';

/** Programs are found here and nowhere else, whatever environment the agent was started from. */
const ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin',
  LC_ALL: 'C',
};
const DEFAULT_TIMEOUT_MS = 10_000;
const OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024;
const STDERR_KEPT_CHARS = 2_000;

/** What holds for every program. */
const COMMON = {
  cwd: '/',
  env: ENVIRONMENT,
  extendEnv: false,
  reject: false,
  stripFinalNewline: false,
  encoding: 'buffer',
  maxBuffer: OUTPUT_LIMIT_BYTES,
  /** A program that ignores SIGTERM is killed after this. */
  forceKillAfterDelay: 2_000,
  // execa's own signal handlers would end the daemon before it has stopped in order.
  cleanup: false,
} as const;

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

const readLines = async (stream: Readable, onLine: (line: string) => void): Promise<void> => {
  const lines = createInterface(stream).on('line', onLine);
  await once(lines, 'close');
};

const start = (argv: readonly string[], stdin: number | 'ignore', options: RunOptions) =>
  execa(argv[0]!, argv.slice(1), {
    ...COMMON,
    // Any descriptor is inherited as it is; execa's types know the first three.
    stdin: stdin as 0 | 'ignore',
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });

/** What execa says of a program that has ended, as far as it matters here. */
interface Ended {
  readonly code?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
}

const NOT_STARTED: readonly (string | undefined)[] = ['ENOENT', 'EACCES'];

/** Why it ended badly, or `undefined`. */
const failureOf = (
  ended: Ended,
  argv: readonly string[],
  stderr = '',
  okCodes: readonly number[] = [],
): AgentError | undefined => {
  const said = stderr.trim().slice(-STDERR_KEPT_CHARS);
  const fail = (code: AgentError['code'], message: string) =>
    new AgentError(code, message, {
      details: { command: redactArgv(argv), exitCode: ended.exitCode ?? null, stderr: said },
    });
  if (NOT_STARTED.includes(ended.code))
    return fail('COMMAND_NOT_FOUND', `The program ${argv[0]} is not here`);
  if (ended.timedOut) return fail('COMMAND_TIMED_OUT', `${argv[0]} did not end in time`);
  if (ended.isMaxBuffer) return fail('COMMAND_OUTPUT_TOO_LARGE', `${argv[0]} said too much`);
  if (ended.exitCode === 0 || okCodes.includes(ended.exitCode ?? -1)) return undefined;
  return fail('COMMAND_FAILED', `${argv[0]} failed${said === '' ? '' : `: ${said.split('\n')[0]}`}`);
};

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** Makes the one way to run programs that end. */
export const createRun = ({ prefix = [] }: RunnerOptions = {}): Run => {
  return async (file, args, options = {}): Promise<RunResult> => {
    const { signal, onLine, okCodes } = options;
    signal?.throwIfAborted();
    const argv = [file, ...args];
    using stdin = options.input === undefined ? undefined : openInput(options.input);
    const program = start([...prefix, ...argv], stdin?.fd ?? 'ignore', options);
    const reading = onLine === undefined ? undefined : readLines(program.stdout, onLine);
    const ended = await program;
    if (ended.isCanceled) throw signal?.reason;
    const stderr = textOf(ended.stderr);
    const failure = failureOf(ended, argv, stderr, okCodes);
    if (failure !== undefined) throw failure;
    await reading;
    return { stdout: textOf(ended.stdout), stderr, exitCode: ended.exitCode ?? 0 };
  };
};

/** Makes the one way to follow programs that do not end. Their output is not kept. */
export const createFollow = ({ prefix = [] }: RunnerOptions = {}): Follow => {
  return async (file, args, { signal, onLine }) => {
    signal.throwIfAborted();
    const argv = [...prefix, file, ...args];
    const program = execa(argv[0]!, argv.slice(1), {
      ...COMMON,
      stdin: 'ignore',
      stderr: 'ignore',
      buffer: false,
      cancelSignal: signal,
    });
    createInterface(program.stdout).on('line', onLine);
    const ended = await program;
    if (ended.isCanceled) throw signal.reason;
    const failure = failureOf(ended, [file, ...args]);
    if (failure !== undefined) throw failure;
  };
};
