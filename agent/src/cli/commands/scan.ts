/** `sidegate scan`: look for hosts, and show them as they are found. */
import { type EdgeEvent, type Host, type HostId, Scan } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { createProgressLine, type ProgressLine } from '../output/progress-line.ts';
import { formatCount, formatDuration } from '../output/units.ts';
import { findScope } from './find-host.ts';
import { fetchHosts, renderHosts } from './hosts.ts';
import { fetchScopes } from './scopes.ts';

const describeHost = ({ addresses, name, vendor, kind }: Host): string =>
  [
    (addresses[0] ?? '').padEnd(15),
    name === addresses[0] ? '' : plain(name),
    kind === 'unknown' ? '' : kind,
    vendor === undefined ? '' : plain(vendor),
  ]
    .filter((part) => part !== '')
    .join('  ');

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
      const { progress, phase, hostsFound } = event.data;
      if (options.isWatched) {
        options.progress.show(
          `${Math.round(progress * 100)} %, ${plain(phase)}, ${formatCount(hostsFound, 'host')}`,
        );
      }
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

const startScan = async (context: CommandContext, scopeText: string | undefined): Promise<Scan> => {
  const scope = scopeText === undefined ? undefined : findScope(await fetchScopes(context), scopeText);
  return context.client.ask('POST', '/scans', Scan, scope === undefined ? {} : { scopeId: scope.id });
};

const runScan = async (
  context: CommandContext,
  scopeText: string | undefined,
  isWatched: boolean,
): Promise<Scan> => {
  // Listening begins before the scan, so that no host is missed.
  using ending = { controller: new AbortController(), [Symbol.dispose]: () => ending.controller.abort() };
  const events = await context.client.watch(ending.controller.signal);
  const scan = await startScan(context, scopeText);
  using progress = createProgressLine(context.io.stderr);
  return await follow(context, events, scan, { isWatched, progress });
};

export const scanCommand: Command = {
  path: ['scan'],
  summary: 'Look for hosts on the attached subnets',
  description:
    'Waits for the end of the scan and lists what was found. Ctrl-C stops waiting; the scan goes on.',
  options: [
    { name: 'scope', value: 'CIDR', summary: 'only this network (see sidegate scope list)' },
    { name: 'watch', summary: 'show hosts as they are found; the default on a terminal' },
    { name: 'detach', summary: 'start the scan and do not wait for it' },
  ],
  examples: ['sidegate scan', 'sidegate scan --scope 10.20.0.0/24 --json'],
  async run(context, invocation) {
    const scopeText = invocation.text('scope');
    if (invocation.has('detach')) {
      const started = await startScan(context, scopeText);
      context.json(started);
      context.say('The scan has begun. `sidegate hosts` shows what it finds.');
      return EXIT.ok;
    }
    const isWatched = !context.isJson && (invocation.has('watch') || context.io.stdout.isTTY === true);
    const scan = await runScan(context, scopeText, isWatched);
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
