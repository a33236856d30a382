/** `sidegate forward export` and `import`: all publications of this machine as a file. */
import { ImportPlan, type ImportStep, PublicationFile } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { type Column, renderTable } from '../output/table.ts';
import { warnIfPending, withAuthor } from './own-path.ts';

const complain = (path: string, doing: string) => (cause: unknown) => {
  throw new AgentError('FILE_UNREADABLE', `${path} cannot be ${doing}`, { cause });
};

const exportCommand: Command = {
  path: ['forward', 'export'],
  summary: 'Write all publications to a file',
  description:
    'Forwards and addresses, as JSON for `sidegate forward import` on this or another machine. Hosts are named by\nhardware address, or by address and network. There are no secrets in it.',
  options: [{ name: 'output', value: 'FILE', summary: 'where to; without it, or with -, standard output' }],
  examples: ['sidegate forward export --output publications.json'],
  async run(context, invocation) {
    const file = await context.client.ask('GET', '/publications', PublicationFile);
    const text = `${JSON.stringify(file, null, 2)}\n`;
    const path = invocation.text('output') ?? '-';
    if (path === '-') {
      context.io.stdout.write(text);
      return EXIT.ok;
    }
    await context.io.writeFile(path, text).catch(complain(path, 'written'));
    const { forwards, addresses } = file;
    context.json({ path, forwards: forwards.length, addresses: addresses.length });
    context.say(`Wrote ${forwards.length} forwards and ${addresses.length} addresses to ${path}.`);
    return EXIT.ok;
  },
};

const readJson = async ({ io }: CommandContext, path: string): Promise<unknown> => {
  const text = await io.readFile(path).catch(complain(path, 'read'));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AgentError('FILE_UNREADABLE', `${path === '-' ? 'Standard input' : path} is not JSON`, {
      cause,
      hint: '`sidegate forward export` writes such a file.',
    });
  }
};

const COLUMNS: readonly Column[] = [
  {
    title: '',
    paint: (cell, style) =>
      cell === 'refused' ? style.red(cell) : cell === 'unchanged' ? style.dim(cell) : style.green(cell),
  },
  { title: 'PUBLICATION', isFlexible: true },
  { title: 'WHY', isFlexible: true },
];

const sayPlan = ({ say, style, io }: CommandContext, steps: readonly ImportStep[]): void => {
  const told = steps.filter(({ what }) => what !== 'unchanged');
  const rows = told.map(({ what, noun, title, why = '' }) => [what, `${noun} ${title}`, why]);
  if (rows.length > 0) say(renderTable(COLUMNS, rows, { style, columns: io.stdout.columns }));
  if (told.length < steps.length) say(`As it is already: ${steps.length - told.length}.`);
};

const importCommand: Command = {
  path: ['forward', 'import'],
  summary: 'Take over publications from a file',
  description:
    'What is there already and differs is changed, what is not there is added; nothing is touched where one of them\nis refused. A host that was never seen here is waited for by its hardware address.',
  arguments: [{ name: 'FILE', summary: 'what `sidegate forward export` wrote; - is standard input' }],
  options: [
    { name: 'replace', summary: 'remove what is not in the file' },
    { name: 'dry-run', summary: 'show what would be done, and change nothing' },
  ],
  examples: [
    'sidegate forward import publications.json --dry-run',
    'ssh alder sidegate forward export | sidegate forward import -',
  ],
  async run(context, invocation) {
    const { client, say } = context;
    const body = await readJson(context, invocation.arguments[0]!);
    const path = `/publications/import?replace=${invocation.has('replace') ? 1 : 0}`;
    const plan = await client.ask('POST', `${path}&dryRun=1`, ImportPlan, body);
    const refused = plan.steps.filter(({ what }) => what === 'refused').length;
    sayPlan(context, plan.steps);
    if (refused > 0 || invocation.has('dry-run')) {
      context.json(plan);
      if (refused > 0) context.io.stderr.write(`${refused} refused: nothing was changed.\n`);
      return refused > 0 ? EXIT.failed : EXIT.ok;
    }
    const done = await client.ask('POST', await withAuthor(context, path), ImportPlan, body);
    context.json(done);
    const counts = (['added', 'changed', 'removed'] as const).flatMap((word) => {
      const count = done.steps.filter(({ what }) => what === word).length;
      return count === 0 ? [] : [`${count} ${word}`];
    });
    say(counts.length === 0 ? 'Nothing to change.' : `Done: ${counts.join(', ')}.`);
    await warnIfPending(context);
    return EXIT.ok;
  },
};

/** Both. */
export const publicationFileCommands: readonly Command[] = [exportCommand, importCommand];
