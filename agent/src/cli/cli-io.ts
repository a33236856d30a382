/** What the command line gets from the process around it; tests give their own. */
import type { Clock } from '@sidegate/kit';
import type { Run } from '../ports/index.ts';
import type { RequestHttp } from '../tcp/request-http.ts';

/** A place for text, such as `process.stdout`. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal, where it is one. */
  readonly columns?: number | undefined;
}

/** Streams, environment and effects of one invocation: no command reaches past it. */
export interface CliIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly version: string;
  /** Runs the daemon in this process until the signal aborts. */
  readonly runDaemon: (signal: AbortSignal) => Promise<number>;
  /** Takes back what a daemon that is no more changed in the system. */
  readonly undoChanges: () => Promise<void>;
  /** Runs a program, for `doctor`. */
  readonly run: Run;
  /** Text of a file, `-` for standard input; rejects where it cannot be read. */
  readonly readFile: (path: string) => Promise<string>;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** Asks the broker, for `doctor`. */
  readonly request: RequestHttp;
  /** Asks for a line without showing what is typed; without a terminal, the next line of stdin. */
  readonly readSecret: (prompt: string) => Promise<string>;
}

const DEFAULT_RUN_DIRECTORY = '/run/sidegate';

/** Where the daemon's socket is: `SIDEGATE_RUN_DIR`, or the default. */
export const socketPathOf = (env: CliIo['env']): string =>
  `${(env.SIDEGATE_RUN_DIR || DEFAULT_RUN_DIRECTORY).replace(/\/+$/, '')}/sidegate.sock`;
