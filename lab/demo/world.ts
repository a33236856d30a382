/**
 * The demo's world: a broker on the lab's internet, homes with an edge each, and a technician's laptop, all running
 * the real programs. `make run`, `make demo-check`, the end-to-end tests and the benches share it. Every LAN in it is
 * 192.168.1.0/24, on purpose.
 *
 *   portal.example 203.0.113.10 ----- internet ----- office router (NAT) ----- laptop 192.168.1.2
 *                                     |      |
 *              alder's router (NAT) --+      +-- birch's router (NAT)
 *   board .2  camera .64  printer .70  nas .80  thing .99        the same numbers again
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createLab, type Home, type Lab, type LabProcess, type Machine } from '../src/index.ts';
import { ROOT } from './paths.ts';

/** Names of the homes in the demo, and their routers' public addresses. */
export const HOMES = { alder: '198.51.100.2', birch: '198.51.100.6', office: '198.51.100.10' } as const;

/** Who logs in to the portal. The password is for this lab only: nothing of it is reachable from outside. */
export const TECHNICIAN = {
  name: 'Tess Nolan',
  email: 'tess@acme.example',
  password: 'side-gate-demo',
} as const;
/** The local password of every edge's own UI. */
export const EDGE_PASSWORD = 'alder-and-birch';
/** The account that all of them belong to; its label is part of every name. */
export const ACCOUNT = { name: 'Acme Field Service', label: 'acme' } as const;

/** A machine that runs an agent. */
export interface AgentMachine {
  readonly name: string;
  readonly machine: Machine;
  readonly home: Home;
  /** The daemon as it runs now. */
  agent: LabProcess;
  /** Runs the CLI on that machine; throws when it fails. */
  sidegate(...args: string[]): Promise<string>;
  /** Starts the CLI there and does not wait for its end. */
  spawn(...args: string[]): LabProcess;
  /** Starts the daemon (again). */
  startAgent(): Promise<void>;
}

/** The running demo; disposing ends every process and namespace of it. */
export interface World extends AsyncDisposable {
  readonly lab: Lab;
  readonly broker: Machine;
  brokerProcess: LabProcess;
  readonly brokerUrl: string;
  readonly edges: Readonly<Record<'alder' | 'birch', AgentMachine>>;
  readonly laptop: AgentMachine;
  /** A new enrolment key. */
  createKey(role: 'edge' | 'client'): Promise<string>;
  startBroker(): Promise<void>;
}

const AGENT = join(ROOT, 'agent/dist/sidegate.mjs');
const BROKER = join(ROOT, 'broker/dist/sidegate-broker.mjs');
const BROKER_DATA = '/var/lib/sidegate-broker';
const BROKER_ADDRESSES = ['203.0.113.10', '203.0.113.11'] as const;
const BEACONS = BROKER_ADDRESSES.map((address) => `${address}:7382`);
/** The relay that every peer starts behind: the first beacon. */
export const RELAY = BEACONS[0]!;
const BROKER_URL = 'http://portal.example';
const SOCKET = '/run/sidegate/sidegate.sock';

const node = process.execPath;

/** Progress in plain words, for whoever watches. */
export type Say = (what: string) => void;

