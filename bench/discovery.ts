/**
 * `make bench-discovery`: a full home (60 of 254 addresses, mixed services), a routed /24 with 30 hosts and a routed /20
 * with 40 scattered ones, some of which drop all but one port. How soon a scan shows the first host, all hosts, all services; what it finds,
 * what it costs; and what arp-scan, nmap and fping make of the same networks in the same run.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isInCidr } from '@sidegate/kit';
import { createLab, type Home, type Machine } from '@sidegate/lab';
import type { Cidr4, Host, Ip4 } from '@sidegate/protocol';
import { addBehindRouter, addDevices, spreadAddresses } from './src/crowd.ts';
import { medianOf, type Row, report } from './src/report.ts';
import { type TimedRun, timedRun } from './src/timed-run.ts';

const RUNS = 5;
const SCANNER = join(import.meta.dirname, '../agent/src/plugins/discovery/testing/scan-here.ts');
const PORTS = '22,80,443,554,9100';
/** Arithmetic, not measured: with Linux's default table the router drops questions that find no place in it. */
const LIMIT_MS = (4094 / 1024 - 1) * 3_000;
const LAN = '192.168.1.0/24';
const FAR = '10.20.0.0/20';
const MIDDLE = '10.30.0.0/24';

/** What a network really holds. */
interface Truth {
  readonly hosts: readonly string[];
  /** `address:port` of everything that listens. */
  readonly services: readonly string[];
}

/** One scan by the agent. */
interface Scan extends TimedRun {
  readonly firstMs: number;
  readonly allMs: number;
  readonly servicesMs: number;
  readonly recall: number;
  readonly precision: number;
  readonly serviceRecall: number;
}

const share = (wanted: readonly string[], found: ReadonlySet<string>): number =>
  wanted.filter((one) => found.has(one)).length / wanted.length;

const buildAttached = async (home: Home): Promise<Truth> => {
  const things = spreadAddresses('192.168.1.0', 100, 2, 55);
  const web = things.slice(0, 18).map((address, at) => `${address}:${[80, 443, 8080][at % 3]}`);
  await addDevices(home, 'crowd', things, web);
  await Promise.all([
    home.addCamera('camera', { address: '192.168.1.20' }),
    home.addPrinter('printer', { address: '192.168.1.30' }),
    home.addNas('nas', { address: '192.168.1.40' }),
    home.addThing('thing', { address: '192.168.1.50' }),
  ]);
  const own = ['20:80', '20:554', '30:631', '40:22', '40:443'].map((end) => `192.168.1.${end}`);
  const hosts = ['192.168.1.1', ...[20, 30, 40, 50].map((last) => `192.168.1.${last}`), ...things];
  return { hosts, services: [...web, ...own] };
};

const buildRouted = async (home: Home): Promise<Truth> => {
  const hosts = spreadAddresses('10.20.0.0', 77, 101, 40);
  const ports = PORTS.split(',');
  const web = hosts.slice(0, 30).map((address, at) => `${address}:${ports[at % ports.length]}`);
  await addBehindRouter(home, 'far', hosts, web, hosts.slice(0, 10));
  // The router's own address answers too.
  return { hosts: ['10.20.0.1', ...hosts], services: web };
};

const buildMiddle = async (home: Home): Promise<Truth> => {
  const hosts = spreadAddresses('10.30.0.0', 5, 8, 30);
  const ports = PORTS.split(',');
  const web = hosts.slice(0, 20).map((address, at) => `${address}:${ports[at % ports.length]}`);
  await addBehindRouter(home, 'middle', hosts, web, hosts.slice(0, 8));
  return { hosts: ['10.30.0.1', ...hosts], services: web };
};

