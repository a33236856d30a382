import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@sidegate/kit';
import {
  createLab,
  type Lab,
  type LabProcess,
  type Machine,
  type NatPreset,
  requireLab,
  startPing,
} from '@sidegate/lab';
import type { EdgeStatus, PeerStatus } from '@sidegate/protocol';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

/*
 *   home (NAT) 192.168.1.2 edge ──┐
 *                                 ├── internet ── broker 203.0.113.10, .11 (two beacons: NAT kinds are told apart)
 *   office (NAT) 192.168.1.2 laptop ┘
 */
const ROOT = join(import.meta.dirname, '../../../..');
const AGENT = join(ROOT, 'agent/src/main.ts');
const BROKER = join(ROOT, 'broker/src/main.ts');
const DATA = '/var/lib/sidegate-broker';
const UDP = '203.0.113.10:7382,203.0.113.11:7382';
const URL = 'http://203.0.113.10:80';
const node = process.execPath;

interface Agent {
  readonly machine: Machine;
  daemon: LabProcess;
  start(): Promise<void>;
  sidegate(...args: string[]): Promise<string>;
  status(): Promise<EdgeStatus>;
  /** The path to the only peer. */
  peer(): Promise<PeerStatus | undefined>;
}

interface Site {
  readonly lab: Lab;
  readonly broker: Machine;
  brokerProcess: LabProcess;
  readonly edge: Agent;
  readonly laptop: Agent;
}

const serveBroker = async (lab: Lab, broker: Machine): Promise<LabProcess> => {
  const flags = [
    '--data',
    DATA,
    '--http',
    '203.0.113.10:80',
    '--udp',
    UDP,
    '--public-udp',
    UDP,
    '--public-url',
    URL,
  ];
  const serving = broker.spawn(node, [BROKER, 'serve', ...flags], { log: join(lab.directory, 'broker.log') });
  await broker.waitFor({ tcp: 80 }, 20_000);
  return serving;
};

const createBroker = async (lab: Lab): Promise<Machine> => {
  const broker = await lab.addServer('broker', { addresses: ['203.0.113.10', '203.0.113.11'] });
  const account = [
    '--account-name',
    'Acme',
    '--label',
    'acme',
    '--name',
    'Tess',
    '--email',
    'tess@acme.example',
  ];
  await broker.run(node, [BROKER, 'init', ...account, '--password-stdin', '--data', DATA], {
    input: 'a long password\n',
  });
  return broker;
};

const createKey = async (broker: Machine, role: string): Promise<string> => {
  const { stdout } = await broker.run(node, [
    BROKER,
    'key',
    'create',
    '--role',
    role,
    '--json',
    '--data',
    DATA,
  ]);
  return (JSON.parse(stdout) as { secret: string }).secret;
};

const createAgent = async (lab: Lab, name: string, nat: NatPreset, wan: string): Promise<Agent> => {
  const home = await lab.addHome(name, { lan: '192.168.1.0/24', wan, nat });
  const machine = await home.addMachine('box', { address: '192.168.1.2' });
  await machine.run('mkdir', ['-p', '/etc/sidegate']);
  await machine.writeFile('/etc/sidegate/config.json', JSON.stringify({ core: { logLevel: 'debug' } }));
  const read = async <T>(...args: string[]) =>
    JSON.parse((await machine.run(node, [AGENT, ...args, '--json'])).stdout) as T;
  const spawn = async () => {
    const daemon = machine.spawn(node, [AGENT, 'daemon'], { log: join(lab.directory, `${name}.log`) });
    const answers = async () =>
      existsSync(machine.path('/run/sidegate/sidegate.sock')) &&
      (await machine.run(node, [AGENT, 'status'], { reject: false })).exitCode === 0;
    await machine.waitFor(answers, 20_000);
    return daemon;
  };
  const agent: Agent = {
    machine,
    daemon: await spawn(),
    async start() {
      agent.daemon = await spawn();
    },
    sidegate: async (...args) => (await machine.run(node, [AGENT, ...args], { timeoutMs: 60_000 })).stdout,
    status: () => read<EdgeStatus>('status'),
    peer: async () => (await read<PeerStatus[]>('peers'))[0],
  };
  return agent;
};

/** Everything enrolled and up. */
const createSite = async (lab: Lab, edgeNat: NatPreset, laptopNat: NatPreset): Promise<Site> => {
  const [broker, edge, laptop] = await Promise.all([
    createBroker(lab),
    createAgent(lab, 'home', edgeNat, '198.51.100.2'),
    createAgent(lab, 'office', laptopNat, '198.51.100.6'),
  ]);
  const brokerProcess = await serveBroker(lab, broker);
  const joinAs = async (agent: Agent, name: string, role: string) =>
    agent.sidegate(
      'up',
      '--broker',
      URL,
      '--key',
      await createKey(broker, role),
      '--name',
      name,
      '--role',
      role,
      '--wait',
    );
  await joinAs(edge, 'edge', 'edge');
  await joinAs(laptop, 'laptop', 'client');
  await laptop.machine.waitFor(async () => (await laptop.peer()) !== undefined, 10_000);
  await edge.machine.waitFor(async () => (await edge.peer()) !== undefined, 10_000);
  return { lab, broker, brokerProcess, edge, laptop };
};

