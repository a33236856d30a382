/**
 * `make bench-paths`: how long the first packet takes between nodes behind every pair of NATs that matters; how long a
 * connection is silent when a laptop changes its network, and when an edge's router gets another address, which the
 * edge cannot see; what two symmetric NATs get through a relay. Beside WireGuard set by hand, nebula and n2n, on the
 * same machines behind the same routers.
 */
import { performance } from 'node:perf_hooks';
import { systemClock } from '@sidegate/kit';
import type { NatPreset } from '@sidegate/lab';
import { type AgentMachine, createWorld, type World } from '@sidegate/lab/demo';
import type { PeerStatus } from '@sidegate/protocol';
import { firstAnswerMs } from './src/cold-start.ts';
import { medianOf, type Row, report } from './src/report.ts';
import { createHandSetWireGuard } from './src/rivals/hand-set-wireguard.ts';
import { createN2n, startSupernode } from './src/rivals/n2n.ts';
import { createNebula, type NebulaService, startNebulaService } from './src/rivals/nebula.ts';
import { forgetFlows, type Pair, type Rival } from './src/rivals/rival.ts';
import { createSidegate, joinWorld, peerOf } from './src/rivals/sidegate.ts';
import { startSteadyPing } from './src/steady-ping.ts';

const RUNS = 5;
const THROUGHPUT_SEC = 4;
const COLD_MAX_MS = 15_000;
/** nebula takes some 25 s; n2n, which takes minutes, is not waited for. */
const OUTAGE_MAX_MS = 30_000;
/** A silence of ours this long is told with its reasons. */
const EXPLAINED_MS = 1_000;
const LIGHTHOUSE = '203.0.113.20';
const SUPERNODE = '203.0.113.21';

const COLD_PAIRS: readonly (readonly [NatPreset, NatPreset])[] = [
  ['none', 'none'],
  ['symmetric', 'none'],
  ['port-restricted', 'port-restricted'],
  ['port-restricted', 'symmetric'],
  ['symmetric', 'symmetric'],
];
/** Where only a relay helps there is no endpoint to set by hand. */
const hasDirectPath = (natA: NatPreset, natB: NatPreset): boolean =>
  [natA, natB].includes('none') || ![natA, natB].includes('symmetric');

/** Values by rival, in the order of the runs. */
type Results = Map<string, number[]>;
const note = (results: Results, name: string, value: number): void => {
  results.set(name, [...(results.get(name) ?? []), value]);
};
const round = (value: number): string => String(Number(value.toPrecision(3)));
/** What the others had, for the column beside ours. */
const others = (results: Results, maxMs = Number.POSITIVE_INFINITY): string =>
  [...results]
    .filter(([name]) => name !== 'sidegate')
    .map(([name, values]) => {
      const median = medianOf(values);
      return `${name} ${median >= maxMs ? `over ${maxMs}` : round(median)}`;
    })
    .join(', ');
const oursIn = (results: Results): readonly number[] => results.get('sidegate') ?? [];

const until = async (isReached: () => boolean | Promise<boolean>, maxMs: number): Promise<boolean> => {
  const deadline = performance.now() + maxMs;
  while (!(await isReached())) {
    if (performance.now() > deadline) return false;
    await systemClock.sleep(20);
  }
  return true;
};

const DIRECT_MAX_MS = 30_000;

/** Waits until both ends became direct after that moment; something else has to send packets meanwhile. */
const untilDirect = async (one: AgentMachine, other: AgentMachine, sinceMs = 0): Promise<void> => {
  const isDirect = ({ path, explain }: PeerStatus) =>
    path === 'direct' && (explain.findLast(({ to }) => to === 'direct')?.at ?? 0) >= sinceMs;
  const areDirect = async () =>
    (await Promise.all([peerOf(one, other.name), peerOf(other, one.name)])).every(isDirect);
  if (await until(areDirect, DIRECT_MAX_MS)) return;
  // The relay carries packets meanwhile, so there is still something to measure.
  console.log(`  ${one.name} and ${other.name} are not direct after ${DIRECT_MAX_MS / 1000} s`);
};

