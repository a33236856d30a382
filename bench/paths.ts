/**
 * `make bench-paths`: how long the first packet takes between nodes behind every pair of NATs that matters; how long a
 * connection is silent when a laptop changes its network, and when an edge's router gets another address, which the
 * edge cannot see; what two symmetric NATs get through a relay. Beside WireGuard set by hand, nebula and n2n, on the
 * same machines behind the same routers. Arguments name the sections to run; without them, all.
 */
import type { NatPreset } from '@sidegate/lab';
import { type AgentMachine, createWorld, type World } from '@sidegate/lab/demo';
import { firstAnswerMs } from './src/cold-start.ts';
import { measureOutages, outageRows } from './src/path-outages.ts';
import { relayedRows } from './src/relayed-throughput.ts';
import { medianOf, type Row, report } from './src/report.ts';
import { note, others, oursIn, type Results } from './src/rival-results.ts';
import { createHandSetWireGuard } from './src/rivals/hand-set-wireguard.ts';
import { createN2n, startSupernode } from './src/rivals/n2n.ts';
import { createNebula, type NebulaService, startNebulaService } from './src/rivals/nebula.ts';
import { forgetFlows, type Pair, type Rival } from './src/rivals/rival.ts';
import { createSidegate, joinWorld } from './src/rivals/sidegate.ts';

const SECTIONS = ['outages', 'cold', 'relayed'] as const;
type Section = (typeof SECTIONS)[number];
const named = process.argv.slice(2);
const unknown = named.find((name) => !SECTIONS.includes(name as Section));
if (unknown !== undefined) {
  console.error(`There is no section ${unknown}; there are: ${SECTIONS.join(', ')}.`);
  process.exit(2);
}
const isWanted = (section: Section): boolean => named.length === 0 || named.includes(section);

const RUNS = 5;
const COLD_MAX_MS = 15_000;
const COLD_GOAL_MS = 300;
const CONNECT_GOAL_MS = 500;
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
    goal: `< ${COLD_GOAL_MS}`,
    ok: value < COLD_GOAL_MS,
  };
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

/** Two machines that only a relay brings together: how soon, how fast, and what it costs the relay. */
const measureRelayed = async ({ pair, rivals }: Rivals): Promise<Row[]> => {
  const connects: Results = new Map();
  for (const rival of rivals) note(connects, rival.name, await measureColdMs(pair, rival));
  for (let run = 1; run < RUNS; run++) note(connects, 'sidegate', await measureColdMs(pair, rivals[0]!));
  const relays = { sidegate: world.broker, nebula: lighthouse, n2n: supernode };
  const rows = await relayedRows(pair, rivals, relays, RUNS);
  for (const rival of rivals) if (rival.name !== 'sidegate') await rival.stop();
  const value = medianOf(oursIn(connects));
  const connected: Row = {
    what: 'both symmetric: first packet through the relay',
    value,
    unit: 'ms',
    peer: others(connects, COLD_MAX_MS),
    goal: `< ${CONNECT_GOAL_MS}`,
    ok: value < CONNECT_GOAL_MS,
  };
  return [connected, ...rows];
};

if (isWanted('outages')) {
  console.log('moving the laptop, then the router of the edge; up to half a minute each time');
  const { alder } = world.edges;
  const moving = [world.laptop, alder] as const;
  await using all = await createRivals(nebula, ...moving, true);
  const laptop = await measureOutages(all.pair, all.rivals, moving, RUNS, (run) => moveLaptop(world, run));
  rows.push(...outageRows('a laptop changes its network', laptop, 500, 2000));
  const edge = await measureOutages(all.pair, all.rivals, moving, RUNS, (run) =>
    alder.home.router.setWanAddress(`198.51.100.${30 + run}`),
  );
  rows.push(...outageRows("an edge's router gets another address, traffic flows", edge, 2000, 5000));
}

const kinds = [...new Set(COLD_PAIRS.flat())];
const agents = new Map<NatPreset, readonly AgentMachine[]>();
/** One of two machines behind a NAT of this kind, built when they are needed. */
const endOf = async (nat: NatPreset, end: 0 | 1): Promise<AgentMachine> => {
  if (!agents.has(nat)) agents.set(nat, await addKind(world, nat, kinds.indexOf(nat)));
  return agents.get(nat)![end]!;
};
if (isWanted('cold')) {
  console.log('first packets');
  for (const [natA, natB] of COLD_PAIRS) {
    const ends = [await endOf(natA, 0), await endOf(natB, 1)] as const;
    await using rivals = await createRivals(nebula, ...ends, hasDirectPath(natA, natB));
    rows.push(await coldRow(rivals, `${natA} and ${natB}`));
  }
}
if (isWanted('relayed')) {
  console.log('two symmetric NATs through relays');
  await using rivals = await createRivals(
    nebula,
    await endOf('symmetric', 0),
    await endOf('symmetric', 1),
    false,
  );
  rows.push(...(await measureRelayed(rivals)));
}
await report(['paths', ...named].join('-'), RUNS, rows);
process.exit(0);
