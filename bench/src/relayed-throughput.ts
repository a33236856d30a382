/**
 * What two machines get through relays where no direct path exists: TCP, and how many bytes the relay takes for each
 * byte that arrives. The rivals take turns, so that they share what else goes on on this machine.
 */
import { loadavg } from 'node:os';
import type { Machine } from '@sidegate/lab';
import { medianOf, type Row } from './report.ts';
import { note, others, oursIn, type Results } from './rival-results.ts';
import type { Pair, Rival } from './rivals/rival.ts';

const THROUGHPUT_SEC = 4;
const GOAL_MBIT = 260;
/** Check-ins, keepalives and the ends of a transfer, which fall on one side of a reading or the other. */
const SLACK = 1.005;

const countBytes = async (machine: Machine, way: 'rx' | 'tx'): Promise<number> =>
  Number((await machine.run('cat', [`/sys/class/net/eth0/statistics/${way}_bytes`])).stdout);

/** Datagrams that came while a socket of the machine had no room (RcvbufErrors of Udp in /proc/net/snmp). */
const countOverflows = async (machine: Machine): Promise<number> => {
  const { stdout } = await machine.run('cat', ['/proc/net/snmp']);
  const [names = [], values = []] = stdout
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('RcvbufErrors')]);
};

interface Transfer {
  readonly mbitPerSec: number;
  readonly payloadBytes: number;
}

/** A transfer that does not come about is one of nothing. */
const transfer = async ({ from }: Pair, { name, address }: Rival): Promise<Transfer> => {
  const args = ['-c', address, '-t', String(THROUGHPUT_SEC), '-J'];
  const { stdout } = await from.machine.run('iperf3', args, { timeoutMs: 60_000, reject: false });
  const { end, error } = JSON.parse(stdout) as {
    end?: { sum_received?: { bits_per_second: number; bytes: number } };
    error?: string;
  };
  if (end?.sum_received === undefined) {
    console.log(`  ${name}: ${error ?? 'no transfer'}`);
    return { mbitPerSec: 0, payloadBytes: 0 };
  }
  const { bits_per_second, bytes } = end.sum_received;
  return { mbitPerSec: bits_per_second / 1e6, payloadBytes: bytes };
};

/** `relays`: the machine that relays for a rival, by its name. All rivals are up, and none has a direct path. */
export const relayedRows = async (
  pair: Pair,
  rivals: readonly Rival[],
  relays: Readonly<Record<string, Machine>>,
  runs: number,
): Promise<Row[]> => {
  const [speeds, atRelay, sent]: Results[] = [new Map(), new Map(), new Map()];
  const ends = [pair.from.machine, pair.to.machine];
  const countSent = async () => {
    const [one = 0, other = 0] = await Promise.all(ends.map((end) => countBytes(end, 'tx')));
    return one + other;
  };
  const overflowsBefore = await countOverflows(relays.sidegate!);
  const farOverflowsBefore = await countOverflows(pair.to.machine);
  await using _server = pair.to.machine.spawn('iperf3', ['-s']);
  await pair.to.machine.waitFor({ tcp: 5201 });
  for (let run = 0; run < runs; run++) {
    for (const rival of rivals) {
      const relay = relays[rival.name]!;
      // A mesh that fell asleep meanwhile gets the time that it needs to wake up.
      await pair.from.machine.run('ping', ['-c', '1', '-w', '10', rival.address], { reject: false });
      const before = [await countBytes(relay, 'rx'), await countSent()] as const;
      const { mbitPerSec, payloadBytes } = await transfer(pair, rival);
      const after = [await countBytes(relay, 'rx'), await countSent()] as const;
      note(speeds!, rival.name, mbitPerSec);
      if (payloadBytes === 0) continue;
      note(atRelay!, rival.name, (after[0] - before[0]) / payloadBytes);
      note(sent!, rival.name, (after[1] - before[1]) / payloadBytes);
    }
    const values = [...speeds!].map(([name, all]) => `${name} ${Math.round(all.at(-1)!)}`);
    console.log(`  run ${run + 1}: ${values.join(', ')} Mbit/s, load ${loadavg()[0]?.toFixed(1)}`);
  }
  const [speed, taken, own] = [speeds!, atRelay!, sent!].map((results) => medianOf(oursIn(results)));
  const overflows = (await countOverflows(relays.sidegate!)) - overflowsBefore;
  const farOverflows = (await countOverflows(pair.to.machine)) - farOverflowsBefore;
  const goalRatio = own! * SLACK;
  return [
    {
      what: 'both symmetric: TCP through the relay',
      value: speed!,
      unit: 'Mbit/s',
      peer: others(speeds!),
      goal: `>= ${GOAL_MBIT}`,
      ok: speed! >= GOAL_MBIT,
    },
    {
      what: 'both symmetric: bytes at the relay for each byte that arrives',
      value: taken!,
      unit: 'ratio',
      peer: others(atRelay!),
      goal: `<= ${goalRatio.toFixed(3)}, what both WireGuards sent`,
      ok: taken! <= goalRatio,
    },
    {
      what: 'both symmetric: datagrams that the relay had no room for',
      value: overflows,
      unit: 'datagrams',
      peer: `receiving end, all rivals: ${farOverflows}`,
      goal: '0',
      ok: overflows === 0,
    },
  ];
};