/** Two agents of each kind of NAT, in homes of their own. */
const addKind = async (world: World, nat: NatPreset, at: number): Promise<readonly AgentMachine[]> =>
  await Promise.all(
    [0, 1].map(async (end) => {
      const isPublic = nat === 'none';
      const place = 2 * at + end;
      const lan = isPublic ? `192.0.2.${16 * place}/28` : '192.168.1.0/24';
      const name = `${nat}-${end + 1}`;
      const home = await world.lab.addHome(name, { lan, wan: `198.51.100.${50 + place}`, nat });
      const address = isPublic ? `192.0.2.${16 * place + 2}` : '192.168.1.2';
      return await joinWorld(world, name, { home, machine: await home.addMachine(name, { address }) });
    }),
  );

const measureColdMs = async (pair: Pair, rival: Rival): Promise<number> => {
  await rival.stop();
  await forgetFlows(pair);
  await rival.start();
  return await firstAnswerMs(rival.runFirst, rival.address, COLD_MAX_MS / 1000);
};

const mbitPerSecond = async (pair: Pair, address: string): Promise<number> => {
  const args = ['-c', address, '-t', String(THROUGHPUT_SEC), '-O', '1', '-J'];
  const { stdout } = await pair.from.machine.run('iperf3', args, { timeoutMs: 60_000 });
  const result = JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } };
  return result.end.sum_received.bits_per_second / 1e6;
};

let pairs = 0;
/** Every rival on a pair, ours first, all of them down but ours. */
const createRivals = async (
  nebula: NebulaService,
  from: AgentMachine,
  to: AgentMachine,
  isDirect: boolean,
) => {
  const pair: Pair = { from, to };
  const at = ++pairs;
  const rivals = [
    await createSidegate(from, to),
    ...(isDirect ? [await createHandSetWireGuard(pair)] : []),
    await createNebula(nebula, pair, at, isDirect),
    createN2n(SUPERNODE, pair, at),
  ];
  const end = async () => {
    for (const rival of rivals) await rival[Symbol.asyncDispose]();
  };
  return { pair, rivals, [Symbol.asyncDispose]: end };
};
type Rivals = Awaited<ReturnType<typeof createRivals>>;

const coldRow = async ({ pair, rivals }: Rivals, what: string): Promise<Row> => {
  const results: Results = new Map();
  for (const rival of rivals) {
    for (let run = 0; run < RUNS; run++) note(results, rival.name, await measureColdMs(pair, rival));
    console.log(`  ${what}, ${rival.name}: ${results.get(rival.name)?.map(Math.round).join(', ')} ms`);
    if (rival.name !== 'sidegate') await rival.stop();
  }
  const value = medianOf(oursIn(results));
  return {
    what: `first packet, no session on either end: ${what}`,
    value,
    unit: 'ms',
    peer: others(results, COLD_MAX_MS),
    goal: '< 300',
    ok: value < 300,
  };
};

/** Through relays: the same bytes, one rival after the other, in turns. */
const throughputRow = async ({ pair, rivals }: Rivals): Promise<Row> => {
  const results: Results = new Map();
  const server = pair.to.machine.spawn('iperf3', ['-s']);
  await pair.to.machine.waitFor({ tcp: 5201 });
  for (const rival of rivals) {
    await measureColdMs(pair, rival);
    for (let run = 0; run < RUNS; run++) note(results, rival.name, await mbitPerSecond(pair, rival.address));
    console.log(`  ${rival.name}: ${results.get(rival.name)?.map(Math.round).join(', ')} Mbit/s`);
    if (rival.name !== 'sidegate') await rival.stop();
  }
  await server[Symbol.asyncDispose]();
  const value = medianOf(oursIn(results));
  const unit = 'Mbit/s';
  return {
    what: 'both symmetric: TCP',
    value,
    unit,
    peer: others(results),
    goal: '>= 260',
    ok: value >= 260,
  };
};

/** What one agent says about its path to the other since a moment. */
const explainSince = async (one: AgentMachine, other: AgentMachine, sinceMs: number): Promise<string> => {
  const { explain } = await peerOf(one, other.name);
  const moves = explain.filter(({ at }) => at >= sinceMs);
  return [
    `  ${one.name}:`,
    ...moves.map(({ at, to, why }) => `    after ${at - sinceMs} ms ${to}: ${why}`),
  ].join('\n');
};

