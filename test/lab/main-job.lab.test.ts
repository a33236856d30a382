/**
 * What the main job promises, on the real thing: one world for all, tests in the order of a working day.
 *
 *   laptop 192.168.1.2 - NAT 198.51.100.10 - internet - NAT 198.51.100.2 - board 192.168.1.2 + devices (alder)
 *                                               |
 *                                            portal 203.0.113.10      NAT 198.51.100.6 - the same again (birch)
 */
import { readFile } from 'node:fs/promises';
import { systemClock } from '@sidegate/kit';
import type { Machine } from '@sidegate/lab';
import { createWorld, HOMES, type World } from '@sidegate/lab/demo';
import {
  type Address,
  type Forward,
  type Host,
  LIMITS,
  type PeerStatus,
  type Scan,
} from '@sidegate/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';

let world: World;

/** Everything on a machine that `up` might change. */
const traceOf = async (machine: Machine): Promise<string> => {
  const outputs = await Promise.all([
    machine.run('ip', ['-o', 'addr']),
    machine.run('ip', ['-o', 'route', 'show', 'table', 'all']),
    machine.run('nft', ['list', 'ruleset']),
    machine.run('sysctl', ['net.ipv4.ip_forward']),
  ]);
  const hosts = await readFile(machine.path('/etc/hosts'), 'utf8');
  return [
    ...outputs.map((output) => output.stdout.replaceAll(/valid_lft \S+|preferred_lft \S+|expires \S+/g, '')),
    hosts,
  ].join('\n---\n');
};

const json = async <T>(output: Promise<string>): Promise<T> => JSON.parse(await output) as T;
const get = (machine: Machine, url: string, patienceSec = 5) =>
  machine.run(
    'curl',
    ['-sS', '--max-time', String(patienceSec), '-o', '/dev/null', '-w', '%{http_code}', url],
    {
      reject: false,
    },
  );
const statusOf = async (machine: Machine, place: string, patienceSec = 2) =>
  (await get(machine, `http://${place}/`, patienceSec)).stdout;
/** Of the cameras of alder and birch. */
let given: readonly Address[] = [];

beforeAll(async () => {
  world = await createWorld();
}, 60_000);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

test('the laptop reaches both edges at once, although all three LANs have the same numbers', async () => {
  for (const name of ['alder', 'birch'] as const) {
    const { stdout } = await world.laptop.machine.run('ping', [
      '-c',
      '3',
      '-i',
      '0.2',
      '-W',
      '2',
      `${name}.acme.sidegate.internal`,
    ]);
    expect(stdout).toContain('0% packet loss');
  }
});

test('the path becomes direct through a port-restricted NAT on either side', async () => {
  await expect
    .poll(
      async () => {
        await world.laptop.machine.run('ping', ['-c', '2', '-i', '0.2', 'alder.acme.sidegate.internal'], {
          reject: false,
        });
        const peers = await json<PeerStatus[]>(world.laptop.sidegate('peers', '--json'));
        const alder = peers.find((peer) => peer.name === 'alder');
        return [alder?.path, alder?.endpoint?.split(':')[0]];
      },
      { timeout: 20_000, interval: 200 },
    )
    .toEqual(['direct', HOMES.alder]);
});

test('an edge does not see the other home', async () => {
  const peers = await json<PeerStatus[]>(world.edges.birch.sidegate('peers', '--json'));
  expect(peers.map((peer) => peer.name)).toEqual(['laptop']);
});

test('a scan finds every device, and says who made it and what it offers', async () => {
  const { scan, hosts } = await json<{ scan: Scan; hosts: Host[] }>(
    world.edges.alder.sidegate('scan', '--json'),
  );
  expect(scan.state).toBe('done');
  const at = (address: string) => hosts.find((host) => host.addresses.some((own) => own === address));
  const ports = (address: string) => at(address)?.services.map((service) => service.port) ?? [];
  expect(ports('192.168.1.64')).toEqual(expect.arrayContaining([80, 554]));
  expect(ports('192.168.1.70')).toContain(631);
  expect(ports('192.168.1.80')).toEqual(expect.arrayContaining([22, 443]));
  expect(at('192.168.1.64')).toMatchObject({ kind: 'camera', vendor: expect.stringMatching(/hikvision/i) });
  expect(at('192.168.1.70')?.kind).toBe('printer');
  expect(at('192.168.1.99')?.vendor).toMatch(/espressif/i);
});

