/**
 * `make bench-paths`: how long a connection is silent when a laptop changes its network, and when an edge's router gets
 * another address, which the edge cannot see; what two symmetric NATs get through the relay. All on the demo's world.
 */
import { performance } from 'node:perf_hooks';
import { NAT_PRESETS } from '@sidegate/lab';
import { type AgentMachine, createWorld, startAgentOn, type World } from '@sidegate/lab/demo';
import type { PeerStatus } from '@sidegate/protocol';
import { measureOutage } from './src/measure-outage.ts';
import { medianOf, type Row, report } from './src/report.ts';

const RUNS = 5;
const SECONDS = 4;

const peerOf = async (agent: AgentMachine, name: string): Promise<PeerStatus> => {
  const peers = JSON.parse(await agent.sidegate('peers', '--json')) as PeerStatus[];
  const peer = peers.find((one) => one.name === name);
  if (peer === undefined) throw new Error(`${agent.name} has no peer ${name}`);
  return peer;
};

/** Resolves when both ends became direct after that moment; something else has to send packets meanwhile. */
const untilDirect = async (one: AgentMachine, other: AgentMachine, sinceMs = 0): Promise<void> => {
  const isDirect = ({ path, explain }: PeerStatus) =>
    path === 'direct' && (explain.findLast(({ to }) => to === 'direct')?.at ?? 0) >= sinceMs;
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const ends = await Promise.all([peerOf(one, other.name), peerOf(other, one.name)]);
    if (ends.every(isDirect)) return;
  }
  const { explain } = await peerOf(one, other.name);
  throw new Error(`${one.name} and ${other.name} did not become direct: ${JSON.stringify(explain)}`);
};

/** What a machine's Wi-Fi does when it finds another access point: same LAN, other address. */
const moveLaptop = (world: World, run: number) =>
  world.laptop.machine.configure([
    'address flush dev eth0',
    `address add 192.168.1.${70 + run}/24 dev eth0`,
    'route add default via 192.168.1.1',
  ]);

/** Silences while `move` is made under a direct path, one for each run. */
const outagesOf = async (world: World, move: (run: number) => Promise<void>): Promise<number[]> => {
  const { laptop } = world;
  const { alder } = world.edges;
  const address = (await peerOf(laptop, 'alder')).address4;
  const outages: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { silenceMs } = await measureOutage(laptop.machine, address, async () => {
      await untilDirect(laptop, alder);
      const movedAtMs = Date.now();
      await move(run);
      await untilDirect(laptop, alder, movedAtMs);
    });
    console.log(`  run ${run + 1}: ${Math.round(silenceMs)} ms`);
    outages.push(silenceMs);
  }
  return outages;
};

/** An agent behind a symmetric NAT of its own. */
const addSymmetric = async (world: World, name: string, wan: string): Promise<AgentMachine> => {
  const home = await world.lab.addHome(name, { lan: '192.168.1.0/24', wan, nat: NAT_PRESETS.symmetric });
  const machine = await home.addMachine('box', { address: '192.168.1.2' });
  const agent = await startAgentOn(world.lab, name, home, machine);
  const key = await world.createKey('client');
  const flags = ['--broker', world.brokerUrl, '--key', key, '--name', name, '--role', 'client'];
  await agent.sidegate('up', ...flags, '--wait');
  return agent;
};

/** The first packet ever between two nodes that just came up: a handshake through the relay, and the answer. */
const firstPacketMs = async (from: AgentMachine, to: AgentMachine): Promise<number> => {
  for (const what of [['down'], ['up', '--wait']])
    await Promise.all([from, to].map((agent) => agent.sidegate(...what)));
  const { address4, latestHandshakeAt } = await peerOf(from, to.name);
  if (latestHandshakeAt !== undefined) throw new Error('the path to measure is warm already');
  const { stdout } = await from.machine.run('ping', ['-n', '-c', '1', '-W', '10', address4]);
  return Number(/time=([\d.]+) ms/.exec(stdout)?.[1]);
};

const mbitPerSecond = async (from: AgentMachine, address: string): Promise<number> => {
  const args = ['-c', address, '-t', String(SECONDS), '-O', '1', '-J'];
  const { stdout } = await from.machine.run('iperf3', args, { timeoutMs: 60_000 });
  const result = JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } };
  return result.end.sum_received.bits_per_second / 1e6;
};

const outageRows = (
  what: string,
  values: readonly number[],
  medianGoalMs: number,
  worstGoalMs: number,
): Row[] => {
  const [median, worst] = [medianOf(values), Math.max(...values)];
  return [
    {
      what: `outage: ${what}`,
      value: median,
      unit: 'ms',
      goal: `< ${medianGoalMs}`,
      ok: median < medianGoalMs,
    },
    {
      what: 'the same, worst run',
      value: worst,
      unit: 'ms',
      goal: `< ${worstGoalMs}`,
      ok: worst < worstGoalMs,
    },
  ];
};

await using world = await createWorld((what) => console.log(what));
console.log('moving the laptop');
const laptopMoves = await outagesOf(world, (run) => moveLaptop(world, run));
console.log("moving the edge's router");
const { router } = world.edges.alder.home;
const edgeMoves = await outagesOf(world, (run) => router.setWanAddress(`198.51.100.${30 + run}`));
console.log('two symmetric NATs');
const [one, other] = await Promise.all([
  addSymmetric(world, 'willow', '198.51.100.14'),
  addSymmetric(world, 'rowan', '198.51.100.18'),
]);
const { address4 } = await peerOf(one, 'rowan');
const firsts: number[] = [];
for (let run = 0; run < RUNS; run++) firsts.push(await firstPacketMs(one, other));
other.machine.spawn('iperf3', ['-s']);
await other.machine.waitFor({ tcp: 5201 });
const relayed: number[] = [];
for (let run = 0; run < RUNS; run++) relayed.push(await mbitPerSecond(one, address4));
const [first, throughput] = [medianOf(firsts), medianOf(relayed)];
const rows: Row[] = [
  ...outageRows('a laptop changes its network', laptopMoves, 500, 2000),
  ...outageRows("an edge's router gets another address, traffic flows", edgeMoves, 2000, 5000),
  { what: 'both symmetric: first packet', value: first, unit: 'ms', goal: '< 500', ok: first < 500 },
  { what: 'both symmetric: TCP', value: throughput, unit: 'Mbit/s', goal: '>= 260', ok: throughput >= 260 },
];
await report('paths', RUNS, rows);
process.exit(0);