/** Silences of all rivals at once while `move` is made under their direct paths; they share machines and routers. */
const measureOutages = async (
  { pair, rivals }: Rivals,
  [one, other]: readonly [AgentMachine, AgentMachine],
  move: (run: number) => Promise<void>,
): Promise<Results> => {
  const results: Results = new Map();
  for (const rival of rivals) if (rival.name !== 'sidegate') await rival.start();
  for (let run = 0; run < RUNS; run++) {
    const pings = rivals.map((rival) => startSteadyPing(pair.from.machine, rival.address));
    await until(() => pings.every((ping) => ping.firstAnswerMs() !== undefined), COLD_MAX_MS);
    await untilDirect(one, other);
    // Nobody tells when nebula and n2n are: they take a second or two.
    await systemClock.sleep(3_000);
    const movedAtMs = Date.now();
    await move(run);
    for (const rival of rivals) await rival.tell?.();
    const isBack = (at: number) => (pings[at]!.lastAnswerAtMs() ?? 0) > movedAtMs + 1_000;
    await until(() => rivals.every((_rival, at) => isBack(at)), OUTAGE_MAX_MS);
    await untilDirect(one, other, movedAtMs);
    const seen = await Promise.all([
      explainSince(one, other, movedAtMs),
      explainSince(other, one, movedAtMs),
    ]);
    for (const [at, rival] of rivals.entries()) {
      const hasCome = isBack(at);
      const silenceMs = await pings[at]!.stop(movedAtMs);
      note(results, rival.name, hasCome ? silenceMs : OUTAGE_MAX_MS);
      if (hasCome) continue;
      await rival.stop();
      await rival.start();
    }
    if (results.get('sidegate')!.at(-1)! >= EXPLAINED_MS) console.log(seen.join('\n'));
    console.log(
      `  run ${run + 1}: ${[...results].map(([name, values]) => `${name} ${Math.round(values.at(-1)!)}`).join(', ')} ms`,
    );
  }
  for (const rival of rivals) if (rival.name !== 'sidegate') await rival.stop();
  return results;
};

const outageRows = (what: string, results: Results, medianGoalMs: number, worstGoalMs: number): Row[] => {
  const [median, worst] = [medianOf(oursIn(results)), Math.max(...oursIn(results))];
  const peer = others(results, OUTAGE_MAX_MS);
  const unit = 'ms';
  const [goal, worstGoal] = [`< ${medianGoalMs}`, `< ${worstGoalMs}`];
  return [
    { what: `outage: ${what}`, value: median, unit, peer, goal, ok: median < medianGoalMs },
    { what: 'the same, worst run', value: worst, unit, goal: worstGoal, ok: worst < worstGoalMs },
  ];
};

/** What a machine's Wi-Fi does when it finds another access point: same LAN, other address. */
const moveLaptop = (world: World, run: number) =>
  world.laptop.machine.configure([
    'address flush dev eth0',
    `address add 192.168.1.${70 + run}/24 dev eth0`,
    'route add default via 192.168.1.1',
  ]);

await using world = await createWorld((what) => console.log(what));
const [lighthouse, supernode] = await Promise.all([
  world.lab.addServer('lighthouse', { addresses: [LIGHTHOUSE] }),
  world.lab.addServer('supernode', { addresses: [SUPERNODE] }),
]);
const nebula = await startNebulaService(lighthouse, LIGHTHOUSE);
await startSupernode(supernode);
const rows: Row[] = [];

console.log('moving the laptop, then the router of the edge; up to half a minute each time');
const { alder } = world.edges;
{
  const moving = [world.laptop, alder] as const;
  await using rivals = await createRivals(nebula, ...moving, true);
  const laptop = await measureOutages(rivals, moving, (run) => moveLaptop(world, run));
  rows.push(...outageRows('a laptop changes its network', laptop, 500, 2000));
  const edge = await measureOutages(rivals, moving, (run) =>
    alder.home.router.setWanAddress(`198.51.100.${30 + run}`),
  );
  rows.push(...outageRows("an edge's router gets another address, traffic flows", edge, 2000, 5000));
}

console.log('first packets');
const kinds = [...new Set(COLD_PAIRS.flat())];
const agents = new Map<NatPreset, readonly AgentMachine[]>();
for (const [at, nat] of kinds.entries()) agents.set(nat, await addKind(world, nat, at));
for (const [natA, natB] of COLD_PAIRS) {
  const ends = [agents.get(natA)![0]!, agents.get(natB)![1]!] as const;
  await using rivals = await createRivals(nebula, ...ends, hasDirectPath(natA, natB));
  rows.push(await coldRow(rivals, `${natA} and ${natB}`));
  if (natA === 'symmetric' && natB === 'symmetric') {
    console.log('two symmetric NATs through relays');
    rows.push(await throughputRow(rivals));
  }
}
await report('paths', RUNS, rows);
process.exit(0);
