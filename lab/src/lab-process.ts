/**
 * A process inside a lab machine. It is started through `nsenter`, in a session of its own, so that Ctrl-C on the
 * lab's terminal reaches the lab alone; it dies with its machine at the latest. The last words of its output are
 * kept, so that a failing test can show them. Knows nothing of networks.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { systemClock } from '@sidegate/kit';
import { LabError } from './errors.ts';

/** How a process is started. */
export interface SpawnOptions {
  /** A directory as the machine sees it; `/` where not given. */
  readonly cwd?: string;
  /** Added to the machine's own short environment; of the lab's, PATH and NODE_COMPILE_CACHE alone get in. */
  readonly env?: Readonly<Record<string, string>>;
  /** A file outside the machine that collects both outputs; without it they are piped to `stdout` and `stderr`. */
  readonly log?: string;
  /** `pipe` to write to it; by default it reads end-of-file at once. */
  readonly stdin?: 'ignore' | 'pipe';
}

/** How a process ended; one of the two is set. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const KEPT_OUTPUT_CHARS = 65_536;
const POLL_MS = 10;

/** Runs `file` with `args` behind a prefix such as `nsenter ... --`, which forks once. */
export class LabProcess implements AsyncDisposable {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Settles when the process has ended and its output is read; never rejects. */
  readonly exited: Promise<Exit>;
  readonly #what: string;
  readonly #child: ChildProcess;
  #output = '';
  #programPid: number | undefined;

  constructor(prefix: readonly string[], file: string, args: readonly string[], options: SpawnOptions = {}) {
    const argv = [...prefix, ...(options.cwd === undefined ? [] : ['env', '-C', options.cwd]), file, ...args];
    const log = options.log === undefined ? 'pipe' : openSync(options.log, 'a');
    this.#child = spawn(argv[0]!, argv.slice(1), {
      detached: true,
      stdio: [options.stdin ?? 'ignore', log, log],
      env: machineEnvironment(options.env),
    });
    if (typeof log === 'number') closeSync(log);
    this.#what = [file, ...args].join(' ');
    this.stdin = this.#child.stdin;
    this.stdout = this.#child.stdout;
    this.stderr = this.#child.stderr;
    // A program may end without having read all of its input.
    this.stdin?.on('error', () => undefined);
    for (const stream of [this.stdout, this.stderr])
      stream?.setEncoding('utf8').on('data', (text) => this.#keep(text));
    this.exited = new Promise((resolve) => {
      this.#child.once('error', () => resolve({ code: 127, signal: null }));
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** The program's pid as the lab sees it; that of `nsenter` during the first moment. */
  get pid(): number {
    this.#programPid ??= firstChildOf(this.#child.pid ?? 0);
    return this.#programPid ?? this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  /** The end of what it wrote to both outputs (nothing when they go to a log). */
  output(): string {
    return this.#output;
  }

  /** Signals the program; SIGKILL takes its children in the same process group too. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (!this.isRunning) return;
    try {
      process.kill(signal === 'SIGKILL' ? -this.#child.pid! : this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Resolves with the match as soon as its output matches; rejects when it ends or the time is over. */
  async waitForOutput(pattern: RegExp, timeoutMs = 5_000): Promise<RegExpExecArray> {
    const deadline = systemClock.monoMs() + timeoutMs;
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      if (!this.isRunning || systemClock.monoMs() > deadline) {
        const state = this.isRunning ? 'still runs' : 'ended';
        throw new LabError(
          'LAB_TIMEOUT',
          `wait for ${pattern} from ${this.#what}, which ${state}: ${this.#output}`,
        );
      }
      await systemClock.sleep(POLL_MS);
    }
  }

  /** Kills it and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await this.exited;
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT_CHARS);
  }
}

/** What `run` answers. */
export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** How a command is run to its end. */
export interface RunOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  readonly input?: string | Uint8Array;
  /** After this the whole process group is killed; 30 s where not given. */
  readonly timeoutMs?: number;
  /** `false`: answer with the exit code instead of throwing on one that is not 0. */
  readonly reject?: boolean;
}

/** Runs a command to its end and collects what it said. `where` names the machine in errors. */
export const runToEnd = async (
  prefix: readonly string[],
  where: string,
  file: string,
  args: readonly string[],
  { input, timeoutMs = 30_000, reject = true, ...options }: RunOptions = {},
): Promise<RunResult> => {
  const process = new LabProcess(prefix, file, args, {
    ...options,
    stdin: input === undefined ? 'ignore' : 'pipe',
  });
  process.stdin?.end(input);
  const said = { stdout: '', stderr: '' };
  process.stdout?.on('data', (text: string) => (said.stdout += text));
  process.stderr?.on('data', (text: string) => (said.stderr += text));
  let isLate = false;
  using _timer = systemClock.after(timeoutMs, () => {
    isLate = true;
    process.kill('SIGKILL');
  });
  const { code } = await process.exited;
  const what = `run ${[file, ...args].join(' ')} in ${where}`;
  if (isLate)
    throw new LabError('LAB_TIMEOUT', `${what}, which took over ${timeoutMs} ms: ${process.output()}`);
  if (reject && code !== 0)
    throw new LabError('LAB_COMMAND_FAILED', `${what} (exit ${code}): ${said.stderr.trim()}`);
  return { ...said, exitCode: code ?? 128 };
};

/** Resolves when the child has ended, at once where it already has. */
export const hasEnded = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};

/** The first child of a process, `undefined` while there is none. */
export const firstChildOf = (pid: number): number | undefined => {
  try {
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0];
    return first === undefined || first === '' ? undefined : Number(first);
  } catch {
    return undefined;
  }
};

const machineEnvironment = (extra: SpawnOptions['env'] = {}): NodeJS.ProcessEnv => ({
  PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin`,
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
  ...extra,
});