/** Builds and starts the whole world; everything in it ends with this process. */
export const createWorld = async (say: Say = () => {}, signal?: AbortSignal): Promise<World> => {
  for (const bundle of [AGENT, BROKER]) {
    if (!existsSync(bundle)) throw new Error(`${bundle} has not been built: run make build`);
  }
  const lab = await createLab(signal === undefined ? {} : { signal });
  try {
    return await furnish(lab, say);
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
};

const furnish = async (lab: Lab, say: Say): Promise<World> => {
  say('building the internet, two homes and an office');
  const [broker, homes] = await Promise.all([
    lab.internet.addServer('portal', { addresses: [...BROKER_ADDRESSES] }),
    buildHomes(lab),
  ]);
  say('starting the broker');
  const run = (args: readonly string[], input?: string) =>
    broker.run(node, [BROKER, ...args, '--data', BROKER_DATA], input === undefined ? {} : { input });
  await run(
    [
      'init',
      '--account-name',
      ACCOUNT.name,
      '--label',
      ACCOUNT.label,
      '--name',
      TECHNICIAN.name,
      '--email',
      TECHNICIAN.email,
      '--password-stdin',
    ],
    `${TECHNICIAN.password}\n`,
  );
  const startBroker = () => serve(lab, broker);
  const createKey = async (role: 'edge' | 'client') => {
    const { stdout } = await run(['key', 'create', '--role', role, '--json']);
    return (JSON.parse(stdout) as { secret: string }).secret;
  };
  const brokerProcess = await startBroker();
  say('enrolling the edges and the laptop');
  const enrol = async (name: string, home: Home, machine: Machine, role: 'edge' | 'client') => {
    const agent = await startAgentOn(lab, name, home, machine);
    await agent.sidegate(
      'up',
      '--broker',
      BROKER_URL,
      '--key',
      await createKey(role),
      '--name',
      name,
      '--role',
      role,
      '--wait',
    );
    if (role === 'edge')
      await machine.run(node, [AGENT, 'login', 'set-password'], { input: `${EDGE_PASSWORD}\n` });
    return agent;
  };
  const [alder, birch, laptop] = await Promise.all([
    enrol('alder', homes.alder.home, homes.alder.machine, 'edge'),
    enrol('birch', homes.birch.home, homes.birch.machine, 'edge'),
    enrol('laptop', homes.office.home, homes.office.machine, 'client'),
  ]);
  const world: World = {
    lab,
    broker,
    brokerProcess,
    brokerUrl: BROKER_URL,
    edges: { alder, birch },
    laptop,
    createKey,
    async startBroker() {
      world.brokerProcess = await startBroker();
    },
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
  return world;
};

const buildHomes = async (lab: Lab) => {
  const build = async (name: keyof typeof HOMES) => {
    const home = await lab.addHome(name, { lan: '192.168.1.0/24', wan: HOMES[name], nat: 'port-restricted' });
    const isOffice = name === 'office';
    const [machine] = await Promise.all([
      home.addMachine(isOffice ? 'laptop' : 'board', { address: '192.168.1.2' }),
      ...(isOffice
        ? []
        : [
            home.addCamera('camera', { address: '192.168.1.64' }),
            home.addPrinter('printer', { address: '192.168.1.70' }),
            home.addNas('nas', { address: '192.168.1.80' }),
            home.addThing('thing', { address: '192.168.1.99' }),
            home.addPhone('phone'),
          ]),
    ]);
    return { home, machine };
  };
  const [alder, birch, office] = await Promise.all([build('alder'), build('birch'), build('office')]);
  return { alder, birch, office };
};

const serve = async (lab: Lab, broker: Machine): Promise<LabProcess> => {
  const udp = BEACONS.join(',');
  const serving = broker.spawn(
    node,
    [
      BROKER,
      'serve',
      '--data',
      BROKER_DATA,
      '--http',
      `${BROKER_ADDRESSES[0]}:80`,
      '--udp',
      udp,
      '--public-udp',
      udp,
      '--public-url',
      BROKER_URL,
    ],
    { log: join(lab.directory, 'broker.log') },
  );
  await broker.waitFor({ tcp: 80 }, 15_000);
  return serving;
};

/** Starts a daemon on a machine and waits until it answers. */
export const startAgentOn = async (
  lab: Lab,
  name: string,
  home: Home,
  machine: Machine,
): Promise<AgentMachine> => {
  const spawnDaemon = async () => {
    const daemon = machine.spawn(node, [AGENT, 'daemon'], { log: join(lab.directory, `${name}.log`) });
    await machine.waitFor(
      async () =>
        existsSync(machine.path(SOCKET)) &&
        (await machine.run(node, [AGENT, 'status', '--json'], { reject: false })).exitCode === 0,
      20_000,
    );
    return daemon;
  };
  const agent: AgentMachine = {
    name,
    machine,
    home,
    agent: await spawnDaemon(),
    async sidegate(...args) {
      return (await machine.run(node, [AGENT, ...args], { timeoutMs: 60_000 })).stdout;
    },
    spawn: (...args) => machine.spawn(node, [AGENT, ...args]),
    async startAgent() {
      agent.agent = await spawnDaemon();
    },
  };
  return agent;
};
