/** What commands that publish have in common: ports, ends and sources as a person types them, and how they are shown. */
import { type NewForwardAllow, Port, parseSources } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { CommandContext, Invocation, OptionSpec } from '../command.ts';
import type { Column } from '../output/table.ts';
import { formatDuration } from '../output/units.ts';
import { parseDuration, parseMoment } from '../parse-expiry.ts';

/** A port; `what` says which, in the refusal. */
export const parsePort = (text: string | undefined, what: string): number => {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (v.is(Port, port)) return port;
  throw new AgentError('USAGE', `${what} is a number from 1 to 65535`, {
    hint: 'Try the command with --help.',
  });
};

/** `80`, or `10000-10019`. */
export const parsePorts = (text: string): { targetPort: number; portCount?: number } => {
  const [first, last] = text.split('-', 2);
  const targetPort = parsePort(first, 'The port of the host');
  if (last === undefined) return { targetPort };
  const portCount = parsePort(last, 'The last port of the host') - targetPort + 1;
  if (portCount >= 1) return { targetPort, portCount };
  throw new AgentError('USAGE', `${text} is no range`, { hint: 'Write the lower port first.' });
};

/** Of `--for` and `--until`. */
export const expiryOf = (context: CommandContext, invocation: Invocation): { expiresAt?: number } => {
  const [span, moment] = [invocation.text('for'), invocation.text('until')];
  if (span !== undefined && moment !== undefined) {
    throw new AgentError('USAGE', '--for and --until exclude each other', { hint: 'One end is enough.' });
  }
  const nowMs = context.io.clock.wallMs();
  if (span !== undefined) return { expiresAt: nowMs + parseDuration(span) };
  return moment === undefined ? {} : { expiresAt: parseMoment(moment, nowMs) };
};

/** `laptop,tag:support,user:anna`. */
export const allowOf = (
  invocation: Invocation,
): { allow?: Required<v.InferInput<typeof NewForwardAllow>> } => {
  const text = invocation.text('allow');
  if (text === undefined) return {};
  const { allow, unclear } = parseSources(text.split(',').map((part) => part.trim()));
  const [who] = unclear;
  if (who !== undefined) {
    throw new AgentError('USAGE', `"${who}" does not say who`, {
      hint: 'Write laptop, tag:support or user:anna, with commas between.',
    });
  }
  return { allow };
};

/** `, for 2 h`; nothing where it has no end. */
export const describeEnd = (
  { expiresAt }: { readonly expiresAt?: number | undefined },
  { io }: CommandContext,
): string => (expiresAt === undefined ? '' : `, for ${formatDuration(expiresAt - io.clock.wallMs())}`);

/** The column of those it is for, where there is anything to say. */
export const sourcesColumn = (
  publications: readonly { readonly allowWords?: readonly string[] | undefined }[],
): {
  readonly columns: readonly Column[];
  readonly cells: (of: (typeof publications)[number]) => string[];
} => {
  const isShown = publications.some(({ allowWords }) => allowWords !== undefined);
  return {
    columns: isShown ? [{ title: 'ONLY FOR', isFlexible: true }] : [],
    cells: ({ allowWords = [] }) => (isShown ? [allowWords.join(', ')] : []),
  };
};

/** Options of every command that publishes. */
export const PUBLICATION_OPTIONS: readonly OptionSpec[] = [
  { name: 'for', value: 'TIME', summary: 'ends after this time: 45m, 2h, 3d' },
  { name: 'until', value: 'MOMENT', summary: 'ends then: 18:30, friday, 2030-01-31, "2030-01-31 18:00"' },
  {
    name: 'allow',
    value: 'WHO,...',
    summary: 'only for these: NODE, tag:TAG, user:USER; without it whoever may',
  },
  { name: 'label', value: 'TEXT', summary: 'what it is for' },
  { name: 'note', value: 'TEXT', summary: 'more than a label has room for' },
  { name: 'wake', summary: 'wake the host when somebody connects (Wake-on-LAN)' },
  { name: 'dry-run', summary: 'show what would be done, and change nothing' },
];

/** Label, note and whether the host is woken. */
export const wordsOf = (invocation: Invocation): { label: string; note: string; wake?: boolean } => ({
  label: invocation.text('label') ?? '',
  note: invocation.text('note') ?? '',
  ...(invocation.has('wake') ? { wake: true } : {}),
});
