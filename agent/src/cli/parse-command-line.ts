/** From `argv` to a command and what was typed for it. Pure: whatever is wrong is a `USAGE` error with the way out. */
import { parseArgs } from 'node:util';
import { AgentError } from '../errors.ts';
import { COMMON_OPTIONS, type Command, type Invocation, type OptionSpec } from './command.ts';

/** What to do about a command line. */
export type ParsedCommandLine =
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly invocation: Invocation;
      readonly isJson: boolean;
    }
  /** `path` is a command, a group, or empty for everything. */
  | { readonly kind: 'help'; readonly path: readonly string[] }
  | { readonly kind: 'version' };

const helpHint = (path: readonly string[]): string => `Try \`${['sidegate', ...path, '--help'].join(' ')}\`.`;
const usage = (message: string, path: readonly string[] = []): AgentError =>
  new AgentError('USAGE', message, { hint: helpHint(path) });

const startsWith = (path: readonly string[], words: readonly string[]): boolean =>
  words.every((word, at) => path[at] === word);

/** Does any command begin with these words? */
const isGroup = (commands: readonly Command[], words: readonly string[]): boolean =>
  commands.some(({ path }) => startsWith(path, words));

/** Takes the words that name a command off the front; options may stand before them. */
const takePath = (argv: readonly string[], commands: readonly Command[]) => {
  const words: string[] = [];
  const rest: string[] = [];
  for (const [at, word] of argv.entries()) {
    if (word.startsWith('-') && words.length === 0) rest.push(word);
    else if (isGroup(commands, [...words, word])) words.push(word);
    else return { words, rest: [...rest, ...argv.slice(at)] };
  }
  return { words, rest };
};

/** How many single changes (one letter more, less or other) turn one word into the other. */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next[j] = Math.min(change, row[j]! + 1, next[j - 1]! + 1);
    }
    row = next;
  }
  return row[other.length]!;
};

const closest = (word: string, known: readonly string[]): string | undefined =>
  known.find((each) => distance(word, each) <= (word.length > 4 ? 2 : 1));

const unknownCommand = (
  words: readonly string[],
  rest: readonly string[],
  commands: readonly Command[],
): AgentError => {
  const known = [
    ...new Set(commands.filter(({ path }) => startsWith(path, words)).map(({ path }) => path[words.length]!)),
  ];
  const typed = rest.find((word) => !word.startsWith('-'));
  if (typed === undefined)
    return usage(`sidegate ${words.join(' ')} needs one of: ${known.join(', ')}`, words);
  const meant = closest(typed, known);
  const suggestion = meant === undefined ? '' : `; did you mean ${[...words, meant].join(' ')}?`;
  return usage(`There is no command ${[...words, typed].join(' ')}${suggestion}`, words);
};

const parseOptions = (args: readonly string[], options: readonly OptionSpec[], path: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries(
        options.map(({ name, value }) => [
          name,
          { type: value === undefined ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
    });
  } catch (error) {
    const message =
      error instanceof Error ? error.message.split(/\. To specify|\. Did you/)[0]! : String(error);
    throw usage(message, path);
  }
};

const checkChoices = (
  command: Command,
  values: Readonly<Record<string, unknown>>,
  positionals: readonly string[],
) => {
  const check = (name: string, choices: readonly string[] | undefined, value: unknown) => {
    if (choices === undefined || typeof value !== 'string' || choices.includes(value)) return;
    throw usage(`${name} is one of ${choices.join(', ')}; not ${value}`, command.path);
  };
  for (const { name, choices } of command.options ?? []) check(`--${name}`, choices, values[name]);
  for (const [at, { name, choices }] of (command.arguments ?? []).entries())
    check(name, choices, positionals[at]);
};

const checkArguments = (command: Command, positionals: readonly string[]) => {
  const specs = command.arguments ?? [];
  const missing = specs.find(({ isOptional }, at) => !isOptional && positionals[at] === undefined);
  if (missing !== undefined)
    throw usage(`sidegate ${command.path.join(' ')} needs ${missing.name}: ${missing.summary}`, command.path);
  if (positionals.length > specs.length) {
    throw usage(`There is no use for ${positionals[specs.length]} here`, command.path);
  }
};

const isAsked = (rest: readonly string[], ...flags: readonly string[]): boolean => {
  const end = rest.indexOf('--');
  return rest.slice(0, end < 0 ? undefined : end).some((word) => flags.includes(word));
};

/** Parses `argv` (without interpreter and script) by the table of commands. */
export const parseCommandLine = (
  argv: readonly string[],
  commands: readonly Command[],
): ParsedCommandLine => {
  if (argv[0] === 'help') return { kind: 'help', path: takePath(argv.slice(1), commands).words };
  const { words, rest } = takePath(argv, commands);
  if (isAsked(rest, '--help', '-h')) return { kind: 'help', path: words };
  if (words.length === 0 && isAsked(rest, '--version', '-V')) return { kind: 'version' };
  if (argv.length === 0) return { kind: 'help', path: [] };
  const command = commands.find(({ path }) => path.length === words.length && startsWith(path, words));
  if (command === undefined) throw unknownCommand(words, rest, commands);
  const { values, positionals } = parseOptions(
    rest,
    [...COMMON_OPTIONS, ...(command.options ?? [])],
    command.path,
  );
  checkArguments(command, positionals);
  checkChoices(command, values, positionals);
  const invocation: Invocation = {
    text: (option) => (typeof values[option] === 'string' ? values[option] : undefined),
    has: (flag) => values[flag] === true,
    arguments: positionals,
  };
  return { kind: 'run', command, invocation, isJson: values.json === true };
};
