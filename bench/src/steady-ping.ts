/** A ping that runs while something happens, and when it was answered. */
import type { LabProcess, Machine } from '@sidegate/lab';

const INTERVAL_MS = 20;

export interface SteadyPing {
  /** Wall time of the last answer; `undefined` before the first. */
  lastAnswerAtMs(): number | undefined;
  /** From the first question to its answer, or to that of a later one where the first was lost. */
  firstAnswerMs(): number | undefined;
  /** Ends it, and answers with the longest time without an answer since then, less what lies between two anyway. */
  stop(sinceMs?: number): Promise<number>;
}

/** Starts at once. */
export const startSteadyPing = (from: Machine, address: string): SteadyPing => {
  const interval = String(INTERVAL_MS / 1000);
  const ping: LabProcess = from.spawn('ping', ['-n', '-D', '-i', interval, address]);
  const stamps: number[] = [];
  let first: number | undefined;
  let rest = '';
  ping.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, stamp, sequence, ms] =
        /^\[(\d+\.\d+)\] \d+ bytes .*icmp_seq=(\d+) .*time=([\d.]+) ms/.exec(line) ?? [];
      if (stamp === undefined) continue;
      stamps.push(Number(stamp) * 1000);
      first ??= (Number(sequence) - 1) * INTERVAL_MS + Number(ms);
    }
  });
  return {
    lastAnswerAtMs: () => stamps.at(-1),
    firstAnswerMs: () => first,
    async stop(sinceMs = 0) {
      const endedAtMs = Date.now();
      ping.kill('SIGINT');
      await ping.exited;
      const before = stamps.filter((stamp) => stamp <= sinceMs).slice(-1);
      const during = [...before, ...stamps.filter((stamp) => stamp > sinceMs), endedAtMs];
      const gaps = during.slice(1).map((at, index) => at - during[index]!);
      return Math.max(0, Math.max(...gaps) - INTERVAL_MS);
    },
  };
};