/** The agent's discovery plugin in a process of its own, from a cold start. */
const scan = async (edge: Machine, truth: Truth, run: number, ...args: string[]): Promise<Scan> => {
  const directory = `/run/scan-${run}-${args.length}`;
  await mkdir(edge.path(directory), { recursive: true });
  // Nobody is remembered from the run before.
  await edge.run('ip', ['neighbour', 'flush', 'all']);
  const timed = await timedRun(edge, process.execPath, [SCANNER, directory, ...args]);
  const result = JSON.parse(timed.stdout) as {
    readonly tookMs: number;
    readonly hosts: readonly Host[];
    readonly events: readonly { readonly event: string; readonly data: Host; readonly atMs: number }[];
  };
  const sightings = new Map<string, number>();
  const serviceTimes = new Map<string, number>();
  for (const { event, data, atMs } of result.events) {
    if (event !== 'host.changed' || !data.online) continue;
    const [address = ''] = data.addresses;
    if (!sightings.has(address)) sightings.set(address, atMs);
    for (const { port } of data.services) {
      const service = `${address}:${port}`;
      if (!serviceTimes.has(service)) serviceTimes.set(service, atMs);
    }
  }
  const isThere = new Set(truth.hosts);
  const scope = (args[0] ?? LAN) as Cidr4;
  const found = [...sightings.keys()].filter((address) => isInCidr(address as Ip4, scope));
  const timesOf = (wanted: readonly string[], times: ReadonlyMap<string, number>) =>
    wanted.map((one) => times.get(one) ?? result.tookMs);
  return {
    ...timed,
    tookMs: result.tookMs,
    firstMs: Math.min(...timesOf(truth.hosts, sightings)),
    allMs: Math.max(...timesOf(truth.hosts, sightings)),
    servicesMs: Math.max(...timesOf(truth.services, serviceTimes)),
    recall: share(truth.hosts, new Set(found)),
    precision: found.filter((address) => isThere.has(address)).length / Math.max(1, found.length),
    serviceRecall: share(truth.services, new Set(serviceTimes.keys())),
  };
};

/** Another scanner; `pattern` finds addresses in what it prints. */
const peer = async (edge: Machine, truth: Truth, pattern: RegExp, file: string, args: readonly string[]) => {
  const timed = await timedRun(edge, file, args);
  const found = new Set([...timed.stdout.matchAll(pattern)].map((match) => match[1]!));
  return { ...timed, recall: share(truth.hosts, found) };
};
type Peer = Awaited<ReturnType<typeof peer>>;

const NMAP_UP = /^Host: (\S+) .*Ports: .*\/(?:open|closed)\//gm;
const nmap = (edge: Machine, truth: Truth, cidr: string) =>
  peer(edge, truth, NMAP_UP, 'nmap', ['-n', '-sT', '-p', PORTS, '-oG', '-', cidr]);
/** One hand-picked setting, not a tuned one: with `-sT -T5` alone it takes minutes over silent addresses. */
const HURRY = ['-T5', '--min-rate=2500', '--max-retries=1', '--min-hostgroup=1024'];
const nmapInAHurry = (edge: Machine, truth: Truth, cidr: string) =>
  peer(edge, truth, NMAP_UP, 'nmap', ['-n', '-sS', '-Pn', ...HURRY, '-p', PORTS, '-oG', '-', cidr]);
const fping = (edge: Machine, truth: Truth, cidr: string) =>
  peer(edge, truth, /^(\S+)$/gm, 'fping', ['-a', '-q', '-g', '-r', '1', '-i', '1', '-t', '500', cidr]);
const arpScan = (edge: Machine, truth: Truth, cidr: string) =>
  peer(edge, truth, /^(\d+\.\d+\.\d+\.\d+)\t/gm, 'arp-scan', ['--plain', '--interface=eth0', cidr]);

await using lab = await createLab();
const home = await lab.addHome('alder', { lan: LAN, wan: '198.51.100.2', dmz: { cidr: FAR } });
const edge = await home.addMachine('edge', { address: '192.168.1.2' });
const near = await buildAttached(home);
const far = await buildRouted(home);
const nextHome = await lab.addHome('birch', {
  lan: '192.168.2.0/24',
  wan: '198.51.100.3',
  dmz: { cidr: MIDDLE },
});
const nextEdge = await nextHome.addMachine('edge', { address: '192.168.2.2' });
const middle = await buildMiddle(nextHome);

const runs = { near: [] as Scan[], middle: [] as Scan[], far: [] as Scan[] };
const peers = new Map<string, Peer[]>();
const note = (name: string, one: Peer) => peers.set(name, [...(peers.get(name) ?? []), one]);
for (let run = 0; run < RUNS; run++) {
  console.log(`run ${run + 1} of ${RUNS}`);
  runs.near.push(await scan(edge, near, run));
  note('arp-scan, /24', await arpScan(edge, near, LAN));
  note('nmap -sT five ports, /24', await nmap(edge, near, LAN));
  note('fping, /24', await fping(edge, near, LAN));
  runs.middle.push(await scan(nextEdge, middle, run, MIDDLE));
  note('nmap -sT five ports, routed /24', await nmap(nextEdge, middle, MIDDLE));
  note('fping, routed /24', await fping(nextEdge, middle, MIDDLE));
  runs.far.push(await scan(edge, far, run, FAR));
  note('nmap -sS -Pn five ports in a hurry, /20', await nmapInAHurry(edge, far, FAR));
  note('fping, /20', await fping(edge, far, FAR));
}

