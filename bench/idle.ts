/**
 * `make bench-idle`: what an edge that nobody uses costs: memory above a bare Node of the same version, and CPU of the
 * agent with every program that it runs. Two edges of the demo's world, one on each Node that is here, started as the
 * package's launcher starts them. The bare Node beside each is as anybody starts it, without flags.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@sidegate/kit';
import type { LabProcess } from '@sidegate/lab';
import { type AgentMachine, createWorld, ROOT } from '@sidegate/lab/demo';
import { medianOf, type Row, report } from './src/report.ts';

const RUNS = 5;
const RUN_MS = 12_000;
/** Scans at the start, the first paths and the compiler are not idle. */
const SETTLE_MS = 60_000;
const MEMORY_GOAL_MIB = 15;
const CPU_GOAL_PERCENT = 0.2;
/** USER_HZ, proc(5): 100 on every Linux that Node runs on. */
const TICKS_PER_SEC = 100;
const AGENT = join(ROOT, 'agent/dist/sidegate.mjs');
/** The Node of Debian, where it can run the agent. */
const DEBIAN_NODE = '/usr/bin/node';
/** What the launcher of Debian's package gives to Node. */
const LAUNCHER = readFileSync(join(ROOT, 'package/files/debian/sidegate.launcher'), 'utf8');
const FLAGS = /^flags='(.*)'$/m.exec(LAUNCHER)![1]!.split(' ');
const ENVIRONMENT = Object.fromEntries(
  [...LAUNCHER.matchAll(/^(MALLOC_\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
);
const BARE = 'require("node:http").createServer().listen("/run/bare.sock", () => console.log("listening"))';

interface Edge {
  readonly version: string;
  readonly agent: LabProcess;
  readonly bare: LabProcess;
}

const readMemoryMib = (pid: number, field: 'Rss' | 'Pss'): number => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1024;
};

/** CPU of a process, of the children that it has waited for, and of those that run: proc(5), utime to cstime. */
const readCpuSec = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const ownSec = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SEC;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return children.reduce((sum, child) => sum + readCpuSec(Number(child)), ownSec);
};

const furnish = async ({ machine }: AgentMachine, node: string, agent: LabProcess): Promise<Edge> => {
  const bare = machine.spawn(node, ['-e', BARE]);
  await bare.waitForOutput(/listening/);
  return { version: (await machine.run(node, ['--version'])).stdout.trim(), agent, bare };
};

/** The same edge, its agent started again as a package would, on this Node. */
const moveToNode = async (edge: AgentMachine, node: string): Promise<LabProcess> => {
  edge.agent.kill('SIGTERM');
  await edge.agent.exited;
  const agent = edge.machine.spawn(node, [...FLAGS, AGENT, 'daemon'], { env: ENVIRONMENT });
  await agent.waitForOutput(/the agent runs/, 30_000);
  return agent;
};

const measure = async ({ version, agent, bare }: Edge): Promise<readonly Row[]> => {
  const cpu: number[] = [];
  const memory: Record<'Rss' | 'Pss', number[]> = { Rss: [], Pss: [] };
  for (let run = 0; run < RUNS; run++) {
    const beforeSec = readCpuSec(agent.pid);
    const startMs = systemClock.monoMs();
    await systemClock.sleep(RUN_MS);
    cpu.push(((readCpuSec(agent.pid) - beforeSec) * 100_000) / (systemClock.monoMs() - startMs));
    for (const field of ['Rss', 'Pss'] as const)
      memory[field].push(readMemoryMib(agent.pid, field) - readMemoryMib(bare.pid, field));
  }
  const row = (what: string, value: number, unit: string, goal: number): Row => ({
    what: `${what}, Node ${version}`,
    value,
    unit,
    peer: 'bare Node with a listening socket',
    goal: `<= ${goal}`,
    ok: value <= goal,
  });
  // A tick is a hundredth of a second: the whole minute tells more than the middle run.
  const meanCpu = cpu.reduce((sum, percent) => sum + percent, 0) / cpu.length;
  const { peer: _none, ...cpuRow } = row(
    'CPU of an idle edge, children too',
    meanCpu,
    '% of a core',
    CPU_GOAL_PERCENT,
  );
  return [
    row('resident memory above bare Node', medianOf(memory.Rss), 'MiB', MEMORY_GOAL_MIB),
    row('the same, shared pages by share (PSS)', medianOf(memory.Pss), 'MiB', MEMORY_GOAL_MIB),
    cpuRow,
  ];
};

await using world = await createWorld((what) => console.log(what));
const { alder, birch } = world.edges;
const edges = [
  await furnish(alder, process.execPath, await moveToNode(alder, process.execPath)),
  await furnish(birch, DEBIAN_NODE, await moveToNode(birch, DEBIAN_NODE)),
];
await systemClock.sleep(SETTLE_MS);
await report('idle', RUNS, (await Promise.all(edges.map(measure))).flat());
process.exit(0);
