/** A program run inside a machine of the lab, and what it cost. */
import { performance } from 'node:perf_hooks';
import type { Machine } from '@sidegate/lab';

/** What it said and what it cost, all children included. */
export interface TimedRun {
  readonly stdout: string;
  readonly tookMs: number;
  readonly cpuMs: number;
  /** Packets that left by the machine's interface. */
  readonly packets: number;
}

const sentPackets = async (machine: Machine): Promise<number> =>
  Number((await machine.run('cat', ['/sys/class/net/eth0/statistics/tx_packets'])).stdout);

/** Never rejects for an exit code: scanners use them for what they found. */
export const timedRun = async (
  machine: Machine,
  file: string,
  args: readonly string[],
): Promise<TimedRun> => {
  const script = 'TIMEFORMAT="cpu %U %S"; time "$@"';
  const before = await sentPackets(machine);
  const startedMs = performance.now();
  const { stdout, stderr } = await machine.run('bash', ['-c', script, 'bash', file, ...args], {
    timeoutMs: 120_000,
    reject: false,
  });
  const tookMs = performance.now() - startedMs;
  const cpu = /cpu ([\d.]+) ([\d.]+)/.exec(stderr);
  const cpuMs = (Number(cpu?.[1]) + Number(cpu?.[2])) * 1_000;
  return { stdout, tookMs, cpuMs, packets: (await sentPackets(machine)) - before };
};
