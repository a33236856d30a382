/** `sidegate address`: hosts as members of the mesh, with addresses and names of their own. */
import { Address, AddressPlan, type PortRange, renderPortRange } from '@sidegate/protocol';
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
  parsePorts,
  sourcesColumn,
  wordsOf,
} from './publication-options.ts';

/** Every address of a host. */
export const fetchAddresses = (context: CommandContext): Promise<Address[]> =>
  context.client.ask('GET', '/addresses', v.array(Address));

/** `80,443,161/udp,10000-10019/udp`. */
export const portsOf = (invocation: Invocation): { ports?: PortRange[] } => {
  const text = invocation.text('ports');
  if (text === undefined) return {};
  const ports = text.split(',').map((part): PortRange => {
    const [, numbers = '', protocol = 'tcp'] = /^\s*([\d-]+)(?:\/(tcp|udp))?\s*$/.exec(part) ?? [];
    if (numbers === '') {
      throw new AgentError('USAGE', `"${part}" is no port`, {
        hint: 'Write 80,443,161/udp or 10000-10019/udp, with commas between.',
      });
    }
    const { targetPort: from, portCount = 1 } = parsePorts(numbers);
    return { protocol: protocol as 'tcp' | 'udp', from, to: from + portCount - 1 };
  });
  return { ports };
};

/** `80,161/udp`, or `all`. */
export const describePorts = ({ ports }: Address): string => ports?.map(renderPortRange).join(',') ?? 'all';

/** Where it leads. */
export const describeAddressTarget = ({ targetAddress, target }: Address): string =>
  targetAddress ?? (target.kind === 'address' ? target.address : `${target.hostId} (not seen)`);

const addCommand: Command = {
  path: ['address', 'add'],
  summary: 'Give a host an address and a name of its own',
  description:
    'The host becomes a member of the network, with all its ports, or those that are named, as they are. Given by\nname or id, it is followed when its address on the LAN changes; the address in the network stays the same.',
  arguments: [{ name: 'HOST', summary: 'host (name, id or address)' }],
  options: [
    { name: 'name', value: 'NAME', summary: 'its DNS name; without it, made from the host’s' },
    {
      name: 'ports',
      value: 'PORT,...',
      summary: 'only these: 80,443,161/udp,10000-10019; without it everything',
    },
    ...PUBLICATION_OPTIONS,
  ],
  examples: ['sidegate address add camera', 'sidegate address add 192.168.1.20 --name door --ports 80,554'],
  async run(context, invocation) {
    const name = invocation.text('name');
    const body = {
      target: await findTarget(context, invocation.arguments[0]!),
      ...(name === undefined ? {} : { name }),
      ...portsOf(invocation),
      ...wordsOf(invocation),
      ...expiryOf(context, invocation),
      ...allowOf(invocation),
    };
    if (invocation.has('dry-run')) {
      const plan = await context.client.ask('POST', '/addresses?dryRun=1', AddressPlan, body);
      context.json(plan);
      context.say(`Would make ${describeAddressTarget(plan.address)} ${plain(plan.address.fqdn)}`);
      context.say('The broker allots the address when it is asked in earnest.');
      return EXIT.ok;
    }
    const address = await context.client.ask('POST', '/addresses', Address, body);
    context.json(address);
    const { bold } = context.style;
    const end = describeEnd(address, context);
    context.say(
      address.address4 === undefined
        ? `${bold(plain(address.fqdn))} waits for an address from the broker, which does not answer just now${end}`
        : `${bold(plain(address.fqdn))} (${address.address4}) is ${describeAddressTarget(address)}${end}`,
    );
    for (const url of address.urls) context.say(`  ${plain(url)}`);
    return EXIT.ok;
  },
};

const COLUMNS: readonly Column[] = [
  { title: 'NAME', isFlexible: true, paint: (cell, style) => style.bold(cell) },
  { title: 'ADDRESS' },
  { title: 'HOST' },
  { title: 'PORTS', isFlexible: true },
  { title: 'STATE', paint: (cell, style) => (/^on\b/.test(cell) ? style.green(cell) : style.yellow(cell)) },
  { title: 'CONNS', isRight: true },
  { title: 'BYTES', isRight: true },
  { title: 'LABEL', isFlexible: true },
];

const stateOf = (address: Address, context: CommandContext): string => {
  const { enabled, targetAddress, address4 } = address;
  const missing = address4 === undefined ? 'waiting' : targetAddress === undefined ? 'host gone' : 'on';
  return `${enabled ? missing : 'off'}${describeEnd(address, context)}`;
};

const listCommand: Command = {
  path: ['address', 'list'],
  summary: 'List hosts with addresses of their own',
  async run(context) {
    const addresses = await fetchAddresses(context);
    context.json(addresses);
    if (addresses.length === 0) {
      context.say('No addresses yet: give a host one with `sidegate address add HOST`.');
      return EXIT.ok;
    }
    const sources = sourcesColumn(addresses);
    const columns = [...COLUMNS, ...sources.columns, { title: 'ID' }];
    const rows = [...addresses]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((address) => [
        address.fqdn,
        address.address4 ?? '',
        describeAddressTarget(address),
        describePorts(address),
        stateOf(address, context),
        String(address.connections),
        formatBytes(address.bytes),
        address.label,
        ...sources.cells(address),
        address.id,
      ]);
    context.say(renderTable(columns, rows, { style: context.style, columns: context.io.stdout.columns }));
    return EXIT.ok;
  },
};

/** By id, name or address. */
export const findAddress = (addresses: readonly Address[], text: string): Address => {
  const found = addresses.find(({ id, name, fqdn, address4 }) =>
    [id, name, fqdn, address4].includes(text as never),
  );
  if (found === undefined) throw new AgentError('ADDRESS_NOT_FOUND', `There is no address ${text}`);
  return found;
};

/** The argument that says which address. */
export const WHICH_ADDRESS = { name: 'ADDRESS', summary: 'name, address or id' };

export const addressCommands: readonly Command[] = [addCommand, listCommand];