test('a published camera opens from the laptop', async () => {
  await world.edges.alder.sidegate('forward', 'add', '192.168.1.64:80', '--port', '8001');
  const [forward] = await json<Forward[]>(world.edges.alder.sidegate('forward', 'list', '--json'));
  expect(forward?.url).toBe('http://alder.acme.sidegate.internal:8001/');
  const page = await world.laptop.machine.run('curl', [
    '-sS',
    '--max-time',
    '5',
    'http://alder.acme.sidegate.internal:8001/',
  ]);
  expect(page.stdout).toMatch(/camera/i);
});

test('the same port of the other home leads to the other camera', async () => {
  await world.edges.birch.sidegate('forward', 'add', '192.168.1.64:80', '--port', '8001');
  expect((await get(world.laptop.machine, 'http://birch.acme.sidegate.internal:8001/')).stdout).toBe('200');
});

test('a camera of either home has an address and a name of its own, both at once', async () => {
  const edges = [world.edges.alder, world.edges.birch];
  given = await Promise.all(
    edges.map((edge) =>
      json<Address>(edge.sidegate('address', 'add', '192.168.1.64', '--name', 'camera', '--json')),
    ),
  );
  expect(given.map(({ fqdn }) => fqdn)).toEqual([
    'camera.alder.acme.sidegate.internal',
    'camera.birch.acme.sidegate.internal',
  ]);
  const places = given.flatMap(({ fqdn, address4 }) => [fqdn, address4!]);
  expect(new Set(places).size).toBe(4);
  await expect
    .poll(() => Promise.all(places.map((place) => statusOf(world.laptop.machine, place))), {
      timeout: 10_000,
    })
    .toEqual(['200', '200', '200', '200']);
  // By the machine's own resolver: the mesh's address far away, the host itself beside it.
  const lookUp = async (machine: Machine, name: string) =>
    (await machine.run('getent', ['ahostsv4', name])).stdout.split(/\s/)[0];
  for (const [at, { fqdn, address4 }] of given.entries()) {
    expect(await lookUp(world.laptop.machine, fqdn)).toBe(address4);
    expect(await lookUp(edges[at]!.machine, fqdn)).toBe('192.168.1.64');
  }
  const { stdout } = await world.laptop.machine.run('ping', ['-c1', '-W2', given[1]!.fqdn]);
  expect(stdout).toContain(given[1]!.address4);
});

test('what is published is nobody else’s', async () => {
  const peers = await json<PeerStatus[]>(world.laptop.sidegate('peers', '--json'));
  const alder = peers.find((peer) => peer.name === 'alder')!;
  const { machine: birch } = world.edges.birch;
  const refused = await Promise.all([
    statusOf(birch, `${alder.address4}:8001`, 5),
    statusOf(world.lab.internet.router, `${HOMES.alder}:8001`, 5),
    statusOf(birch, given[0]!.address4!, 5),
  ]);
  expect(refused).toEqual(['000', '000', '000']);
});

test('an address stays its host’s for as long as it is published, whatever is restarted', async () => {
  const [edge, before] = [world.edges.alder, given[0]!];
  edge.agent.kill('SIGKILL');
  await edge.agent.exited;
  await edge.startAgent();
  await expect
    .poll(() => edge.sidegate('address', 'list').catch(() => ''), { timeout: 10_000 })
    .toMatch(new RegExp(`${before.fqdn} +${before.address4} `));
  await edge.sidegate('address', 'remove', 'camera');
  await expect.poll(() => statusOf(world.laptop.machine, before.fqdn), { timeout: 10_000 }).toBe('000');
  expect(await statusOf(world.laptop.machine, given[1]!.fqdn)).toBe('200');
});

