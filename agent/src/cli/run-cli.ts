/**
 * The command line: everything a person or a script does with the daemon, over its unix socket.
 *
 * One table of commands (`command-table.ts`) drives parsing, help, completion and the man page. Text is for people and
 * `--json` for programs; results go to stdout, everything else to stderr; exit codes are a contract. Must not import
 * the core, plugins or adapters: what it needs of the process comes in as `CliIo`.
 */
import { type CliIo, socketPathOf } from './cli-io.ts';
import type { CommandContext } from './command.ts';
import { COMMANDS } from './command-table.ts';
import { EXIT } from './exit-codes.ts';
import { createLocalClient } from './local-client.ts';
import { createStyle, hasColours } from './output/style.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { renderHelp } from './render-help.ts';
import { reportError } from './report-error.ts';

const createContext = (io: CliIo, isJson: boolean): CommandContext => ({
  io,
  isJson,
  client: createLocalClient(socketPathOf(io.env), io.signal),
  style: createStyle(hasColours(io.stdout, io.env)),
  say: (text = '') => {
    if (!isJson) io.stdout.write(`${text}\n`);
  },
  json: (value) => {
    if (isJson) io.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
  },
});

/** Did the caller ask for JSON, even where the rest of the command line is wrong? */
const wantsJson = (argv: readonly string[]): boolean => argv.includes('--json');

/** Runs one command line (without interpreter and script); resolves to the exit code, never rejects. */
export const runCli = async (argv: readonly string[], io: CliIo): Promise<number> => {
  try {
    const parsed = parseCommandLine(argv, COMMANDS);
    if (parsed.kind === 'help') {
      io.stdout.write(`${renderHelp(COMMANDS, parsed.path, createStyle(hasColours(io.stdout, io.env)))}\n`);
      return EXIT.ok;
    }
    if (parsed.kind === 'version') {
      io.stdout.write(`sidegate ${io.version}\n`);
      return EXIT.ok;
    }
    return await parsed.command.run(createContext(io, parsed.isJson), parsed.invocation);
  } catch (error) {
    return reportError(error, io, wantsJson(argv));
  }
};
