/**
 * `make bench-main`: how long from a click on an edge to the first byte of its UI, on a path that did not exist
 * before; and what a port forward costs on top of the bare tunnel. Both on the demo's world.
 */
import { performance } from 'node:perf_hooks';
import { createWorld, startAgentOn, type World } from '@sidegate/lab/demo';
import { medianOf, type Row, report } from './src/report.ts';
import { runFirstBetween } from './src/rivals/sidegate.ts';

const RUNS = 5;
const SECONDS = 4;
const nameOf = (node: string) => `${node}.acme.sidegate.internal`;

/** Takes the laptop out of the mesh and back, then fetches the edge's UI as the first thing on a path without a session. */
const clickToFirstByteMs = async (world: World): Promise<number> => {
  const { laptop } = world;
  await laptop.sidegate('down');
  await laptop.sidegate('up', '--wait');
  const measured = "curl -sS --max-time 20 -o /dev/null -w '%{time_starttransfer} %{http_code}'";
  const stdout = await runFirstBetween(laptop, world.edges.alder, `${measured} http://${nameOf('alder')}/`);
  const [seconds, status] = stdout.trim().split(' ');
  if (status !== '200') throw new Error(`the edge's UI answered ${status}`);
  return Number(seconds) * 1000;
};

const mbitPerSecond = async (world: World, host: string, port: number): Promise<number> => {
  const { stdout } = await world.laptop.machine.run(
    'iperf3',
    ['-c', host, '-p', String(port), '-t', String(SECONDS), '-O', '1', '-J'],
    { timeoutMs: 60_000 },
  );
  const result = JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } };
  return result.end.sum_received.bits_per_second / 1e6;
};

/** Two ways into alder's home: through a forward of its edge to a host, and a bare tunnel to a client beside it. */
const prepareThroughput = async (world: World): Promise<void> => {
  const { home, sidegate } = world.edges.alder;
  const host = await home.addMachine('iperf', { address: '192.168.1.90' });
  const twin = await startAgentOn(
    world.lab,
    'twin',
    home,
    await home.addMachine('twin', { address: '192.168.1.3' }),
  );
  for (const machine of [host, twin.machine]) machine.spawn('iperf3', ['-s']);
  await Promise.all([host, twin.machine].map((machine) => machine.waitFor({ tcp: 5201 })));
  await sidegate('forward', 'add', '192.168.1.90:5201', '--port', '5201');
  const key = await world.createKey('client');
  await twin.sidegate(
    'up',
    '--broker',
    world.brokerUrl,
    '--key',
    key,
    '--name',
    'twin',
    '--role',
    'client',
    '--wait',
  );
};

const waitForDirect = async (world: World, peer: string): Promise<void> => {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    await world.laptop.machine.run('ping', ['-c', '2', '-i', '0.2', nameOf(peer)], { reject: false });
    const peers = JSON.parse(await world.laptop.sidegate('peers', '--json')) as {
      name: string;
      path: string;
    }[];
    if (peers.find(({ name }) => name === peer)?.path === 'direct') return;
  }
  throw new Error(`the path to ${peer} did not become direct`);
};

await using world = await createWorld((what) => console.log(what));
const clicks: number[] = [];
for (let run = 0; run < RUNS; run++) clicks.push(await clickToFirstByteMs(world));
await prepareThroughput(world);
await waitForDirect(world, 'alder');
await waitForDirect(world, 'twin');
const bare: number[] = [];
const forwarded: number[] = [];
for (let run = 0; run < RUNS; run++) {
  bare.push(await mbitPerSecond(world, nameOf('twin'), 5201));
  forwarded.push(await mbitPerSecond(world, nameOf('alder'), 5201));
}
const ratio = medianOf(forwarded.map((value, at) => value / bare[at]!));
const rows: Row[] = [
  {
    what: 'click on an edge to first byte of its UI, no session on either end, two port-restricted NATs',
    value: medianOf(clicks),
    unit: 'ms',
    goal: '< 1000',
    ok: medianOf(clicks) < 1000,
  },
  {
    what: 'the same, worst run',
    value: Math.max(...clicks),
    unit: 'ms',
    goal: '< 1000',
    ok: Math.max(...clicks) < 1000,
  },
  { what: 'TCP through the bare tunnel', value: medianOf(bare), unit: 'Mbit/s', goal: '-', ok: true },
  { what: 'TCP through tunnel and forward', value: medianOf(forwarded), unit: 'Mbit/s', goal: '-', ok: true },
  {
    what: 'tunnel and forward / bare tunnel',
    value: ratio,
    unit: 'ratio',
    peer: 'bare tunnel, in turns',
    goal: '>= 0.97',
    ok: ratio >= 0.97,
  },
];
await report('main', RUNS, rows);
process.exit(0);
