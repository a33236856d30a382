/** Help for everything, a group or one command, from the table. */
import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from './command.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';
import type { Style } from './output/style.ts';

/** `sidegate forward add HOST:PORT [options]`. */
export const renderUsage = (command: CommandSpec): string => {
  const args = (command.arguments ?? []).map(({ name, isOptional }) => (isOptional ? `[${name}]` : name));
  return [
    'sidegate',
    ...command.path,
    ...args,
    ...((command.options ?? []).length > 0 ? ['[options]'] : []),
  ].join(' ');
};

/** `--role edge|client`. */
export const renderOption = ({ name, value, choices }: OptionSpec): string =>
  value === undefined ? `--${name}` : `--${name} ${choices?.join('|') ?? value}`;

const list = (pairs: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
};

const section = (title: string, body: string, style: Style): string => `${style.bold(title)}\n${body}`;

const renderCommandHelp = (command: CommandSpec, style: Style): string => {
  const { arguments: args = [], options = [], examples = [] } = command;
  return [
    `${command.summary}.`,
    section('Usage', `  ${renderUsage(command)}`, style),
    ...(command.description === undefined ? [] : [command.description]),
    ...(args.length === 0
      ? []
      : [section('Arguments', list(args.map(({ name, summary }) => [name, summary])), style)]),
    section(
      'Options',
      list([...options, ...COMMON_OPTIONS].map((option) => [renderOption(option), option.summary])),
      style,
    ),
    ...(examples.length === 0
      ? []
      : [section('Examples', examples.map((each) => `  ${each}`).join('\n'), style)]),
  ].join('\n\n');
};

const renderCommandList = (commands: readonly CommandSpec[]): string =>
  list(
    commands.map((command) => [
      [
        ...command.path,
        ...(command.arguments ?? []).map(({ name, isOptional }) => (isOptional ? `[${name}]` : name)),
      ].join(' '),
      command.summary,
    ]),
  );

const renderOverview = (commands: readonly CommandSpec[], style: Style): string =>
  [
    'Sidegate: the side gate into a home network.',
    section('Usage', '  sidegate COMMAND [options]', style),
    section('Commands', renderCommandList(commands), style),
    section('Options', list(COMMON_OPTIONS.map((option) => [renderOption(option), option.summary])), style),
    section(
      'Exit codes',
      list(EXIT_MEANINGS.map(([code, meaning]) => [String(code).padStart(3), meaning])),
      style,
    ),
    section(
      'Environment',
      list([
        ['SIDEGATE_RUN_DIR', 'directory of the daemon’s socket'],
        ['NO_COLOR', 'set to anything: no colours'],
      ]),
      style,
    ),
  ].join('\n\n');

/** Help for what the words name: a command, a group, or everything. */
export const renderHelp = (
  commands: readonly CommandSpec[],
  path: readonly string[],
  style: Style,
): string => {
  const inPath = commands.filter((command) => path.every((word, at) => command.path[at] === word));
  const [only] = inPath;
  if (path.length > 0 && inPath.length === 1 && only !== undefined) return renderCommandHelp(only, style);
  if (path.length > 0) return section('Commands', renderCommandList(inPath), style);
  return renderOverview(commands, style);
};
