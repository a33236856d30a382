/** `sidegate forward log`, `sidegate address log`: who opened what, when, for how long, and how much went. */
import { type AccessEntry, AccessLog } from '@sidegate/protocol';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { type Column, renderTable } from '../output/table.ts';
import { formatBytes, formatDuration, formatMoment } from '../output/units.ts';
import { parseSince } from '../parse-expiry.ts';

const COLUMNS: readonly Column[] = [
  { title: 'WHO', isFlexible: true, paint: (cell, style) => style.bold(cell) },
  { title: 'WHAT', isFlexible: true },
  { title: 'PORTS', isFlexible: true },
  { title: 'WHEN' },
  { title: 'FOR', paint: (cell, style) => (cell.endsWith('open') ? style.green(cell) : cell) },
  { title: 'CONNS', isRight: true },
  { title: 'BYTES', isRight: true },
];

const spanOf = ({ firstAt, lastAt, isOpen }: AccessEntry, { io }: CommandContext): string =>
  isOpen ? `${formatDuration(io.clock.wallMs() - firstAt)}, open` : formatDuration(lastAt - firstAt);

const rowOf = (entry: AccessEntry, context: CommandContext): readonly string[] => [
  entry.node,
  entry.label || entry.name,
  entry.services.join(','),
  formatMoment(entry.firstAt),
  spanOf(entry, context),
  String(entry.connections),
  entry.bytes === undefined ? '' : formatBytes(entry.bytes),
];

const queryOf = (parts: Readonly<Record<string, string | undefined>>): string => {
  const query = new URLSearchParams(
    Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ).toString();
  return query === '' ? '' : `?${query}`;
};

/** The log of one kind of publication. */
export const createLogCommand = (kind: AccessEntry['kind']): Command => ({
  path: [kind, 'log'],
  summary: `Show who opened ${kind === 'forward' ? 'forwards' : 'addresses of hosts'}, and when`,
  description:
    'Connections of one machine that follow one another are one line. The log keeps the last 500 of them; those of\npublications that are gone stay in it.',
  options: [
    {
      name: 'publication',
      value: 'WHICH',
      summary: kind === 'forward' ? 'only this one: id, port or label' : 'only this one: id, name or label',
    },
    { name: 'node', value: 'NODE', summary: 'only what this machine opened: name or address' },
    { name: 'since', value: 'MOMENT', summary: 'not older than this: 2h, 3d, 18:30, 2030-01-31' },
  ],
  examples: [`sidegate ${kind} log --since 1d`, `sidegate ${kind} log --node laptop --json`],
  async run(context, invocation) {
    const { io, client, style } = context;
    const since = invocation.text('since');
    const query = {
      publication: invocation.text('publication'),
      node: invocation.text('node'),
      since: since === undefined ? undefined : String(parseSince(since, io.clock.wallMs())),
    };
    const { entries, notice } = await client.ask('GET', `/access-log${queryOf(query)}`, AccessLog);
    const shown = entries.filter((entry) => entry.kind === kind);
    context.json(shown);
    if (notice !== undefined) io.stderr.write(`warning: ${plain(notice)}\n`);
    const isNarrowed = Object.values(query).some((value) => value !== undefined);
    if (shown.length === 0)
      context.say(isNarrowed ? 'Nothing in the log is like that.' : 'Nobody has opened anything yet.');
    else {
      const rows = shown.map((entry) => rowOf(entry, context));
      context.say(renderTable(COLUMNS, rows, { style, columns: io.stdout.columns }));
    }
    return EXIT.ok;
  },
});
