/** A ping that runs while something happens, and what it saw. */
import { systemClock } from '@sidegate/kit';
import type { LabProcess } from '../lab-process.ts';
import type { Machine } from '../machine.ts';

const stampsOf = (output: string): number[] =>
  [...output.matchAll(/^\[(\d+\.\d+)\] \d+ bytes/gm)].map((match) => Number(match[1]));

/** Pings from a machine until stopped; tells then what was lost, and the longest silence. */
export const startPing = (machine: Machine, address: string, intervalSec = 0.1) => {
  const startedAtSec = systemClock.wallMs() / 1000;
  const ping: LabProcess = machine.spawn('ping', ['-n', '-D', '-O', '-i', String(intervalSec), address]);
  return {
    /** Has anything come through since this moment (milliseconds since 1970)? */
    isAnsweredSince: (atMs: number) => (stampsOf(ping.output()).at(-1) ?? 0) * 1000 > atMs,
    async stop() {
      const endedAtSec = systemClock.wallMs() / 1000;
      ping.kill('SIGINT');
      await ping.exited;
      const output = ping.output();
      const [, sent = '0', received = '0'] = /(\d+) packets transmitted, (\d+) received/.exec(output) ?? [];
      const stamps = stampsOf(output);
      // The last one may have been on its way when ping was told to stop.
      const isUnderWay = Number(sent) > 0 && !new RegExp(`icmp_seq=${sent} ttl`).test(output);
      // A silence that lasts to the end counts too.
      const gaps = [...stamps.slice(1), endedAtSec].map((at, index) => at - (stamps[index] ?? startedAtSec));
      return {
        sent: Number(sent),
        lost: Number(sent) - Number(received) - (isUnderWay ? 1 : 0),
        firstAnswerSec: stamps[0] === undefined ? Number.POSITIVE_INFINITY : stamps[0] - startedAtSec,
        longestSilenceSec: Math.max(0, ...gaps),
        /** Seconds from this moment (milliseconds since 1970) to the next answer. */
        answeredAfterSec: (atMs: number) =>
          (stamps.find((stamp) => stamp * 1000 > atMs) ?? Number.POSITIVE_INFINITY) - atMs / 1000,
      };
    },
  };
};