test('two hundred hosts of one edge have addresses and names of their own', async () => {
  const { alder } = world.edges;
  const { machine: laptop } = world.laptop;
  const rack = await alder.home.addMachine('rack', { address: '192.168.1.30' });
  const hosts = Array.from({ length: LIMITS.addressesPerEdge }, (_, at) => ({
    name: `unit-${at + 1}`,
    address: `10.20.0.${at + 1}`,
  }));
  await rack.configure(hosts.map(({ address }) => `addr add ${address}/32 dev lo`));
  await alder.machine.configure(['route add 10.20.0.0/24 via 192.168.1.30']);
  await using _echo = rack.spawn('socat', ['TCP-LISTEN:7,reuseaddr,fork', 'EXEC:cat']);
  await rack.waitFor({ tcp: 7 });
  await alder.sidegate('scope', 'add', '10.20.0.0/24');
  const before = await alder.sidegate('forward', 'export');
  const addresses = hosts.map(({ name, address }) => ({ name, target: { address } }));
  const take = async (file: object, ...options: string[]) => {
    await alder.machine.writeFile('/etc/publications.json', JSON.stringify(file));
    return alder.sidegate('forward', 'import', '/etc/publications.json', ...options);
  };
  const startMs = systemClock.monoMs();
  expect(await take({ format: 'sidegate-publications', version: 1, addresses })).toContain('200 added');
  const nameOf = (name: string) => `${name}.alder.acme.sidegate.internal`;
  const sample = ['unit-1', 'unit-100', 'unit-200'].map(nameOf);
  const known = async () =>
    (await readFile(laptop.path('/etc/hosts'), 'utf8')).match(/unit-\d+\.alder/g)?.length;
  await expect.poll(known, { timeout: 10_000 }).toBe(hosts.length);
  console.log(`200 names known to the laptop after ${Math.round(systemClock.monoMs() - startMs)} ms`);
  const ping = async (name: string) =>
    (await laptop.run('ping', ['-c1', '-W1', name], { reject: false })).exitCode;
  // The broker told both at once: the laptop may know a moment before the edge translates.
  await expect.poll(() => Promise.all(sample.map(ping)), { timeout: 5_000 }).toEqual([0, 0, 0]);
  const clients = sample.map((name) => laptop.spawn('socat', ['-', `TCP:${name}:7`], { stdin: 'pipe' }));
  const speak = async (word: string) => {
    for (const client of clients) client.stdin!.write(`${word}\n`);
    await Promise.all(clients.map((client) => client.waitForOutput(new RegExp(word))));
  };
  await speak('one');
  await alder.sidegate('address', 'set', 'unit-2', '--ports', '80');
  await alder.sidegate('address', 'remove', 'unit-3');
  await speak('two');
  const traces = async () => {
    const looks = [['nft', 'list', 'table', 'inet', 'sidegate'] as const, ['conntrack', '-L'] as const];
    const found = await Promise.all(looks.map(([file, ...args]) => alder.machine.run(file, args)));
    return found.map(({ stdout }) => /\b10\.20\.0\.\d/.test(stdout));
  };
  expect(await traces()).toEqual([true, true]);
  expect(await take(JSON.parse(before), '--replace')).toContain('199 removed');
  expect(await traces()).toEqual([false, false]);
  await expect.poll(known, { timeout: 10_000 }).toBeUndefined();
  for (const client of clients) await client[Symbol.asyncDispose]();
  await alder.sidegate('scope', 'remove', '10.20.0.0/24');
  await rack.powerOff();
});

test('a forward to a port in use, or to an address outside the scopes, is refused with a reason', async () => {
  const refused = async (...args: string[]) => {
    const error = await world.edges.alder.sidegate('forward', 'add', ...args, '--json').then(
      () => 'accepted',
      (reason: unknown) => String(reason),
    );
    return error;
  };
  expect(await refused('192.168.1.80:443', '--port', '8001')).toContain('FORWARD_PORT_IN_USE');
  expect(await refused('192.168.1.80:443', '--port', '7380')).toContain('FORWARD_PORT_IN_USE');
  expect(await refused('10.9.9.9:80')).toContain('FORWARD_TARGET_OUTSIDE_SCOPES');
  const forwards = await json<Forward[]>(world.edges.alder.sidegate('forward', 'list', '--json'));
  expect(forwards.length).toBe(1);
});

