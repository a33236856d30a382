/** How long a machine cannot reach another while something happens to the network between them. */
import type { Machine } from '@sidegate/lab';

/** What the ping that ran all the time saw. */
export interface Outage {
  /** The longest time without an answer, less what lies between two answers anyway. */
  readonly silenceMs: number;
  readonly lost: number;
}

const INTERVAL_SEC = 0.02;

/** Pings through `disturb`; `disturb` resolves when the path is well again. */
export const measureOutage = async (
  from: Machine,
  address: string,
  disturb: () => Promise<void>,
): Promise<Outage> => {
  const ping = from.spawn('ping', ['-n', '-D', '-i', String(INTERVAL_SEC), address]);
  const stamps: number[] = [];
  let rest = '';
  ping.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const stamp = /^\[(\d+\.\d+)\] \d+ bytes/.exec(line)?.[1];
      if (stamp !== undefined) stamps.push(Number(stamp) * 1000);
    }
  });
  await ping.waitForOutput(/bytes from/, 10_000);
  await disturb();
  ping.kill('SIGINT');
  await ping.exited;
  const [, sent = '0', received = '0'] =
    /(\d+) packets transmitted, (\d+) received/.exec(ping.output()) ?? [];
  const gaps = stamps.slice(1).map((at, index) => at - stamps[index]!);
  return { silenceMs: Math.max(0, ...gaps) - INTERVAL_SEC * 1000, lost: Number(sent) - Number(received) };
};
