/**
 * `make bench-beacon`: how many WireGuard handshakes a broker answers, and how many packets it relays, for each
 * second of one core, the latter beside coturn. The broker runs in a process of its own and its CPU time is what
 * counts: on loopback the load generator takes the other core, and neighbours on the machine take what they like.
 */
import { fork } from 'node:child_process';
import { diffieHellman } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@sidegate/kit';
import { encodePublicKey, generateKeyPair, importPublicKey } from '@sidegate/relay/testing';
import type { BeaconChildReply, BeaconChildRequest } from './src/beacon-child.ts';
import { BeaconLoad } from './src/beacon-load.ts';
import { startCoturn } from './src/coturn.ts';
import { measureMac1Search } from './src/mac1-search-bench.ts';
import { medianOf, type Row, report } from './src/report.ts';
import { shareCore } from './src/share-core.ts';

const RUNS = 5;
const NODES_PER_RUN = 500;
/** Each known node shakes hands this often in a run. */
const ROUNDS = 4;
/** Operations that the limit is taken from. */
const LIMIT_ROUNDS = 2_000;
const RELAY_RUN_MS = 2_000;
const PACKET_SIZE_BYTES = 1_200;
const HANDSHAKES_GOAL = 4_000;
/** On loopback; nothing of the machine listens there. */
const COTURN_PORT = 34_781;

const nodes = Array.from({ length: NODES_PER_RUN * (RUNS + 1) + 2 }, generateKeyPair);
const child = fork(fileURLToPath(new URL('src/beacon-child.ts', import.meta.url)));
const ask = async (request: BeaconChildRequest): Promise<BeaconChildReply> => {
  const reply = once(child, 'message');
  child.send(request as never);
  return (await reply)[0] as BeaconChildReply;
};

interface Speed {
  /** For each second of the broker's CPU. */
  readonly perCore: number;
  /** For each second on the wall. */
  readonly perSec: number;
}

/** Runs a load and sets what it achieved against the time it took. */
const measure = async (
  load: () => Promise<number>,
  readCpuMs = async () => (await ask('cpu')).cpuMs,
): Promise<Speed> => {
  const cpuBeforeMs = await readCpuMs();
  const startMs = systemClock.monoMs();
  const count = await load();
  const wallMs = systemClock.monoMs() - startMs;
  const cpuMs = await readCpuMs();
  return { perCore: (count * 1000) / (cpuMs - cpuBeforeMs), perSec: (count * 1000) / wallMs };
};

/**
 * What this machine could do at best: a handshake needs three X25519 operations and a key pair, which is a fourth,
 * and nothing else that cannot be made faster.
 */
const handshakeLimit = (): Speed => {
  const [own, other] = [generateKeyPair(), generateKeyPair()];
  const pair = { privateKey: own.privateKey, publicKey: importPublicKey(other.publicBytes) };
  const { user: beforeUs } = process.cpuUsage();
  for (let i = 0; i < LIMIT_ROUNDS; i++) diffieHellman(pair);
  const perCore = (LIMIT_ROUNDS * 1e6) / (process.cpuUsage().user - beforeUs) / 4;
  return { perCore, perSec: perCore };
};

const { port, beaconKey } = await ask(nodes.map(({ publicBytes }) => encodePublicKey(publicBytes)));
const load = new BeaconLoad(port, Buffer.from(beaconKey, 'base64'));
const relay = await load.prepareRelay(nodes[0]!, nodes[1]!, PACKET_SIZE_BYTES);
const coturn = await startCoturn(COTURN_PORT);
const turn = await coturn.prepare(PACKET_SIZE_BYTES);

/** Both relays in turns, each on full queues; or ours on a core of its own, which is how most of them live. */
const measureRelays = async (): Promise<readonly [Speed, Speed, Speed]> => {
  const alone = await measure(() => relay(RELAY_RUN_MS));
  await using _together = await shareCore([process.pid, child.pid!, coturn.pid]);
  return [
    alone,
    await measure(() => relay(RELAY_RUN_MS)),
    await measure(
      () => turn(RELAY_RUN_MS),
      async () => coturn.cpuMs(),
    ),
  ];
};

const first: Speed[] = [];
const again: Speed[] = [];
const alone: Speed[] = [];
const relayed: Speed[] = [];
const turned: Speed[] = [];
const limits: Speed[] = [];
for (let run = 0; run <= RUNS; run++) {
  const own = nodes.slice(2 + run * NODES_PER_RUN, 2 + (run + 1) * NODES_PER_RUN);
  const greetings = load.encodeInitiations(own);
  const repeats = load.encodeInitiations(Array.from({ length: ROUNDS }, () => own).flat());
  const speeds = [
    await measure(() => load.handshakes(greetings)),
    await measure(() => load.handshakes(repeats)),
    handshakeLimit(),
    ...(await measureRelays()),
  ] as const;
  // The first run warms up the compiler.
  const series = [first, again, limits, alone, relayed, turned];
  if (run > 0) for (const [at, values] of series.entries()) values.push(speeds[at]!);
}
load.close();
await coturn[Symbol.asyncDispose]();
child.disconnect();
const searches = await measureMac1Search(RUNS);

const row = (
  what: string,
  unit: string,
  speeds: readonly Speed[],
  key: keyof Speed,
  goal?: number,
  peer?: string,
): Row => {
  const value = medianOf(speeds.map((speed) => speed[key]));
  const goalText = goal === undefined ? 'none: for information' : `>= ${goal}`;
  return {
    what,
    value,
    unit,
    goal: goalText,
    ok: goal === undefined || value >= goal,
    ...(peer && { peer }),
  };
};
await report('beacon', RUNS, [
  row('handshakes with known nodes', 'per core second', again, 'perCore', HANDSHAKES_GOAL),
  row('handshakes with known nodes', 'per second', again, 'perSec'),
  row('handshakes, first contact', 'per core second', first, 'perCore'),
  row('limit: 4 X25519 operations each', 'per core second', limits, 'perCore'),
  row(
    'relay, 1200 B packets, queue always full',
    'per core second',
    relayed,
    'perCore',
    Math.round(medianOf(turned.map(({ perCore }) => perCore))),
    'coturn, in turns',
  ),
  row('relay, 1200 B packets, waiting for the sender', 'per core second', alone, 'perCore'),
  row('relay, 1200 B packets', 'per second', alone, 'perSec'),
  ...searches,
]);
