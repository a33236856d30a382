/** What a person and a program learn of an error, and the exit code. */
import { CodedError } from '@sidegate/kit';
import type { ErrorBody } from '@sidegate/protocol';
import type { CliIo } from './cli-io.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { DaemonRefusal } from './local-client.ts';
import { plain } from './output/plain-text.ts';
import { createStyle, hasColours } from './output/style.ts';

const EXIT_BY_CODE: Readonly<Record<string, ExitCode>> = {
  USAGE: EXIT.usage,
  DAEMON_NOT_RUNNING: EXIT.daemonNotRunning,
  DAEMON_NOT_PERMITTED: EXIT.refused,
};

const exitCodeOf = (error: unknown): ExitCode => {
  if (error instanceof DaemonRefusal)
    return error.status === 401 || error.status === 403 ? EXIT.refused : EXIT.failed;
  return error instanceof CodedError ? (EXIT_BY_CODE[error.code] ?? EXIT.failed) : EXIT.failed;
};

const bodyOf = (error: unknown): ErrorBody['error'] => {
  if (error instanceof DaemonRefusal) return error.body;
  if (error instanceof CodedError) return { code: error.code, message: error.message, hint: error.hint };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
};

/** Writes the error to stderr (JSON where asked for) and gives the exit code. */
export const reportError = (error: unknown, io: CliIo, isJson: boolean): ExitCode => {
  if (io.signal.aborted && !(error instanceof CodedError) && !(error instanceof DaemonRefusal))
    return EXIT.interrupted;
  const body = bodyOf(error);
  if (isJson) {
    io.stderr.write(`${JSON.stringify({ error: body })}\n`);
    return exitCodeOf(error);
  }
  const style = createStyle(hasColours(io.stderr, io.env));
  io.stderr.write(`${style.red('error:')} ${plain(body.message)}\n`);
  if (body.hint !== undefined) io.stderr.write(`${style.cyan('hint:')} ${plain(body.hint)}\n`);
  return exitCodeOf(error);
};
