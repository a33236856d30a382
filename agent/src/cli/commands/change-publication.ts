/** `sidegate forward set` and `address set`: what may be changed of a publication. */
import type { Address, AddressPatch, Forward, ForwardPatch } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext, Invocation, OptionSpec } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { formatDuration } from '../output/units.ts';
import { describePorts, portsOf, WHICH_ADDRESS } from './addresses.ts';
import { WHICH_FORWARD } from './forwards.ts';
import { allowOf, describeEnd, expiryOf } from './publication-options.ts';
import { ADDRESSES, FORWARDS, patchPublication, type Way } from './publication-ways.ts';

const OPTIONS: readonly OptionSpec[] = [
  { name: 'for', value: 'TIME', summary: 'ends after this time from now: 45m, 2h, 3d' },
  { name: 'until', value: 'MOMENT', summary: 'ends then: 18:30, friday, 2030-01-31; "never" takes it back' },
  {
    name: 'allow',
    value: 'WHO,...',
    summary: 'only for these: NODE, tag:TAG, user:USER; "anyone" takes it back',
  },
  { name: 'label', value: 'TEXT', summary: 'what it is for' },
  { name: 'note', value: 'TEXT', summary: 'more than a label has room for' },
  { name: 'wake', summary: 'wake the host when somebody connects' },
  { name: 'no-wake', summary: 'let it sleep' },
  { name: 'dry-run', summary: 'show what would differ, and change nothing' },
];

/** What was said of it, and nothing else. */
const readPatch = (context: CommandContext, invocation: Invocation): ForwardPatch => {
  const [label, note] = [invocation.text('label'), invocation.text('note')];
  const isEndless = invocation.text('until') === 'never' && !invocation.has('for');
  const isForAnyone = invocation.text('allow') === 'anyone';
  if (invocation.has('wake') && invocation.has('no-wake'))
    throw new AgentError('USAGE', '--wake and --no-wake exclude each other', { hint: 'Take one of them.' });
  return {
    ...(isEndless ? { expiresAt: null } : expiryOf(context, invocation)),
    ...(isForAnyone ? { allow: null } : (allowOf(invocation) as ForwardPatch)),
    ...(label === undefined ? {} : { label }),
    ...(note === undefined ? {} : { note }),
    ...(invocation.has('wake') ? { wake: true } : {}),
    ...(invocation.has('no-wake') ? { wake: false } : {}),
  };
};

/** What differs, a line each: `label: Door, then Gate`. */
const sayDifferences = (
  { say, io }: CommandContext,
  name: string,
  before: Forward | Address,
  after: Forward | Address,
): void => {
  const wordsOf = (one: Forward | Address): Readonly<Record<string, string>> => ({
    ...('fqdn' in one ? { name: one.name, ports: describePorts(one) } : {}),
    'ends after': one.expiresAt === undefined ? 'never' : formatDuration(one.expiresAt - io.clock.wallMs()),
    'only for': one.allowWords?.join(', ') ?? 'anyone',
    label: one.label,
    note: one.note,
    'wakes the host': one.wake === true ? 'yes' : 'no',
  });
  const [old, fresh] = [wordsOf(before), wordsOf(after)];
  const lines = Object.entries(fresh).flatMap(([what, now]) =>
    now === old[what] ? [] : [`  ${what}: ${plain(old[what] || 'none')}, then ${plain(now || 'none')}`],
  );
  say(`${plain(name)} would ${lines.length === 0 ? 'stay as it is.' : 'change:'}`);
  for (const line of lines) say(line);
};

/** Changes the one that was named, or shows what would differ. */
const runSet = async <T extends Forward | Address, P>(
  context: CommandContext,
  invocation: Invocation,
  way: Way<T, P>,
  patch: object,
): Promise<ExitCode> => {
  const { noun, route, planSchema, planned, find, place } = way;
  if (Object.keys(patch).length === 0)
    throw new AgentError('USAGE', 'Nothing to change', { hint: `Try \`sidegate ${noun} set --help\`.` });
  const before = await find(context, invocation.arguments[0]!);
  if (!invocation.has('dry-run'))
    return patchPublication(context, way, before, patch, (after) => `changed${describeEnd(after, context)}`);
  const plan = await context.client.ask('PATCH', `${route}/${before.id}?dryRun=1`, planSchema, patch);
  context.json(plan);
  sayDifferences(context, place(before), before, planned(plan));
  return EXIT.ok;
};

const setForward: Command = {
  path: ['forward', 'set'],
  summary: 'Change the end, the sources or the words of a forward',
  arguments: [WHICH_FORWARD],
  options: OPTIONS,
  examples: ['sidegate forward set 8001 --for 2h', 'sidegate forward set 8001 --allow tag:support'],
  async run(context, invocation) {
    return runSet(context, invocation, FORWARDS, readPatch(context, invocation));
  },
};

const setAddress: Command = {
  path: ['address', 'set'],
  summary: 'Change the name, the ports, the end, the sources or the words of an address',
  arguments: [WHICH_ADDRESS],
  options: [
    { name: 'name', value: 'NAME', summary: 'its DNS name' },
    { name: 'ports', value: 'PORT,...', summary: 'only these: 80,443,161/udp; "all" takes it back' },
    ...OPTIONS,
  ],
  examples: [
    'sidegate address set camera --ports 80,554',
    'sidegate address set nas --ports all --allow anyone',
  ],
  async run(context, invocation) {
    const name = invocation.text('name');
    const isEverything = invocation.text('ports') === 'all';
    const patch = {
      ...readPatch(context, invocation),
      ...(name === undefined ? {} : { name: name as AddressPatch['name'] }),
      ...(isEverything ? { ports: null } : portsOf(invocation)),
    };
    return runSet(context, invocation, ADDRESSES, patch);
  },
};

/** `set`, by its noun. */
export const changeCommands: Readonly<Record<'forward' | 'address', Command>> = {
  forward: setForward,
  address: setAddress,
};
