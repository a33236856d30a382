/** `sidegate wake`: a magic packet, and waiting for the host. */
import { WakeReport, WakeState } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { createProgressLine } from '../output/progress-line.ts';
import { formatDuration } from '../output/units.ts';
import { parseDuration } from '../parse-expiry.ts';
import { findHost } from './find-host.ts';
import { fetchHosts } from './hosts.ts';

const ASK_EVERY_MS = 1_000;
/** Again after so many questions: some cards miss what comes while they fall asleep. */
const SEND_EVERY = 5;
const PATIENCE_MS = 60_000;

export const wakeCommand: Command = {
  path: ['wake'],
  summary: 'Wake a host that sleeps, by a magic packet',
  description:
    'For hosts of attached networks, by their hardware address. The host must have Wake-on-LAN turned on. To wake a\nhost whenever somebody connects, publish it with --wake.',
  arguments: [{ name: 'HOST', summary: 'host (name, id or address)' }],
  options: [
    { name: 'wait', summary: 'wait until it answers' },
    { name: 'timeout', value: 'TIME', summary: 'how long to wait: 90s, 3m; a minute unless said' },
  ],
  examples: ['sidegate wake nas --wait'],
  async run(context, invocation) {
    const { client, io, say } = context;
    const { id, name } = findHost(await fetchHosts(context), invocation.arguments[0]!);
    const path = `/hosts/${id}/wake`;
    const report = await client.ask('POST', path, WakeReport);
    say(
      `Sent a magic packet for ${plain(name)} (${report.mac}) to ${report.broadcast} on ${report.interfaceName}.`,
    );
    if (!invocation.has('wait')) {
      context.json(report);
      return EXIT.ok;
    }
    const timeout = invocation.text('timeout');
    const startMs = io.clock.monoMs();
    const untilMs = startMs + (timeout === undefined ? PATIENCE_MS : parseDuration(timeout));
    const progress = createProgressLine(io.stderr);
    try {
      for (let asked = 1; ; asked++) {
        const { isAwake } = await client.ask('GET', path, WakeState);
        const tookMs = io.clock.monoMs() - startMs;
        if (isAwake) {
          progress.clear();
          context.json({ ...report, isAwake, tookMs: Math.round(tookMs) });
          say(`${plain(name)} answers after ${formatDuration(tookMs)}.`);
          return EXIT.ok;
        }
        if (io.clock.monoMs() >= untilMs)
          throw new AgentError('HOST_ASLEEP', `${plain(name)} does not answer`);
        progress.show(`waiting for ${plain(name)}: ${formatDuration(tookMs)}`);
        await io.clock.sleep(ASK_EVERY_MS, io.signal);
        if (asked % SEND_EVERY === 0) await client.ask('POST', path, WakeReport);
      }
    } finally {
      progress.clear();
    }
  },
};
