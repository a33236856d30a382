/** A daemon of canned answers on a real unix socket, and a process around `runCli` that keeps what it writes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVirtualClock, openEventStream, sendJson } from '@sidegate/kit';
import type { EdgeEvent } from '@sidegate/protocol';
import type { CliIo } from '../cli-io.ts';
import { runCli } from '../run-cli.ts';

/** When all of this happens. */
export const NOW_MS = Date.UTC(2026, 0, 2, 12, 0, 0);

/** An answer: a value for 200, `undefined` for 204, or a refusal. */
export type Answer =
  | unknown
  | {
      readonly refusal: {
        readonly status: number;
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
      };
    };
/** By `METHOD /path`; a function is asked each time. */
export type Answers = Readonly<Record<string, Answer | ((body: unknown) => Answer)>>;

interface CliResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** What a test has otherwise; `isTTY` makes both streams a terminal. */
export type CliSetting = Partial<CliIo> & { readonly isTTY?: boolean };

interface FakeDaemon extends AsyncDisposable {
  readonly socketPath: string;
  /** What was asked, as `METHOD /path body`. */
  readonly asked: string[];
  /** Pushes to every open event stream. */
  push(event: EdgeEvent): void;
  /** Resolves when somebody watches. */
  watched(): Promise<void>;
  cli(argv: readonly string[], io?: CliSetting): Promise<CliResult>;
}

/** Output as it looks, each stream and the exit code named. */
export const transcript = ({ exitCode, out, err }: CliResult): string =>
  `${out}${err === '' ? '' : `--- stderr\n${err}`}--- exit ${exitCode}\n`;

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
};

const isRefusal = (
  answer: unknown,
): answer is { refusal: { status: number; code: string; message: string } } =>
  typeof answer === 'object' && answer !== null && 'refusal' in answer;

const sendAnswer = (response: ServerResponse, answer: unknown): void => {
  if (isRefusal(answer)) {
    const { status, ...error } = answer.refusal;
    sendJson(response, status, { error });
  } else if (answer === undefined) response.writeHead(204).end();
  else sendJson(response, 200, answer);
};

const sink = (isTTY: boolean) => {
  let text = '';
  return {
    isTTY,
    columns: isTTY ? 100 : undefined,
    write: (part: string) => (text += part),
    read: () => text,
  };
};

/** Time passes only in sleeps, and then at once. */
const createHastyClock = (): CliIo['clock'] => {
  const clock = createVirtualClock(NOW_MS);
  return {
    ...clock,
    async sleep(delayMs, signal) {
      signal?.throwIfAborted();
      await clock.advance(delayMs);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
};

/** Runs one command line against a directory that may or may not hold a socket. */
export const runCliIn = async (
  runDirectory: string,
  argv: readonly string[],
  change: CliSetting = {},
): Promise<CliResult> => {
  const { isTTY = false, ...overrides } = change;
  const [stdout, stderr] = [sink(isTTY), sink(isTTY)];
  const missing = async () => {
    throw new Error('not in this test');
  };
  const exitCode = await runCli(argv, {
    stdout,
    stderr,
    env: { SIDEGATE_RUN_DIR: runDirectory },
    signal: new AbortController().signal,
    clock: createHastyClock(),
    version: '1.2.3',
    runDaemon: async () => 0,
    undoChanges: async () => {},
    run: missing,
    readFile: missing,
    writeFile: missing,
    request: missing,
    readSecret: missing,
    ...overrides,
  });
  return { exitCode, out: stdout.read(), err: stderr.read() };
};

/** Listens; every test has a socket of its own. */
export const openFakeDaemon = async (answers: Answers = {}): Promise<FakeDaemon> => {
  const directory = await mkdtemp(join(tmpdir(), 'sidegate-cli-'));
  const socketPath = join(directory, 'sidegate.sock');
  const asked: string[] = [];
  const streams = new Set<ReturnType<typeof openEventStream>>();
  let onWatch = () => {};
  const watching = new Promise<void>((resolve) => {
    onWatch = resolve;
  });
  const server = createServer((request, response) => {
    void (async () => {
      const key = `${request.method} ${request.url?.replace(/^\/api/, '')}`;
      if (key === 'GET /events') {
        streams.add(openEventStream(response));
        return onWatch();
      }
      const body = await readBody(request);
      asked.push(body === undefined ? key : `${key} ${JSON.stringify(body)}`);
      if (!(key in answers))
        return sendAnswer(response, { refusal: { status: 404, code: 'NOT_FOUND', message: `no ${key}` } });
      const answer = answers[key];
      sendAnswer(response, typeof answer === 'function' ? answer(body) : answer);
    })();
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    asked,
    push: ({ event, data }) => {
      for (const stream of streams) stream.send(event, data);
    },
    watched: () => watching,
    cli: (argv, io) => runCliIn(directory, argv, io),
    async [Symbol.asyncDispose]() {
      for (const stream of streams) stream[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true });
    },
  };
};
