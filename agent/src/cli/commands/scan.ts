/** `sidegate scan`: look for hosts, and show them as they are found. */
import { type EdgeEvent, type Host, type HostId, Scan, type Scope } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { createProgressLine, type ProgressLine } from '../output/progress-line.ts';
import { formatCount, formatDuration } from '../output/units.ts';
import { findScope } from './find-host.ts';
import { fetchHosts, renderHosts } from './hosts.ts';
import { addScope, fetchScopes } from './scopes.ts';

const describeHost = ({ addresses, name, vendor, kind }: Host): string =>
  [
    (addresses[0] ?? '').padEnd(15),
    name === addresses[0] ? '' : plain(name),
    kind === 'unknown' ? '' : kind,
    vendor === undefined ? '' : plain(vendor),
  ]
    .filter((part) => part !== '')
    .join('  ');

const describeProgress = ({ progress, phase, hostsFound, remainingSec }: Scan): string =>
  [
    `${Math.round(progress * 100)} %`,
    plain(phase),
    formatCount(hostsFound, 'host'),
    ...(remainingSec === undefined || remainingSec < 1
      ? []
      : [`about ${formatDuration(remainingSec * 1000)} left`]),
  ].join(', ');

/** Shows events until the scan is over; gives its last state. */
const follow = async (
  context: CommandContext,
  events: AsyncIterable<EdgeEvent>,
  started: Scan,
  options: { readonly isWatched: boolean; readonly progress: ProgressLine },
): Promise<Scan> => {
  const shown = new Set<HostId>();
  if (started.state !== 'running') return started;
  for await (const event of events) {
    if (event.event === 'scan.changed' && event.data.id === started.id) {
      if (event.data.state !== 'running') {
        options.progress.clear();
        if (shown.size > 0) context.say();
        return event.data;
      }
      if (options.isWatched) options.progress.show(describeProgress(event.data));
    }
    if (
      event.event === 'host.changed' &&
      options.isWatched &&
      event.data.online &&
      !shown.has(event.data.id)
    ) {
      shown.add(event.data.id);
      options.progress.clear();
      context.say(context.style.dim(`found  ${describeHost(event.data)}`));
    }
  }
  throw new AgentError('DAEMON_NOT_RUNNING', 'The daemon went away during the scan');
};

const STATE_WORDS: Readonly<Record<Scan['state'], string>> = {
  running: 'Scanning',
  done: 'Done',
  partial: 'Done in part',
  cancelled: 'Cancelled',
  failed: 'Failed',
};

const sayResult = (context: CommandContext, scan: Scan, hosts: readonly Host[]): void => {
  const tookMs = (scan.endedAt ?? context.io.clock.wallMs()) - scan.startedAt;
  if (hosts.length > 0) context.say(renderHosts(hosts, context));
  else context.say('No hosts answered.');
  context.say(
    `\n${STATE_WORDS[scan.state]}: ${formatCount(scan.hostsFound, 'host')} in ${formatDuration(tookMs)}.`,
  );
  for (const notice of scan.notices) context.say(`${context.style.yellow('notice:')} ${plain(notice)}`);
};

/** Which networks: all attached, one, or a wire where this machine has no address. */
interface Wanted {
  readonly scope: string | undefined;
  readonly sender: string | undefined;
  readonly network: string | undefined;
  readonly interfaceName: string | undefined;
}

/** A network of stray devices is a scope like any other: made the first time it is asked for. */
const ensureStrayScope = async (
  context: CommandContext,
  { sender, network, interfaceName }: Wanted,
): Promise<Scope> => {
  if (network === undefined || interfaceName === undefined || sender === undefined) {
    throw new AgentError('USAGE', '--sender, --network and --interface go together', {
      hint: 'As in: sidegate scan --sender 192.168.55.1 --network 192.168.55.0/24 --interface br-lan',
    });
  }
  const known = (await fetchScopes(context)).find(
    (one) => one.cidr === network && one.senderAddress === sender && one.interfaceName === interfaceName,
  );
  return known ?? (await addScope(context, { cidr: network, senderAddress: sender, interfaceName }));
};

