/** `sidegate forward remove`, `enable` and `disable`, and the same of `address`. */
import { AccessLog, type Address, type Forward } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Command, CommandContext, OptionSpec } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { warnIfPending, withAuthor } from './own-path.ts';
import { ADDRESSES, FORWARDS, patchPublication, type Way } from './publication-ways.ts';

const SWITCH_OPTIONS: readonly OptionSpec[] = [
  { name: 'dry-run', summary: 'show what would be, and change nothing' },
];
const END_OPTIONS: readonly OptionSpec[] = [
  { name: 'dry-run', summary: 'show who would be cut off, and change nothing' },
];

/** What would come of it. Who has it open just now is in the log. */
const preview = async <T extends Forward | Address, P>(
  { client, json, say }: CommandContext,
  { route, planSchema, place }: Way<T, P>,
  before: T,
  next: 'gone' | 'on' | 'off',
): Promise<ExitCode> => {
  const path = `${route}/${before.id}?dryRun=1`;
  const plan = await (next === 'gone'
    ? client.ask('DELETE', path, planSchema)
    : client.ask('PATCH', path, planSchema, { enabled: next === 'on' }));
  const name = plain(place(before));
  const isSame = next === (before.enabled ? 'on' : 'off');
  const isEnd = before.enabled && next !== 'on';
  const { entries, notice } = isEnd
    ? await client.ask('GET', `/access-log?publication=${before.id}`, AccessLog)
    : { entries: [] };
  const cuts = entries.filter(({ isOpen }) => isOpen);
  json({ ...plan, cuts });
  say(`${name} would ${isSame ? 'stay' : 'be'} ${next}${cuts.length > 0 ? ', which cuts off:' : '.'}`);
  for (const { node, services } of cuts) say(`  ${plain(node)} (${services.map(plain).join(', ')})`);
  if (isEnd && cuts.length === 0) say(plain(notice ?? 'Nothing is open by it just now.'));
  return EXIT.ok;
};

const createSwitch = <T extends Forward | Address, P>(
  way: Way<T, P>,
  word: 'enable' | 'disable',
): Command => ({
  path: [way.noun, word],
  summary: word === 'enable' ? `Turn ${way.one} on` : `Turn ${way.one} off, and keep it`,
  arguments: [way.argument],
  options: word === 'enable' ? SWITCH_OPTIONS : END_OPTIONS,
  async run(context, invocation) {
    const before = await way.find(context, invocation.arguments[0]!);
    const next = word === 'enable' ? 'on' : 'off';
    if (invocation.has('dry-run')) return preview(context, way, before, next);
    const patch = { enabled: next === 'on' };
    return patchPublication(context, way, before, patch, ({ enabled }) => (enabled ? 'on' : 'off'));
  },
});

const createRemove = <T extends Forward | Address, P>(way: Way<T, P>): Command => ({
  path: [way.noun, 'remove'],
  summary: way.removal,
  arguments: [way.argument],
  options: END_OPTIONS,
  async run(context, invocation) {
    const before = await way.find(context, invocation.arguments[0]!);
    if (invocation.has('dry-run')) return preview(context, way, before, 'gone');
    await context.client.ask('DELETE', await withAuthor(context, `${way.route}/${before.id}`), v.unknown());
    context.json(before);
    context.say(way.farewell(before));
    await warnIfPending(context, before.id);
    return EXIT.ok;
  },
});

const createEnds = <T extends Forward | Address, P>(way: Way<T, P>): readonly Command[] => [
  createRemove(way),
  createSwitch(way, 'enable'),
  createSwitch(way, 'disable'),
];

/** Off, on and away, by the noun. */
export const endCommands: Readonly<Record<'forward' | 'address', readonly Command[]>> = {
  forward: createEnds(FORWARDS),
  address: createEnds(ADDRESSES),
};