test('kill -9 of the agent during a transfer through a forward loses no connection', async () => {
  const { alder } = world.edges;
  const server = await alder.home.addMachine('iperf', { address: '192.168.1.90' });
  server.spawn('iperf3', ['-s']);
  await server.waitFor({ tcp: 5201 });
  await alder.sidegate('forward', 'add', '192.168.1.90:5201', '--port', '5201');
  const transfer = world.laptop.machine.spawn('iperf3', [
    '-c',
    'alder.acme.sidegate.internal',
    '-p',
    '5201',
    '-t',
    '8',
    '-i',
    '0.5',
    '-J',
  ]);
  await server.waitFor(async () => /ESTAB/.test((await server.run('ss', ['-tn', 'sport = :5201'])).stdout));
  alder.agent.kill('SIGKILL');
  await alder.agent.exited;
  await alder.startAgent();
  await expect(transfer.exited).resolves.toMatchObject({ code: 0 });
  const report = JSON.parse(transfer.output().slice(transfer.output().indexOf('{'))) as {
    intervals: { sum: { bits_per_second: number } }[];
  };
  expect(report.intervals.filter((interval) => interval.sum.bits_per_second === 0)).toEqual([]);
}, 40_000);

test('after the kill the agent knows what it knew', async () => {
  const forwards = await json<Forward[]>(world.edges.alder.sidegate('forward', 'list', '--json'));
  expect(forwards.map((forward) => forward.edgePort).sort()).toEqual([5201, 8001]);
  expect((await get(world.laptop.machine, 'http://alder.acme.sidegate.internal:8001/')).stdout).toBe('200');
});

test('what works goes on working without the broker, and the broker comes back unnoticed', async () => {
  world.brokerProcess.kill('SIGKILL');
  await world.brokerProcess.exited;
  expect((await get(world.laptop.machine, 'http://alder.acme.sidegate.internal:8001/')).stdout).toBe('200');
  await world.startBroker();
  await expect
    .poll(
      async () =>
        (await json<{ broker?: { connected: boolean } }>(world.laptop.sidegate('status', '--json'))).broker
          ?.connected,
      { timeout: 30_000 },
    )
    .toBe(true);
}, 60_000);

test('a scan of both homes from the internet finds no open port', async () => {
  const targets = [HOMES.alder, HOMES.birch];
  const { stdout } = await world.lab.internet.router.run(
    'nmap',
    ['-n', '-Pn', '-sS', '-p-', '--min-rate', '30000', '--max-retries', '0', '-oG', '-', ...targets],
    { timeoutMs: 120_000 },
  );
  for (const target of targets) expect(stdout).toContain(`Host: ${target}`);
  expect(stdout).not.toMatch(/\/open\//);
}, 130_000);

test('down leaves the machine as it was', async () => {
  const { alder } = world.edges;
  await alder.sidegate('down');
  const down = await traceOf(alder.machine);
  expect(down).not.toMatch(/sg0|sidegate|100\.64\./);
  await alder.sidegate('up', '--wait');
  // The edge greets whoever knew it before, so nobody has to find out that their session with it is gone.
  const { machine } = world.laptop;
  const opens = async () =>
    (await get(machine, 'http://alder.acme.sidegate.internal:8001/')).stdout === '200';
  const upAtMs = systemClock.monoMs();
  await machine.waitFor(opens);
  expect(systemClock.monoMs() - upAtMs).toBeLessThan(1_500);
  await alder.sidegate('down');
  expect(await traceOf(alder.machine)).toBe(down);
}, 60_000);

test('down takes back what a killed daemon left', async () => {
  const { birch } = world.edges;
  birch.agent.kill('SIGKILL');
  await birch.agent.exited;
  expect(await traceOf(birch.machine)).toMatch(/sg0/);
  await birch.sidegate('down');
  expect(await traceOf(birch.machine)).not.toMatch(/sg0|sidegate|100\.64\./);
});