const pathIs = async (agent: Agent, path: PeerStatus['path'], timeoutMs: number) => {
  await agent.machine.waitFor(async () => (await agent.peer())?.path === path, timeoutMs);
};

describe.skipIf(await requireLab())('the mesh in real networks', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab();
  });
  afterEach(async (context) => {
    if (context.task.result?.state === 'fail') {
      for (const name of ['home', 'office', 'broker'])
        console.log(name, await readFile(join(lab.directory, `${name}.log`), 'utf8').catch(() => ''));
    }
    await lab[Symbol.asyncDispose]();
    lab = await createLab();
  });

  test('two port-restricted NATs: relayed at once, direct within seconds, no packet lost', async () => {
    const { laptop, edge } = await createSite(lab, 'port-restricted', 'port-restricted');
    const address = (await laptop.peer())!.address4;
    const startedMs = systemClock.monoMs();
    const ping = startPing(laptop.machine, address);
    await pathIs(laptop, 'direct', 8000);
    await pathIs(edge, 'direct', 8000);
    const elapsedMs = systemClock.monoMs() - startedMs;
    const seen = await ping.stop();
    console.log('direct after', Math.round(elapsedMs), 'ms;', seen.lost, 'of', seen.sent, 'lost');
    expect(seen.lost).toBe(0);
    expect((await laptop.peer())?.endpoint).toMatch(/^198\.51\.100\.2:/);
    expect((await edge.peer())?.endpoint).toMatch(/^198\.51\.100\.6:/);
    expect((await laptop.peer())?.rttMs).toBeGreaterThan(0);
  }, 60_000);

  test('an agent that is killed and started again loses no packet, and keeps the direct path', async () => {
    const { laptop, edge } = await createSite(lab, 'port-restricted', 'port-restricted');
    const ping = startPing(laptop.machine, (await laptop.peer())!.address4);
    await pathIs(laptop, 'direct', 8000);
    await pathIs(edge, 'direct', 8000);
    for (const agent of [edge, laptop]) {
      agent.daemon.kill('SIGKILL');
      await agent.daemon.exited;
      await agent.start();
      await agent.machine.waitFor(async () => (await agent.status()).state === 'up', 10_000);
      await pathIs(agent, 'direct', 8000);
    }
    const seen = await ping.stop();
    console.log('killed twice:', seen.lost, 'of', seen.sent, 'lost');
    expect(seen.lost).toBe(0);
    const why = (await laptop.peer())?.explain.map((entry) => entry.why);
    expect(why).toEqual(['found direct at the start']);
  }, 90_000);

  test('`down` leaves nothing; `up` without a key comes back; `down --forget` leaves the account', async () => {
    const { laptop, edge } = await createSite(lab, 'port-restricted', 'port-restricted');
    const { machine } = edge;
    const leftovers = async () =>
      [
        (await machine.run('ip', ['-o', 'link', 'show', 'sg0'], { reject: false })).stdout,
        (await machine.run('nft', ['list', 'tables'])).stdout,
        (await machine.run('ip', ['route', 'show', 'table', 'all'])).stdout.match(/.*sg0.*/)?.[0] ?? '',
        (await readFile(machine.path('/etc/hosts'), 'utf8')).match(/sidegate/i)?.[0] ?? '',
      ].join('');
    expect(await leftovers()).not.toBe('');
    await edge.sidegate('down');
    await machine.waitFor(async () => (await leftovers()) === '', 5000);
    expect((await edge.status()).state).toBe('down');
    edge.daemon.kill('SIGKILL');
    await edge.daemon.exited;
    await edge.start();
    expect((await edge.status()).state).toBe('down');
    expect(await leftovers()).toBe('');

    await edge.sidegate('up', '--wait');
    const address = (await laptop.peer())!.address4;
    await laptop.machine.run('ping', ['-n', '-c1', '-W5', address]);

    await edge.sidegate('down', '--forget');
    await machine.waitFor(async () => (await leftovers()) === '', 5000);
    expect((await edge.status()).state).toBe('not-enrolled');
    await laptop.machine.waitFor(async () => (await laptop.peer()) === undefined, 5000);
  }, 90_000);

  test('a wrong key is refused with the broker’s code, and nothing is left of the try', async () => {
    const broker = await createBroker(lab);
    await serveBroker(lab, broker);
    const agent = await createAgent(lab, 'home', 'port-restricted', '198.51.100.2');
    const key = `sgk_${'A'.repeat(32)}`;
    const argv = [AGENT, 'up', '--broker', URL, '--key', key, '--json'];
    const { exitCode, stderr } = await agent.machine.run(node, argv, { reject: false });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('ENROLMENT_KEY_UNKNOWN');
    expect((await agent.status()).state).toBe('not-enrolled');
    expect(existsSync(agent.machine.path('/var/lib/sidegate/mesh-identity.json'))).toBe(false);
  }, 60_000);
});
