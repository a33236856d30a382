/** `sidegate relay on | off | status`: this machine as a relay for the account. */
import { Endpoint, Port, RelayStatus, type RelayWish } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext, Invocation } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, formatCount } from '../output/units.ts';

const STATE_TEXTS: Readonly<Record<RelayStatus['state'], string>> = {
  off: 'off',
  'no-address': 'on, but this machine has no public address: say where others reach it with --endpoint',
  waiting: 'on, waiting for an administrator to let it relay (in the portal)',
  relaying: 'on',
};

const say = (context: CommandContext, status: RelayStatus): void => {
  context.json(status);
  context.say(`relay: ${STATE_TEXTS[status.state]}`);
  if (status.state === 'off') return;
  for (const endpoint of status.endpoints) context.say(`  at ${endpoint} (UDP)`);
  if (status.state !== 'relaying') return;
  context.say(`  for ${formatCount(status.nodes, 'node')}, ${status.nodesHere} of them here now`);
  context.say(
    `  relayed ${formatCount(status.relayedPackets, 'packet')}, ${formatBytes(status.relayedBytes)}, since it began`,
  );
};

const parseWith = <S extends v.GenericSchema>(
  schema: S,
  option: string,
  value: unknown,
): v.InferOutput<S> => {
  const result = v.safeParse(schema, value);
  if (!result.success) throw new AgentError('USAGE', `--${option}: ${result.issues[0].message}`);
  return result.output;
};

const wishOf = (invocation: Invocation): RelayWish => {
  const port = invocation.text('port');
  const endpoint = invocation.text('endpoint');
  return {
    isOn: true,
    ...(port === undefined ? {} : { port: parseWith(Port, 'port', Number(port)) }),
    ...(endpoint === undefined
      ? {}
      : { endpoints: endpoint.split(',').map((text) => parseWith(Endpoint, 'endpoint', text.trim())) }),
  };
};

const setRelay = async (context: CommandContext, wish: RelayWish) => {
  say(context, await context.client.ask('POST', '/relay', RelayStatus, wish));
  return EXIT.ok;
};

export const relayCommands: readonly Command[] = [
  {
    path: ['relay', 'on'],
    summary: 'Offer to relay for the nodes of this account',
    description:
      'For a machine with a public address. Nodes that find no direct path to each other then use it instead of ' +
      'the broker, where it is nearer; it cannot read what it relays. An administrator lets it in the ' +
      'portal, or with `sidegate-broker relay approve`. ' +
      'Its UDP port must be open to the internet.',
    options: [
      { name: 'port', value: 'PORT', summary: 'UDP port of the relay; 7383 by default' },
      {
        name: 'endpoint',
        value: 'ADDRESS:PORT,...',
        summary: "where others reach it; this machine's own public addresses by default",
      },
    ],
    examples: ['sidegate relay on', 'sidegate relay on --port 443 --endpoint 198.51.100.20:443'],
    run: (context, invocation) => setRelay(context, wishOf(invocation)),
  },
  {
    path: ['relay', 'off'],
    summary: 'Stop relaying for the account',
    run: (context) => setRelay(context, { isOn: false }),
  },
  {
    path: ['relay', 'status'],
    summary: 'Show whether this machine relays, for how many nodes, and how much',
    async run(context) {
      say(context, await context.client.ask('GET', '/relay', RelayStatus));
      return EXIT.ok;
    },
  },
];
