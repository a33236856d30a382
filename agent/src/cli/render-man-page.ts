/** The man page sidegate(1) in man(7) macros, from the table. */
import { COMMON_OPTIONS, type CommandSpec } from './command.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';
import { renderOption, renderUsage } from './render-help.ts';

/** Roff reads backslashes, dashes and leading dots in its own way. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', "'")
    .replaceAll('`', '')
    .replaceAll(/^([.'])/gm, '\\&$1');

const item = (term: string, text: string): string => `.TP\n.B ${roff(term)}\n${roff(text)}`;

const renderCommand = (command: CommandSpec): string => {
  const { description, arguments: args = [], options = [], examples = [] } = command;
  return [
    `.SS ${roff(renderUsage(command))}`,
    `${roff(command.summary)}.`,
    ...(description === undefined ? [] : [`.PP\n${roff(description)}`]),
    ...args.map(({ name, summary }) => item(name, summary)),
    ...options.map((option) => item(renderOption(option), option.summary)),
    ...(examples.length === 0 ? [] : [`.PP\n.EX\n${examples.map(roff).join('\n')}\n.EE`]),
  ].join('\n');
};

/** The whole page. Without a date: the same table gives the same page. */
export const renderManPage = (commands: readonly CommandSpec[]): string =>
  `${[
    '.\\" Generated from the table of commands; edit that instead.',
    '.TH SIDEGATE 1 "" "Sidegate" "User Commands"',
    '.SH NAME\nsidegate \\- the side gate into a home network',
    '.SH SYNOPSIS\n.B sidegate\n.I COMMAND\n[options]',
    `.SH DESCRIPTION\n${roff('Talks to the Sidegate daemon of this machine over its unix socket. Text is for people; with --json every command prints JSON for programs. Errors go to standard error with a code and a hint.')}`,
    `.SH OPTIONS\n${COMMON_OPTIONS.map((option) => item(renderOption(option), option.summary)).join('\n')}`,
    `.SH COMMANDS\n${commands.map(renderCommand).join('\n')}`,
    `.SH EXIT STATUS\n${EXIT_MEANINGS.map(([code, meaning]) => item(String(code), meaning)).join('\n')}`,
    `.SH ENVIRONMENT\n${item('SIDEGATE_RUN_DIR', 'Directory of the daemon’s socket.')}\n${item('NO_COLOR', 'Set to anything: no colours.')}`,
    `.SH FILES\n${item('/run/sidegate/sidegate.sock', 'The daemon’s socket; who may open it may do everything.')}`,
    '.SH SEE ALSO\n.BR wg (8),\n.BR nft (8),\n.BR arp\\-scan (1)',
  ].join('\n')}\n`;
