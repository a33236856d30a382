/** `sidegate forward`: publishing hosts to the network. */
import { Forward, ForwardPlan, type ForwardProtocol, type ForwardTarget } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext, Invocation } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { type Column, renderTable } from '../output/table.ts';
import { formatBytes } from '../output/units.ts';
import { findTarget } from './hosts.ts';
import {
  allowOf,
  describeEnd,
  expiryOf,
  PUBLICATION_OPTIONS,
  parsePort,
  parsePorts,
  sourcesColumn,
  wordsOf,
} from './publication-options.ts';

/** Every forward. */
export const fetchForwards = (context: CommandContext): Promise<Forward[]> =>
  context.client.ask('GET', '/forwards', v.array(Forward));

/** `192.168.1.10:80`, `camera:80`, `h_...:80`, `pbx:10000-10019`; a name is looked up, an address is taken as it is. */
const parseTarget = async (
  context: CommandContext,
  text: string,
): Promise<{ target: ForwardTarget; targetPort: number; portCount?: number }> => {
  const at = text.lastIndexOf(':');
  const name = text.slice(0, Math.max(0, at));
  if (name === '') {
    throw new AgentError('USAGE', `${text} does not say which port`, {
      hint: 'Write HOST:PORT, such as 192.168.1.10:80.',
    });
  }
  const ports = parsePorts(text.slice(at + 1));
  return { target: await findTarget(context, name), ...ports };
};

const protocolOf = (invocation: Invocation): ForwardProtocol => {
  if (invocation.has('udp') && invocation.has('both')) {
    throw new AgentError('USAGE', '--udp and --both exclude each other', { hint: '--both is TCP and UDP.' });
  }
  return invocation.has('both') ? 'both' : invocation.has('udp') ? 'udp' : 'tcp';
};

/** `80`, or `10000-10019`. */
const describePorts = (first: number, { portCount = 1 }: Forward): string =>
  portCount === 1 ? String(first) : `${first}-${first + portCount - 1}`;

/** Where it leads. */
export const describeForwardTarget = (forward: Forward): string => {
  const { targetAddress, target, targetPort } = forward;
  const place = targetAddress ?? (target.kind === 'address' ? target.address : `${target.hostId} (not seen)`);
  return `${place}:${describePorts(targetPort, forward)}`;
};

const addCommand: Command = {
  path: ['forward', 'add'],
  summary: 'Publish a port of a host to the network',
  description:
    'The forward leads from a port of this machine’s mesh address to the host. Given a host by name or id, it\nfollows the host when its address changes; given an address, it stays with that address.',
  arguments: [
    { name: 'HOST:PORT', summary: 'host (name, id or address) and its port, or ports: 10000-10019' },
  ],
  options: [
    {
      name: 'port',
      value: 'EDGEPORT',
      summary: 'port on this machine, of a range the first; without it a free one is chosen',
    },
    { name: 'udp', summary: 'UDP instead of TCP' },
    { name: 'both', summary: 'TCP and UDP' },
    ...PUBLICATION_OPTIONS,
  ],
  examples: [
    'sidegate forward add 192.168.1.10:80 --label "front door"',
    'sidegate forward add printer:631 --port 8631 --for 2h --allow laptop,tag:support',
  ],
  async run(context, invocation) {
    const protocol = protocolOf(invocation);
    const edgePort = invocation.text('port');
    const body = {
      protocol,
      ...(edgePort === undefined ? {} : { edgePort: parsePort(edgePort, '--port') }),
      ...(await parseTarget(context, invocation.arguments[0]!)),
      ...wordsOf(invocation),
      ...expiryOf(context, invocation),
      ...allowOf(invocation),
    };
    if (invocation.has('dry-run')) {
      const plan = await context.client.ask('POST', '/forwards?dryRun=1', ForwardPlan, body);
      context.json(plan);
      context.say(`Would publish ${describeForwardTarget(plan.forward)} as ${plain(plan.forward.url)}`);
      context.say(`\n${plan.ruleset.split('\n').map(plain).join('\n')}`);
      return EXIT.ok;
    }
    const forward = await context.client.ask('POST', '/forwards', Forward, body);
    context.json(forward);
    context.say(
      `${context.style.bold(plain(forward.url))} leads to ${describeForwardTarget(forward)}${describeEnd(forward, context)}`,
    );
    return EXIT.ok;
  },
};

const COLUMNS: readonly Column[] = [
  { title: 'PORT', isRight: true },
  { title: 'PROTO' },
  { title: 'TO' },
  { title: 'URL', isFlexible: true, paint: (cell, style) => style.bold(cell) },
  { title: 'STATE', paint: (cell, style) => (/^on\b/.test(cell) ? style.green(cell) : style.yellow(cell)) },
  { title: 'CONNS', isRight: true },
  { title: 'BYTES', isRight: true },
  { title: 'LABEL', isFlexible: true },
];

const stateOf = (forward: Forward, context: CommandContext): string => {
  const { enabled, targetAddress } = forward;
  const state = enabled ? (targetAddress === undefined ? 'host gone' : 'on') : 'off';
  return `${state}${describeEnd(forward, context)}`;
};

const listCommand: Command = {
  path: ['forward', 'list'],
  summary: 'List what is published',
  async run(context) {
    const forwards = await fetchForwards(context);
    context.json(forwards);
    if (forwards.length === 0) {
      context.say('No forwards yet: publish a host with `sidegate forward add HOST:PORT`.');
      return EXIT.ok;
    }
    const sources = sourcesColumn(forwards);
    const columns = [...COLUMNS, ...sources.columns, { title: 'ID' }];
    const rows = [...forwards]
      .sort((one, other) => one.edgePort - other.edgePort)
      .map((forward) => [
        describePorts(forward.edgePort, forward),
        forward.protocol,
        describeForwardTarget(forward),
        forward.url,
        stateOf(forward, context),
        String(forward.connections),
        formatBytes(forward.bytes),
        forward.label,
        ...sources.cells(forward),
        forward.id,
      ]);
    context.say(renderTable(columns, rows, { style: context.style, columns: context.io.stdout.columns }));
    return EXIT.ok;
  },
};

/** The argument that says which forward. */
export const WHICH_FORWARD = { name: 'FORWARD', summary: 'id, or port on this machine' };

export const forwardCommands: readonly Command[] = [addCommand, listCommand];
