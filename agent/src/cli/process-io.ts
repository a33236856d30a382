/** The process as the command line sees it: the one file here that touches `process`. */
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { systemClock } from '@sidegate/kit';
import type { Run } from '../ports/index.ts';
import { requestHttp } from '../tcp/request-http.ts';
import type { CliIo } from './cli-io.ts';
import { EXIT } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A reader that echoes nothing once the prompt is out. */
const readSecret = async (prompt: string, signal: AbortSignal): Promise<string> => {
  const isTerminal = process.stdin.isTTY === true;
  let isMuted = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!isMuted) process.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: isTerminal, historySize: 0 });
  try {
    const answer = lines.question(isTerminal ? prompt : '', { signal });
    isMuted = isTerminal;
    // Standard input may end without a line: then there is no password.
    return await Promise.race([
      answer,
      new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
    ]);
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
};

/** Everything `runCli` needs, from the real process. The first Ctrl-C aborts the signal, the second ends the process. */
export const createProcessIo = (options: {
  readonly version: string;
  readonly run: Run;
  readonly runDaemon: CliIo['runDaemon'];
  readonly undoChanges: CliIo['undoChanges'];
}): CliIo & Disposable => {
  const controller = new AbortController();
  const abort = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new Error('interrupted'));
  };
  // Not `once`: a second Ctrl-C ends what does not end by itself.
  for (const name of SIGNALS) process.on(name, abort);
  // The clock's timers do not keep a process alive; a command that waits must.
  const alive = setInterval(() => {}, 2 ** 30);
  // A pipe that was closed (`| head`) is the end of the output, not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  return {
    ...options,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: controller.signal,
    clock: systemClock,
    readFile: (path) => (path === '-' ? text(process.stdin) : readFile(path, 'utf8')),
    writeFile: (path, content) => writeFile(path, content),
    request: requestHttp,
    readSecret: (prompt) => readSecret(prompt, controller.signal),
    [Symbol.dispose]() {
      clearInterval(alive);
      for (const name of SIGNALS) process.off(name, abort);
    },
  };
};
