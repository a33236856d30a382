/** `sidegate scope`: the subnets that are scanned and published from. */
import { NewScope, Scope, ScopePatch, ScopeSuggestion } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext, Invocation, OptionSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { renderTable } from '../output/table.ts';
import { formatAgo, formatDuration } from '../output/units.ts';
import { parseDuration } from '../parse-expiry.ts';
import { findScope } from './find-host.ts';

/** Every scope, attached and added. */
export const fetchScopes = (context: CommandContext): Promise<Scope[]> =>
  context.client.ask('GET', '/scopes', v.array(Scope));

const checked = <S extends v.GenericSchema>(schema: S, input: unknown, command: string): v.InferOutput<S> => {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  throw new AgentError('USAGE', parsed.issues[0].message, {
    hint: `Try \`sidegate scope ${command} --help\`.`,
  });
};

/** Asks the daemon for a new scope. */
export const addScope = (context: CommandContext, input: unknown): Promise<Scope> =>
  context.client.ask('POST', '/scopes', Scope, checked(NewScope, input, 'add'));

const PLAN_OPTIONS: readonly OptionSpec[] = [
  { name: 'every', value: 'TIME', summary: 'scan it by itself this often: 30m, 6h, 1d' },
  { name: 'ports', value: 'PORTS', summary: 'look at these TCP ports only: 80,443,8899' },
  { name: 'rate', value: 'PACKETS', summary: 'send at most so many first packets in a second' },
];

const toNumbers = (text: string): number[] => text.split(',').map((part) => Number(part.trim()));

/** What was said of a plan; `usual` takes it back where that is possible. */
const readPlan = (invocation: Invocation, usual: string | undefined) => {
  const read = <T>(option: string, parse: (text: string) => T): T | null | undefined => {
    const text = invocation.text(option);
    return text === undefined ? undefined : text === usual ? null : parse(text);
  };
  const plan = {
    everySec: read('every', (text) => Math.round(parseDuration(text) / 1000)),
    ports: read('ports', toNumbers),
    packetsPerSec: read('rate', Number),
  };
  return Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined));
};

const describePlan = ({ plan, senderAddress }: Scope): string =>
  [
    ...(senderAddress === undefined ? [] : [`as ${senderAddress}`]),
    ...(plan?.everySec === undefined ? [] : [`every ${formatDuration(plan.everySec * 1000)}`]),
    ...(plan?.ports === undefined ? [] : [`ports ${plan.ports.join(',')}`]),
    ...(plan?.packetsPerSec === undefined ? [] : [`${plan.packetsPerSec} packets/s`]),
  ].join(', ');

const listCommand: Command = {
  path: ['scope', 'list'],
  summary: 'List the subnets that are scanned',
  async run(context) {
    const scopes = await fetchScopes(context);
    context.json(scopes);
    if (scopes.length === 0) {
      context.say('No scopes: no private subnet is attached. Add a routed one: sidegate scope add CIDR');
      return EXIT.ok;
    }
    const columns = [
      { title: 'NETWORK' },
      { title: 'KIND' },
      { title: 'INTERFACE' },
      { title: 'LABEL', isFlexible: true },
      { title: 'PLAN', isFlexible: true },
      { title: 'SCANNED' },
      { title: 'ID' },
    ];
    const now = context.io.clock.wallMs();
    const rows = scopes.map((scope) => [
      scope.cidr,
      scope.kind,
      scope.interfaceName ?? '',
      scope.label,
      describePlan(scope),
      formatAgo(scope.lastScanAt, now),
      scope.id,
    ]);
    context.say(renderTable(columns, rows, { style: context.style, columns: context.io.stdout.columns }));
    return EXIT.ok;
  },
};

