/** A command as data: one description drives parsing, help, completion and the man page. */
import type { CliIo } from './cli-io.ts';
import type { ExitCode } from './exit-codes.ts';
import type { LocalClient } from './local-client.ts';
import type { Style } from './output/style.ts';

/** One `--option` of a command. */
export interface OptionSpec {
  /** Long name without the dashes. */
  readonly name: string;
  /** Placeholder of the value; without it the option is a flag. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly summary: string;
}

/** One positional argument; `name` is its placeholder in capitals. */
export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  readonly isOptional?: boolean;
}

/** What a command is called and takes, without what it does. */
export interface CommandSpec {
  /** `['forward', 'add']`. */
  readonly path: readonly string[];
  readonly summary: string;
  /** A paragraph or two for help and man page. */
  readonly description?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly examples?: readonly string[];
}

/** What was typed, checked against the spec. */
export interface Invocation {
  /** Value of an option, `undefined` where it was not given. */
  text(option: string): string | undefined;
  has(flag: string): boolean;
  /** Positional arguments; required ones are there. */
  readonly arguments: readonly string[];
}

/** What a command works with. */
export interface CommandContext {
  readonly io: CliIo;
  readonly client: LocalClient;
  readonly style: Style;
  readonly isJson: boolean;
  /** A line for people on stdout; nothing with `--json`. */
  say(text?: string): void;
  /** A result for programs on stdout; only with `--json`. */
  json(value: unknown): void;
}

/** A spec with its effect. `run` throws coded errors; the exit code of those is the caller's to choose. */
export interface Command extends CommandSpec {
  readonly run: (context: CommandContext, invocation: Invocation) => Promise<ExitCode>;
}

/** Options of every command. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', summary: 'print JSON for programs instead of text for people' },
  { name: 'help', summary: 'explain the command' },
];
