/** The command line: words in, exit code out. Everything of the process is handed in, so that tests can. */
import { readFileSync } from 'node:fs';
import { type Clock, CodedError, describeError } from '@sidegate/kit';
import { type BrokerConfig, parseConfig } from '../config.ts';
import { BrokerError } from '../errors.ts';
import { canHashPasswords } from '../service/password-hash.ts';
import { VERSION } from '../version.ts';
import { type Command, parseCommandLine, UsageError } from './command-line.ts';
import { HELP } from './help.ts';
import { runInit } from './init-command.ts';
import { runKeyCreate } from './key-command.ts';
import { runRelayApproval, runRelayList } from './private-relay-command.ts';
import { runProfileCreate } from './profile-command.ts';
import { readPassword } from './read-password.ts';
import { runRelayQuota, runRelayUsage } from './relay-command.ts';
import { runServe } from './serve-command.ts';

/** The process, as far as it matters. */
export interface CliHost {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly clock: Clock;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

const readConfigFile = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new BrokerError('CONFIG_INVALID', 'read the configuration file', { cause, details: { path } });
  }
};

const configOf = (command: Extract<Command, { flags: unknown }>, host: CliHost): BrokerConfig => {
  const { SIDEGATE_BROKER_CONFIG: fromEnvironment } = host.environment;
  const path = command.configFile ?? fromEnvironment;
  return parseConfig({
    environment: host.environment,
    flags: command.flags,
    ...(path === undefined ? {} : { file: readConfigFile(path) }),
  });
};

const run = async (command: Command, host: CliHost): Promise<void> => {
  const { stdin, stdout, stderr, clock, signal } = host;
  if (command.kind === 'help') return void stdout.write(HELP);
  if (command.kind === 'version') return void stdout.write(`${VERSION}\n`);
  if (!canHashPasswords()) {
    throw new BrokerError('CONFIG_INVALID', `This Node.js (${process.version}) has no argon2`, {
      hint: 'Run the broker with Node.js 24.7 or newer.',
    });
  }
  const config = configOf(command, host);
  if (command.kind === 'serve') return runServe(config, clock, signal, (text) => stdout.write(text));
  const { options } = command;
  const askPassword = () => readPassword(stdin, stderr);
  const runs = {
    init: () => runInit(config, options, clock, askPassword),
    'key-create': () => runKeyCreate(config, options, clock),
    'relay-usage': () => runRelayUsage(config, options, clock),
    'relay-quota': () => runRelayQuota(config, options),
    'relay-list': () => runRelayList(config, options, askPassword),
    'relay-approve': () => runRelayApproval(config, options, askPassword, true),
    'relay-revoke': () => runRelayApproval(config, options, askPassword, false),
    'profile-create': () => runProfileCreate(config, options, askPassword),
  };
  stdout.write(await runs[command.kind]());
};

/** Runs one command; 0 done, 1 it did not work, 2 wrong usage. */
export const runCli = async (host: CliHost): Promise<number> => {
  try {
    await run(parseCommandLine(host.argv), host);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      host.stderr.write(`sidegate-broker: ${error.message}\nTry sidegate-broker --help\n`);
      return 2;
    }
    const hint = error instanceof CodedError ? `  ${error.hint}\n` : '';
    host.stderr.write(`sidegate-broker: ${describeError(error)}\n${hint}`);
    return 1;
  }
};