type Limit = { readonly most: number } | { readonly least: number };
const row = (what: string, unit: string, values: readonly number[], limit?: Limit): Row => {
  const value = medianOf(values);
  if (limit === undefined) return { what, value, unit, goal: 'none: for information', ok: true };
  if ('most' in limit) return { what, value, unit, goal: `< ${limit.most}`, ok: value < limit.most };
  return { what, value, unit, goal: `>= ${limit.least}`, ok: value >= limit.least };
};
/** Every run must have found everything: the worst one counts. */
const worst = (what: string, values: readonly number[]) =>
  row(what, 'share', [Math.min(...values)], { least: 1 });
const cores = ({ cpuMs, tookMs }: Scan | Peer) => cpuMs / tookMs;
const of = <Key extends keyof Scan>(series: readonly Scan[], key: Key) => series.map((one) => one[key]);

await report('discovery', RUNS, [
  row('/24, first host', 'ms', of(runs.near, 'firstMs'), { most: 300 }),
  row('/24, all 60 hosts', 'ms', of(runs.near, 'allMs'), { most: 1_000 }),
  row('/24, all 23 services', 'ms', of(runs.near, 'servicesMs'), { most: 3_000 }),
  row('/24, whole scan', 'ms', of(runs.near, 'tookMs')),
  worst('/24, hosts found, worst run', of(runs.near, 'recall')),
  worst('/24, hosts found that are there, worst run', of(runs.near, 'precision')),
  worst('/24, services found, worst run', of(runs.near, 'serviceRecall')),
  row('/24, CPU, Node itself included', 'cores', runs.near.map(cores)),
  row('/24, packets', 'packets', of(runs.near, 'packets')),
  row('/24 behind a router, first host', 'ms', of(runs.middle, 'firstMs')),
  row('/24 behind a router, all 31 hosts', 'ms', of(runs.middle, 'allMs')),
  row('/24 behind a router, whole scan with all ports', 'ms', of(runs.middle, 'tookMs')),
  worst('/24 behind a router, hosts found, worst run', of(runs.middle, 'recall')),
  worst('/24 behind a router, hosts found that are there, worst run', of(runs.middle, 'precision')),
  worst('/24 behind a router, services found, worst run', of(runs.middle, 'serviceRecall')),
  row('/24 behind a router, CPU, Node itself included', 'cores', runs.middle.map(cores)),
  row('/24 behind a router, packets', 'packets', of(runs.middle, 'packets')),
  row('/20 behind a router, first host', 'ms', of(runs.far, 'firstMs')),
  row('/20 behind a router, all 41 hosts', 'ms', of(runs.far, 'allMs'), { most: 8_000 }),
  row('limit: 4094 questions through a Linux router, 1024 neighbours for 3 s each', 'ms', [LIMIT_MS]),
  row('/20 behind a router, whole scan with all ports', 'ms', of(runs.far, 'tookMs')),
  worst('/20 behind a router, hosts found, worst run', of(runs.far, 'recall')),
  worst('/20 behind a router, hosts found that are there, worst run', of(runs.far, 'precision')),
  worst('/20 behind a router, services found, worst run', of(runs.far, 'serviceRecall')),
  row('/20 behind a router, CPU, Node itself included', 'cores', runs.far.map(cores), { most: 0.5 }),
  row('/20 behind a router, packets', 'packets', of(runs.far, 'packets')),
  ...[...peers].flatMap(([name, series]) => [
    row(
      `peer: ${name}, time`,
      'ms',
      series.map(({ tookMs }) => tookMs),
    ),
    row(
      `peer: ${name}, hosts found`,
      'share',
      series.map(({ recall }) => recall),
    ),
    row(`peer: ${name}, CPU`, 'cores', series.map(cores)),
    row(
      `peer: ${name}, packets`,
      'packets',
      series.map(({ packets }) => packets),
    ),
  ]),
]);
