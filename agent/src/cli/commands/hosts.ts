/** `sidegate hosts`, `sidegate host`: the devices on the LAN side. */
import { type ForwardTarget, Host, HostKind, type HostService, Ip4 } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { type Column, renderFields, renderTable } from '../output/table.ts';
import { formatAgo } from '../output/units.ts';
import { findHost } from './find-host.ts';

const COLUMNS: readonly Column[] = [
  { title: 'ADDRESS' },
  { title: 'NAME', isFlexible: true, paint: (cell, style) => style.bold(cell) },
  { title: 'KIND' },
  { title: 'VENDOR', isFlexible: true },
  { title: 'SERVICES', isFlexible: true },
  { title: 'SEEN', paint: (cell, style) => (cell === 'online' ? style.green(cell) : style.dim(cell)) },
];

const describeServices = (services: readonly HostService[]): string =>
  services.map(({ name, port, protocol }) => `${name}:${port}${protocol === 'udp' ? '/udp' : ''}`).join(' ');

/** The hosts as a table, by address. */
export const renderHosts = (hosts: readonly Host[], context: CommandContext): string =>
  renderTable(
    COLUMNS,
    [...hosts]
      .sort((one, other) => compareAddresses(one.addresses[0] ?? '', other.addresses[0] ?? ''))
      .map((host) => [
        host.addresses[0] ?? host.mac ?? '',
        host.name === host.addresses[0] ? '' : host.name,
        host.kind === 'unknown' ? '' : host.kind,
        host.vendor ?? '',
        describeServices(host.services),
        host.online ? 'online' : formatAgo(host.lastSeenAt, context.io.clock.wallMs()),
      ]),
    { style: context.style, columns: context.io.stdout.columns },
  );

const compareAddresses = (one: string, other: string): number =>
  one.localeCompare(other, 'en', { numeric: true });

const matches = (host: Host, kind: string | undefined, search: string | undefined): boolean => {
  if (kind !== undefined && host.kind !== kind) return false;
  if (search === undefined) return true;
  const texts = [host.name, host.vendor, host.mac, host.note, host.kind, ...host.addresses];
  const titles = host.services.flatMap(({ name, title, banner }) => [name, title, banner]);
  return [...texts, ...titles].some((text) => text?.toLowerCase().includes(search.toLowerCase()));
};

/** Every host the daemon knows. */
export const fetchHosts = (context: CommandContext): Promise<Host[]> =>
  context.client.ask('GET', '/hosts', v.array(Host));

/** Where a publication shall lead: a name or id is looked up, an address is taken as it is. */
export const findTarget = async (context: CommandContext, text: string): Promise<ForwardTarget> => {
  const address = v.safeParse(Ip4, text);
  if (address.success) return { kind: 'address', address: address.output };
  return { kind: 'host', hostId: findHost(await fetchHosts(context), text).id };
};

export const hostsCommand: Command = {
  path: ['hosts'],
  summary: 'List the devices that were found',
  options: [
    { name: 'kind', value: 'KIND', choices: HostKind.options, summary: 'only devices of this kind' },
    {
      name: 'search',
      value: 'TEXT',
      summary: 'only devices with this text in name, address, vendor or service',
    },
  ],
  examples: ['sidegate hosts --kind camera', 'sidegate hosts --search axis --json'],
  async run(context, invocation) {
    const all = await fetchHosts(context);
    const hosts = all.filter((host) => matches(host, invocation.text('kind'), invocation.text('search')));
    context.json(hosts);
    if (all.length === 0) context.say('No hosts yet: run `sidegate scan`.');
    else if (hosts.length === 0) context.say(`None of ${all.length} hosts fits.`);
    else context.say(renderHosts(hosts, context));
    return EXIT.ok;
  },
};

const describeService = ({ protocol, port, name, title, banner }: HostService): string[] => [
  `${port}/${protocol}`,
  name,
  title ?? banner ?? '',
];

const sayHost = (context: CommandContext, host: Host): void => {
  const { style, io } = context;
  const now = io.clock.wallMs();
  const optional = (name: string, value: string | undefined): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, value]];
  context.say(`${style.bold(plain(host.name))}${host.kind === 'unknown' ? '' : `, ${host.kind}`}`);
  const fields: [string, string][] = [
    ['id', host.id],
    ['addresses', host.addresses.join(', ')],
    ...optional('mac', host.mac),
    ...optional('vendor', host.vendor),
    ...optional('note', host.note),
    [
      'seen',
      `${host.online ? 'online' : formatAgo(host.lastSeenAt, now)}, first ${formatAgo(host.firstSeenAt, now)}`,
    ],
  ];
  context.say(renderFields(fields, style));
  if (host.services.length > 0) {
    const columns: Column[] = [{ title: 'PORT' }, { title: 'SERVICE' }, { title: 'SAYS', isFlexible: true }];
    context.say(
      `\n${renderTable(columns, host.services.map(describeService), { style, columns: io.stdout.columns })}`,
    );
    const port = host.services[0]?.port;
    context.say(`\nTo publish it: sidegate forward add ${host.addresses[0] ?? host.id}:${port}`);
  }
  if (host.evidence.length > 0) {
    const columns: Column[] = [
      { title: 'SOURCE' },
      { title: 'FIELD' },
      { title: 'VALUE', isFlexible: true },
      { title: 'WHEN' },
    ];
    const rows = host.evidence.map(({ source, field, value, at }) => [
      source,
      field,
      value,
      formatAgo(at, now),
    ]);
    context.say(`\n${renderTable(columns, rows, { style, columns: io.stdout.columns })}`);
  }
};

export const hostCommand: Command = {
  path: ['host'],
  summary: 'Show one device and what is known of it',
  arguments: [{ name: 'HOST', summary: 'id, address, MAC or name' }],
  examples: ['sidegate host 192.168.1.10'],
  async run(context, invocation) {
    const host = findHost(await fetchHosts(context), invocation.arguments[0]!);
    context.json(host);
    sayHost(context, host);
    return EXIT.ok;
  },
};
