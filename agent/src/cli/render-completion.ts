/** Completion scripts for shells, from the table: words, options and choices; nothing is asked of the daemon. */
import { COMMON_OPTIONS, type CommandSpec } from './command.ts';

/** Those that `sidegate completion` writes a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** Words that may follow a path: sub-commands, choices of the first argument, options. */
const wordsAfter = (commands: readonly CommandSpec[], path: readonly string[]): string[] => {
  const inPath = commands.filter((command) => path.every((word, at) => command.path[at] === word));
  const next = inPath.flatMap((command) => command.path.slice(path.length, path.length + 1));
  const exact = inPath.find((command) => command.path.length === path.length);
  const options = exact === undefined ? [] : [...(exact.options ?? []), ...COMMON_OPTIONS];
  return [
    ...new Set([
      ...next,
      ...(exact?.arguments?.[0]?.choices ?? []),
      ...options.map(({ name }) => `--${name}`),
    ]),
  ];
};

/** Every path that leads somewhere: the empty one, groups, commands. */
const pathsOf = (commands: readonly CommandSpec[]): string[] => [
  ...new Set(
    commands.flatMap(({ path }) => path.map((_, at) => path.slice(0, at).join(' ')).concat(path.join(' '))),
  ),
];

const choicesOf = (commands: readonly CommandSpec[]): [string, string][] => {
  const choices = commands.flatMap(({ options = [] }) =>
    options.flatMap(({ name, choices: each }) =>
      each === undefined ? [] : [[`--${name}`, each.join(' ')] as [string, string]],
    ),
  );
  return [...new Map(choices)];
};

const renderBash = (commands: readonly CommandSpec[]): string => `# bash completion for sidegate
_sidegate() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words=""
  case "$previous" in
${choicesOf(commands)
  .map(
    ([option, choices]) => `    ${option}) COMPREPLY=($(compgen -W "${choices}" -- "$current")); return ;;`,
  )
  .join('\n')}
    --key-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="$path\${path:+ }$word" ;; esac
  done
  case "$path" in
${pathsOf(commands)
  .map(
    (path) =>
      `    "${path}") words="${wordsAfter(commands, path === '' ? [] : path.split(' ')).join(' ')}" ;;`,
  )
  .join('\n')}
    *) words="${COMMON_OPTIONS.map(({ name }) => `--${name}`).join(' ')}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _sidegate sidegate
`;

const renderZsh = (commands: readonly CommandSpec[]): string => `#compdef sidegate
autoload -U +X bashcompinit && bashcompinit
${renderBash(commands)}`;

const quoteFish = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;

const renderFish = (commands: readonly CommandSpec[]): string => {
  const lines = ['# fish completion for sidegate', 'complete -c sidegate -f'];
  for (const { path, summary, options = [], arguments: args = [] } of commands) {
    const [first, second] = path as [string, string | undefined];
    const group = `__fish_seen_subcommand_from ${first}`;
    const seen = second === undefined ? group : `${group}; and __fish_seen_subcommand_from ${second}`;
    if (second === undefined)
      lines.push(`complete -c sidegate -n __fish_use_subcommand -a ${first} -d ${quoteFish(summary)}`);
    else {
      lines.push(`complete -c sidegate -n __fish_use_subcommand -a ${first}`);
      lines.push(`complete -c sidegate -n ${quoteFish(group)} -a ${second} -d ${quoteFish(summary)}`);
    }
    for (const { name, value, choices, summary: what } of options) {
      const values = choices === undefined ? '' : ` -xa ${quoteFish(choices.join(' '))}`;
      lines.push(
        `complete -c sidegate -n ${quoteFish(seen)} -l ${name}${value === undefined ? '' : ' -r'}${values} -d ${quoteFish(what)}`,
      );
    }
    const choices = args[0]?.choices;
    if (choices !== undefined)
      lines.push(`complete -c sidegate -n ${quoteFish(seen)} -a ${quoteFish(choices.join(' '))}`);
  }
  for (const { name, summary } of COMMON_OPTIONS)
    lines.push(`complete -c sidegate -l ${name} -d ${quoteFish(summary)}`);
  return `${[...new Set(lines)].join('\n')}\n`;
};

/** The script for one shell. */
export const renderCompletion = (shell: Shell, commands: readonly CommandSpec[]): string =>
  ({ bash: renderBash, zsh: renderZsh, fish: renderFish })[shell](commands);
