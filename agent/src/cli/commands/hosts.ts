/** `sidegate hosts`, `sidegate host`: the devices on the LAN side. */
import {
  type Forward,
  type ForwardTarget,
  Host,
  HostChanges,
  HostKind,
  type HostService,
  Ip4,
  renderHostsCsv,
} from '@sidegate/protocol';
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

/** Bit 1 of the first byte: the device made its hardware address up, as phones do. */
const isMadeUp = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;

const sayChanges = (context: CommandContext, { since, changes }: HostChanges): void => {
  const { style, io } = context;
  const now = io.clock.wallMs();
  const last = since === 0 ? 'Nobody has looked yet' : `Since ${formatAgo(since, now)}`;
  if (changes.length === 0) {
    context.say(`${last}: nothing has changed.`);
    return;
  }
  const columns: Column[] = [
    { title: 'WHAT' },
    { title: 'NAME', isFlexible: true },
    { title: 'ADDRESS' },
    { title: 'WHEN' },
  ];
  const rows = changes.map(({ what, name, from, to, at }) => [
    what,
    name,
    what === 'moved' ? `${from} -> ${to}` : (to ?? from ?? ''),
    formatAgo(at, now),
  ]);
  context.say(`${last}:`);
  context.say(renderTable(columns, rows, { style, columns: io.stdout.columns }));
};

const runChanges = async (context: CommandContext, isSeen: boolean) => {
  const changes = await context.client.ask('GET', '/changes', HostChanges);
  context.json(changes);
  sayChanges(context, changes);
  if (isSeen) await context.client.ask('POST', '/changes/seen', HostChanges, {});
  else if (changes.changes.length > 0)
    context.say('\nTo begin anew from here: sidegate hosts --changes --seen');
  return EXIT.ok;
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
    { name: 'changes', summary: 'what is new, gone, back or moved since the changes were last seen' },
    { name: 'seen', summary: 'with --changes: from here on only what changes from now on is a change' },
    { name: 'csv', summary: 'print CSV for a spreadsheet' },
  ],
  examples: [
    'sidegate hosts --kind camera',
    'sidegate hosts --search axis --json',
    'sidegate hosts --changes',
    'sidegate hosts --csv > hosts.csv',
  ],
  async run(context, invocation) {
    if (invocation.has('changes')) return await runChanges(context, invocation.has('seen'));
    const all = await fetchHosts(context);
    const hosts = all.filter((host) => matches(host, invocation.text('kind'), invocation.text('search')));
    context.json(hosts);
    if (invocation.has('csv') && !context.isJson) context.io.stdout.write(renderHostsCsv(hosts));
    else if (all.length === 0) context.say('No hosts yet: run `sidegate scan`.');
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

/** What people publish of such a device, as commands to copy. */
const saySuggestions = (context: CommandContext, host: Host): void => {
  const place = host.addresses[0] ?? host.id;
  const [service] = host.services;
  const suggestions =
    host.suggestions !== undefined && host.suggestions.length > 0
      ? host.suggestions
      : [{ label: 'First service', port: service!.port, protocol: service!.protocol }];
  const protocolOf = (protocol: Forward['protocol']) => (protocol === 'udp' ? ' --udp' : '');
  context.say('\nTo publish it:');
  for (const { label, port, protocol } of suggestions) {
    context.say(
      `  sidegate forward add ${place}:${port}${protocolOf(protocol)}   ${context.style.dim(label)}`,
    );
  }
};

const EVENT_WORDS = { found: 'found', gone: 'did not answer', back: 'back', moved: 'moved' } as const;

const sayHost = (context: CommandContext, host: Host): void => {
  const { style, io } = context;
  const now = io.clock.wallMs();
  const optional = (name: string, value: string | undefined): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, value]];
  context.say(`${style.bold(plain(host.name))}${host.kind === 'unknown' ? '' : `, ${host.kind}`}`);
  const fields: [string, string][] = [
    ['id', host.id],
    ['addresses', host.addresses.join(', ')],
    ...optional(
      'mac',
      host.mac === undefined || !isMadeUp(host.mac) ? host.mac : `${host.mac} (made up by the device)`,
    ),
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
    saySuggestions(context, host);
  }
  if (host.history !== undefined && host.history.length > 0) {
    const columns: Column[] = [{ title: 'WHEN' }, { title: 'WHAT' }, { title: 'ADDRESS' }];
    const rows = host.history.map(({ at, what, address }) => [
      formatAgo(at, now),
      EVENT_WORDS[what],
      address ?? '',
    ]);
    context.say(`\n${renderTable(columns, rows, { style, columns: io.stdout.columns })}`);
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
