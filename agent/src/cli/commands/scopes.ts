/** `sidegate scope`: the subnets that are scanned and published from. */
import { NewScope, Scope } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { renderTable } from '../output/table.ts';
import { formatAgo } from '../output/units.ts';
import { findScope } from './find-host.ts';

/** Every scope, attached and added. */
export const fetchScopes = (context: CommandContext): Promise<Scope[]> =>
  context.client.ask('GET', '/scopes', v.array(Scope));

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
      { title: 'SCANNED' },
      { title: 'ID' },
    ];
    const now = context.io.clock.wallMs();
    const rows = scopes.map(({ id, cidr, kind, interfaceName, label, lastScanAt }) => [
      cidr,
      kind,
      interfaceName ?? '',
      label,
      formatAgo(lastScanAt, now),
      id,
    ]);
    context.say(renderTable(columns, rows, { style: context.style, columns: context.io.stdout.columns }));
    return EXIT.ok;
  },
};

const addCommand: Command = {
  path: ['scope', 'add'],
  summary: 'Add a routed or DMZ network that this machine can reach',
  arguments: [{ name: 'CIDR', summary: 'the network, such as 10.20.0.0/24' }],
  options: [{ name: 'label', value: 'TEXT', summary: 'what it is' }],
  async run(context, invocation) {
    const parsed = v.safeParse(NewScope, { cidr: invocation.arguments[0], label: invocation.text('label') });
    if (!parsed.success)
      throw new AgentError('USAGE', parsed.issues[0].message, { hint: 'Try `sidegate scope add --help`.' });
    const scope = await context.client.ask('POST', '/scopes', Scope, parsed.output);
    context.json(scope);
    context.say(`Added ${scope.cidr}. To look for hosts there: sidegate scan --scope ${scope.cidr}`);
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

export const scopeCommands: readonly Command[] = [listCommand, addCommand, removeCommand];
