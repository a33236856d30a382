/**
 * Everything in this folder touches the machine: programs, sockets, files. One adapter a file, each playing one role
 * of `ports/`. Invariants: an argument vector, never a shell; parsed data out, never a tool's text; secrets over
 * stdin; what is changed in the system is recorded first. Must not import plugins or the core.
 *
 * This file is the only one that starts processes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Clock, systemClock } from '@sidegate/kit';
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
/** A program that ignores SIGTERM is killed after this. */
const KILL_AFTER_MS = 2_000;
const STDERR_KEPT_CHARS = 2_000;

/** Runs one endless program and hands over its lines; resolves when it ends, rejects when the signal aborts. */
export type Follow = (
  file: string,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
) => Promise<void>;

/** `prefix` goes before every command: tests put `nsenter` there to work inside a network namespace. */
export interface RunnerOptions {
  readonly prefix?: readonly string[];
  readonly clock?: Clock;
}

/** Why a program was made to end. */
type Cut = 'COMMAND_TIMED_OUT' | 'COMMAND_OUTPUT_TOO_LARGE' | 'aborted';

/** A process with a way to end it that works at the latest after KILL_AFTER_MS. */
class Program implements Disposable {
  readonly child: ChildProcess;
  cut: Cut | undefined;
  readonly #clock: Clock;
  readonly #timers: Disposable[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #abort = () => this.end('aborted');

  constructor(
    argv: readonly string[],
    stdin: number | 'ignore',
    signal: AbortSignal | undefined,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#signal = signal;
    this.child = spawn(argv[0]!, argv.slice(1), {
      cwd: '/',
      env: ENVIRONMENT,
      stdio: [stdin, 'pipe', 'pipe'],
    });
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** The first reason stands. */
  end(reason: Cut): void {
    if (this.cut !== undefined) return;
    this.cut = reason;
    this.child.kill('SIGTERM');
    this.#timers.push(this.#clock.after(KILL_AFTER_MS, () => this.child.kill('SIGKILL')));
    // Its children may hold the pipes open; nobody wants to read them now.
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.destroy();
  }

  endAfter(timeoutMs: number): void {
    this.#timers.push(this.#clock.after(timeoutMs, () => this.end('COMMAND_TIMED_OUT')));
  }

  /** Exit code, `null` after a signal, when output is read; rejects when it could not be started. */
  async ended(): Promise<number | null> {
    const [code] = (await once(this.child, 'close')) as [number | null];
    return code;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#signal?.removeEventListener('abort', this.#abort);
  }
}

/** Gathers a stream's bytes; text that was cut in two between chunks comes out whole. */
const collect = (program: Program, stream: Readable): (() => string) => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > OUTPUT_LIMIT_BYTES) program.end('COMMAND_OUTPUT_TOO_LARGE');
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
};

const readLines = async (stream: Readable, onLine: (line: string) => void): Promise<void> => {
  const lines = createInterface(stream).on('line', onLine);
  await once(lines, 'close');
};

const NOT_STARTED: readonly (string | undefined)[] = ['ENOENT', 'EACCES'];

const failure = (
  code: AgentError['code'],
  argv: readonly string[],
  exitCode: number | null,
  stderr = '',
): AgentError => {
  const said = stderr.trim().slice(-STDERR_KEPT_CHARS);
  const file = argv[0]!;
  const messages: Partial<Record<AgentError['code'], string>> = {
    COMMAND_NOT_FOUND: `The program ${file} is not here`,
    COMMAND_TIMED_OUT: `${file} did not end in time`,
    COMMAND_OUTPUT_TOO_LARGE: `${file} said too much`,
  };
  const message = messages[code] ?? `${file} failed${said === '' ? '' : `: ${said.split('\n')[0]}`}`;
  return new AgentError(code, message, { details: { command: redactArgv(argv), exitCode, stderr: said } });
};

/** Waits for the end; throws what kept the program from running to it. */
const waitForEnd = async (program: Program, argv: readonly string[], signal?: AbortSignal) => {
  let exitCode: number | null;
  try {
    exitCode = await program.ended();
  } catch (error) {
    if (NOT_STARTED.includes((error as NodeJS.ErrnoException).code)) {
      throw failure('COMMAND_NOT_FOUND', argv, null);
    }
    throw error;
  }
  if (program.cut === 'aborted') throw signal?.reason;
  if (program.cut !== undefined) throw failure(program.cut, argv, exitCode);
  return exitCode;
};

/** Makes the one way to run programs that end. */
export const createRun = ({ prefix = [], clock = systemClock }: RunnerOptions = {}): Run => {
  return async (file, args, options: RunOptions = {}): Promise<RunResult> => {
    const { signal, onLine, okCodes = [], timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    signal?.throwIfAborted();
    const argv = [file, ...args];
    using stdin = options.input === undefined ? undefined : openInput(options.input);
    using program = new Program([...prefix, ...argv], stdin?.fd ?? 'ignore', signal, clock);
    program.endAfter(timeoutMs);
    const stdout = collect(program, program.child.stdout!);
    const stderr = collect(program, program.child.stderr!);
    const reading = onLine === undefined ? undefined : readLines(program.child.stdout!, onLine);
    const exitCode = await waitForEnd(program, argv, signal);
    await reading;
    if (exitCode !== 0 && (exitCode === null || !okCodes.includes(exitCode))) {
      throw failure('COMMAND_FAILED', argv, exitCode, stderr());
    }
    return { stdout: stdout(), stderr: stderr(), exitCode };
  };
};

/** Makes the one way to follow programs that do not end. Their output is not kept. */
export const createFollow = ({ prefix = [], clock = systemClock }: RunnerOptions = {}): Follow => {
  return async (file, args, { signal, onLine }) => {
    signal.throwIfAborted();
    const argv = [file, ...args];
    using program = new Program([...prefix, ...argv], 'ignore', signal, clock);
    program.child.stderr!.resume();
    createInterface(program.child.stdout!).on('line', onLine);
    await waitForEnd(program, argv, signal);
  };
};