const addCommand: Command = {
  path: ['scope', 'add'],
  summary: 'Add a routed or DMZ network that this machine can reach',
  description:
    'With --sender and --interface it is a network on an attached wire where this machine has no address, as with ' +
    'devices that kept a static address: they are found by ARP in the name of the sender.',
  arguments: [{ name: 'CIDR', summary: 'the network, such as 10.20.0.0/24' }],
  options: [
    { name: 'label', value: 'TEXT', summary: 'what it is' },
    ...PLAN_OPTIONS,
    {
      name: 'sender',
      value: 'ADDRESS',
      summary: 'in whose name to ask by ARP: a free address of the network',
    },
    { name: 'interface', value: 'NAME', summary: 'with --sender: whose wire the devices are on' },
    { name: 'public', summary: 'the network is not private, and mine all the same' },
  ],
  examples: ['sidegate scope add 192.168.100.0/24 --label modem --every 1d'],
  async run(context, invocation) {
    const plan = readPlan(invocation, undefined);
    const scope = await addScope(context, {
      cidr: invocation.arguments[0],
      label: invocation.text('label'),
      interfaceName: invocation.text('interface'),
      senderAddress: invocation.text('sender'),
      ...(Object.keys(plan).length === 0 ? {} : { plan }),
      ...(invocation.has('public') ? { isPublicConfirmed: true } : {}),
    });
    context.json(scope);
    context.say(`Added ${scope.cidr}. To look for hosts there: sidegate scan --scope ${scope.cidr}`);
    return EXIT.ok;
  },
};

const setCommand: Command = {
  path: ['scope', 'set'],
  summary: 'Change when, where and how fast a network is scanned',
  arguments: [{ name: 'SCOPE', summary: 'network, label or id' }],
  options: [
    ...PLAN_OPTIONS.map((option) => ({ ...option, summary: `${option.summary}; "usual" takes it back` })),
    { name: 'label', value: 'TEXT', summary: 'what it is' },
  ],
  examples: ['sidegate scope set 192.168.1.0/24 --every 6h', 'sidegate scope set modem --rate usual'],
  async run(context, invocation) {
    const { id } = findScope(await fetchScopes(context), invocation.arguments[0]!);
    const label = invocation.text('label');
    const input = { ...readPlan(invocation, 'usual'), ...(label === undefined ? {} : { label }) };
    if (Object.keys(input).length === 0) {
      throw new AgentError('USAGE', 'Nothing to change', { hint: 'Try `sidegate scope set --help`.' });
    }
    const scope = await context.client.ask(
      'PATCH',
      `/scopes/${id}`,
      Scope,
      checked(ScopePatch, input, 'set'),
    );
    context.json(scope);
    const plan = describePlan(scope);
    context.say(`${scope.cidr} is scanned ${plan === '' ? 'as usual' : plan}.`);
    return EXIT.ok;
  },
};

const suggestCommand: Command = {
  path: ['scope', 'suggest'],
  summary: 'Look for networks nearby that nobody has added: a modem, a DMZ, what routes lead to',
  description:
    'Takes a few seconds, and sends a few dozen packets to routers and to where modems have their pages.',
  async run(context) {
    const suggestions = await context.client.ask('GET', '/scopes/suggestions', v.array(ScopeSuggestion));
    context.json(suggestions);
    if (suggestions.length === 0) {
      context.say('Nothing to suggest: no other network was seen from here.');
      return EXIT.ok;
    }
    const columns = [{ title: 'NETWORK' }, { title: 'LABEL' }, { title: 'WHY', isFlexible: true }];
    const rows = suggestions.map(({ cidr, label, why }) => [cidr, label, why]);
    context.say(renderTable(columns, rows, { style: context.style, columns: context.io.stdout.columns }));
    context.say(`\nTo take one: sidegate scope add ${suggestions[0]!.cidr}`);
    return EXIT.ok;
  },
};

const removeCommand: Command = {
  path: ['scope', 'remove'],
  summary: 'Remove a network that was added',
  arguments: [{ name: 'SCOPE', summary: 'network, label or id' }],
  async run(context, invocation) {
    const scope = findScope(await fetchScopes(context), invocation.arguments[0]!);
    await context.client.ask('DELETE', `/scopes/${scope.id}`, v.unknown());
    context.json(scope);
    context.say(`Removed ${scope.cidr}.`);
    return EXIT.ok;
  },
};

export const scopeCommands: readonly Command[] = [
  listCommand,
  addCommand,
  setCommand,
  suggestCommand,
  removeCommand,
];