const startScan = async (context: CommandContext, wanted: Wanted): Promise<Scan> => {
  const isStray = [wanted.sender, wanted.network, wanted.interfaceName].some((text) => text !== undefined);
  const scope = isStray
    ? await ensureStrayScope(context, wanted)
    : wanted.scope === undefined
      ? undefined
      : findScope(await fetchScopes(context), wanted.scope);
  return context.client.ask('POST', '/scans', Scan, scope === undefined ? {} : { scopeId: scope.id });
};

const runScan = async (context: CommandContext, wanted: Wanted, isWatched: boolean): Promise<Scan> => {
  // Listening begins before the scan, so that no host is missed.
  using ending = { controller: new AbortController(), [Symbol.dispose]: () => ending.controller.abort() };
  const events = await context.client.watch(ending.controller.signal);
  const scan = await startScan(context, wanted);
  using progress = createProgressLine(context.io.stderr);
  return await follow(context, events, scan, { isWatched, progress });
};

/** What they found stays. */
const cancelScans = async (context: CommandContext, scope: string | undefined): Promise<ExitCode> => {
  const scopeId = scope === undefined ? undefined : findScope(await fetchScopes(context), scope).id;
  const running = (await context.client.ask('GET', '/scans', v.array(Scan))).filter(
    ({ state, scopeIds }) => state === 'running' && (scopeId === undefined || scopeIds.includes(scopeId)),
  );
  const ended: Scan[] = [];
  for (const { id } of running) ended.push(await context.client.ask('DELETE', `/scans/${id}`, Scan));
  context.json(ended);
  if (ended.length === 0) context.say('No scan is running.');
  for (const { hostsFound } of ended)
    context.say(`Cancelled. ${formatCount(hostsFound, 'host')} found so far stay in \`sidegate hosts\`.`);
  return EXIT.ok;
};

export const scanCommand: Command = {
  path: ['scan'],
  summary: 'Look for hosts on the attached subnets',
  description:
    'Devices that kept the static address of another home answer nothing but ARP from their own network: ' +
    '--sender, --network and --interface look for those. ' +
    'Waits for the end of the scan and lists what was found. Ctrl-C stops waiting; the scan goes on until its end or --cancel.',
  options: [
    { name: 'scope', value: 'CIDR', summary: 'only this network (see sidegate scope list)' },
    { name: 'sender', value: 'ADDRESS', summary: 'look for stray devices in the name of this address' },
    {
      name: 'network',
      value: 'CIDR',
      summary: 'with --sender: the network the stray devices think they are in',
    },
    { name: 'interface', value: 'NAME', summary: 'with --sender: whose wire they are on' },
    { name: 'watch', summary: 'show hosts as they are found; the default on a terminal' },
    { name: 'detach', summary: 'start the scan and do not wait for it' },
    { name: 'cancel', summary: 'start nothing: end what is being scanned, or only --scope' },
  ],
  examples: [
    'sidegate scan',
    'sidegate scan --scope 10.20.0.0/24 --json',
    'sidegate scan --sender 192.168.55.1 --network 192.168.55.0/24 --interface br-lan',
  ],
  async run(context, invocation) {
    const wanted: Wanted = {
      scope: invocation.text('scope'),
      sender: invocation.text('sender'),
      network: invocation.text('network'),
      interfaceName: invocation.text('interface'),
    };
    if (invocation.has('cancel')) return await cancelScans(context, wanted.scope);
    if (invocation.has('detach')) {
      const started = await startScan(context, wanted);
      context.json(started);
      context.say('The scan has begun. `sidegate hosts` shows what it finds.');
      return EXIT.ok;
    }
    const isWatched = !context.isJson && (invocation.has('watch') || context.io.stdout.isTTY === true);
    const scan = await runScan(context, wanted, isWatched);
    const hosts = (await fetchHosts(context)).filter(
      ({ scopeId, online }) => online && scopeId !== undefined && scan.scopeIds.includes(scopeId),
    );
    context.json({ scan, hosts });
    sayResult(context, scan, hosts);
    if (scan.state === 'failed') {
      throw new AgentError(
        'SCAN_FAILED',
        'The scan failed',
        scan.notices[0] === undefined ? {} : { hint: scan.notices[0] },
      );
    }
    return scan.state === 'cancelled' ? EXIT.failed : EXIT.ok;
  },
};
