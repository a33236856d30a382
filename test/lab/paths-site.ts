/**
 * A mesh to measure paths in: a broker with two beacons and any number of homes with agents, run from source. Shared
 * by the NAT matrix and the tests of roaming.
 */
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { createLab, type Home, type Lab, type LabProcess, type Machine } from '@sidegate/lab';
import type { EdgeStatus, NodeRole, PeerStatus } from '@sidegate/protocol';

const ROOT = join(import.meta.dirname, '../..');
const AGENT = join(ROOT, 'agent/src/main.ts');
const BROKER = join(ROOT, 'broker/src/main.ts');
const DATA = '/var/lib/sidegate-broker';
const PLAIN = {
  addresses: ['203.0.113.10', '203.0.113.11'],
  http: '203.0.113.10:80',
  udp: '203.0.113.10:7382,203.0.113.11:7382',
  url: 'http://203.0.113.10:80',
};
/** Both beacons on both families; the broker is found by its name, which stands for an address of each. */
const DUAL = {
  addresses: [...PLAIN.addresses, '2001:db8:203::10', '2001:db8:203::11'],
  http: '[::]:80',
  udp: '203.0.113.10:7382+[2001:db8:203::10]:7382,203.0.113.11:7382+[2001:db8:203::11]:7382',
  url: 'http://broker.example',
};
type BrokerPlace = typeof PLAIN;
/** Where a daemon listens, on its machine. */
export const SOCKET = '/run/sidegate/sidegate.sock';
const node = process.execPath;
/** Programs run from source: compiled once, and not at each of dozens of starts. Keyed by content. */
const env = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/sidegate-lab') };
/** What a browser does, in a process on the broker's machine. */
const PORTAL_CALL = `
  const { method, path, body } = JSON.parse(process.argv[1]);
  const base = 'http://203.0.113.10/v1/portal';
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const login = JSON.stringify({ email: 'tess@acme.example', password: 'a long password' });
  const session = await fetch(base + '/session', { method: 'POST', headers, body: login });
  headers.cookie = session.headers.get('set-cookie').split(';')[0];
  headers['x-sidegate-csrf'] = (await session.json()).csrf;
  const answer = await fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(answer.status + ' ' + (await answer.text()));
  console.log(await answer.text());
`;

/** Sections of an agent's configuration. */
type Config = Readonly<Record<string, unknown>>;

type Environment = Readonly<Record<string, string>>;

const START_MAX_MS = 20_000;

/** A process that a test stops and starts again. */
export interface Restartable {
  readonly process: LabProcess;
  /** Kills it without a word, as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again; resolves when it answers. */
  start(): Promise<void>;
}

/** An enrolment key, and what it lets in. */
interface Pass {
  readonly role: NodeRole;
  readonly key: string;
}

/** A machine in the mesh. */
export interface MeshNode {
  readonly name: string;
  readonly machine: Machine;
  readonly agent: Restartable;
  /** A command of the CLI as `machine.run` takes it. */
  command(...args: string[]): [file: string, args: string[]];
  /** Runs a command of the CLI. */
  sidegate(...args: string[]): Promise<string>;
  status(): Promise<EdgeStatus>;
  peers(): Promise<readonly PeerStatus[]>;
  /** The path to one peer; rejects while the map does not have it. */
  peer(name: string): Promise<PeerStatus>;
}

/** The same in a home. */
export interface PathNode extends MeshNode {
  readonly home: Home;
}

export interface PathSite extends AsyncDisposable {
  readonly lab: Lab;
  readonly broker: Restartable;
  /** Asks the portal's API as the owner; `path` is below `/v1/portal`. */
  askPortal<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Starts an agent on a machine, with these sections in its configuration. */
  start(name: string, machine: Machine, config?: Config): Promise<MeshNode>;
  /** What `sidegate up` needs to know for a first time: as a client with everybody's key where nothing else is said. */
  enrolment(name: string, pass?: Pass): readonly string[];
  /** A key that works once. */
  createPass(role: NodeRole): Promise<Pass>;
  /** Starts an agent on a machine, with these sections in its configuration and this in its environment, and enrols it. */
  join(name: string, machine: Machine, config?: Config, extraEnv?: Environment): Promise<MeshNode>;
  /** The same on a new machine in a home. */
  addNode(
    name: string,
    home: Home,
    address: string,
    config?: Config,
    moreAddresses?: readonly string[],
  ): Promise<PathNode>;
}

const startRestartable = async (
  spawn: () => LabProcess,
  isReady: () => boolean | Promise<boolean>,
  machine: Machine,
): Promise<Restartable> => {
  let process = spawn();
  await machine.waitFor(isReady, START_MAX_MS);
  return {
    get process() {
      return process;
    },
    async kill() {
      process.kill('SIGKILL');
      await process.exited;
      await machine.waitFor(async () => !(await isReady()));
    },
    async start() {
      process = spawn();
      await machine.waitFor(isReady, START_MAX_MS);
    },
  };
};

const startBroker = async (
  lab: Lab,
  { addresses, http, udp, url }: BrokerPlace,
  preset: 'mesh' | 'service',
) => {
  const broker = await lab.addServer('broker', { addresses });
  const run = async (args: readonly string[], input = '') =>
    (await broker.run(node, [BROKER, ...args, '--data', DATA], { input, env })).stdout;
  const account = ['--account-name', 'Acme', '--label', 'acme', '--preset', preset];
  const owner = ['--name', 'Tess', '--email', 'tess@acme.example', '--password-stdin'];
  await run(['init', ...account, ...owner], 'a long password\n');
  const listen = ['--http', http, '--udp', udp, '--public-udp', udp, '--public-url', url];
  const log = join(lab.directory, 'broker.log');
  const serving = await startRestartable(
    () => broker.spawn(node, [BROKER, 'serve', '--data', DATA, ...listen], { log, env }),
    () => broker.isListening('tcp', 80),
    broker,
  );
  const createPass = async (role: NodeRole, ...flags: string[]): Promise<Pass> => {
    const created = await run(['key', 'create', '--role', role, ...flags, '--json']);
    return { role, key: (JSON.parse(created) as { secret: string }).secret };
  };
  return { machine: broker, createPass, serving };
};

/** Asks a daemon without a process for the question: thirteen of those at a time would be what is measured. */
export const ask = <T>(machine: Machine, path: '/status' | '/peers'): Promise<T> =>
  new Promise((resolve, reject) => {
    const call = request({ socketPath: machine.path(SOCKET), path: `/api${path}` }, (response) => {
      json(response).then((body) => resolve(body as T), reject);
    });
    call.on('error', reject).end();
  });

/** A daemon that was killed leaves its socket behind. */
const isAnswering = async (machine: Machine): Promise<boolean> =>
  existsSync(machine.path(SOCKET)) &&
  (await ask(machine, '/status').then(
    () => true,
    () => false,
  ));

const startAgent = async (
  lab: Lab,
  name: string,
  machine: Machine,
  config: Config,
  extraEnv: Environment = {},
): Promise<MeshNode> => {
  const ownEnv = { ...env, ...extraEnv };
  await machine.run('mkdir', ['-p', '/etc/sidegate']);
  await machine.writeFile(
    '/etc/sidegate/config.json',
    JSON.stringify({ core: { logLevel: 'debug' }, ...config }),
  );
  const log = join(lab.directory, `${name}.log`);
  const agent = await startRestartable(
    () => machine.spawn(node, [AGENT, 'daemon'], { log, env: ownEnv }),
    () => isAnswering(machine),
    machine,
  );
  const peers = () => ask<PeerStatus[]>(machine, '/peers');
  return {
    name,
    machine,
    agent,
    command: (...args) => [node, [AGENT, ...args]],
    sidegate: async (...args) =>
      (await machine.run(node, [AGENT, ...args], { timeoutMs: 60_000, env: ownEnv })).stdout,
    peers,
    status: () => ask<EdgeStatus>(machine, '/status'),
    async peer(wanted) {
      const found = (await peers()).find((peer) => peer.name === wanted);
      if (found === undefined) throw new Error(`${name} has no peer ${wanted}`);
      return found;
    },
  };
};

/** How a site is made: with the broker on IPv4 alone and everybody reaching everybody where nothing is said. */
interface PathSiteOptions {
  readonly hasIp6?: boolean;
  readonly preset?: 'mesh' | 'service';
}

/** Everything but the homes. */
export const createPathSite = async ({
  hasIp6 = false,
  preset = 'mesh',
}: PathSiteOptions = {}): Promise<PathSite> => {
  const place = hasIp6 ? DUAL : PLAIN;
  const lab = await createLab();
  try {
    const { machine: brokerMachine, createPass, serving } = await startBroker(lab, place, preset);
    const common = await createPass('client', '--reusable');
    const enrolment: PathSite['enrolment'] = (name, { role, key } = common) => {
      return ['--broker', place.url, '--key', key, '--name', name, '--role', role];
    };
    const enrol: PathSite['join'] = async (name, machine, config = {}, extraEnv = {}) => {
      const agent = await startAgent(lab, name, machine, config, extraEnv);
      await machine.run(node, [AGENT, 'up', ...enrolment(name), '--wait'], { timeoutMs: 60_000, env });
      return agent;
    };
    return {
      lab,
      broker: serving,
      enrolment,
      createPass: (role) => createPass(role),
      start: (name, machine, config = {}) => startAgent(lab, name, machine, config),
      join: enrol,
      async askPortal<T>(method: string, path: string, body?: unknown) {
        const call = JSON.stringify({ method, path, body });
        const { stdout } = await brokerMachine.run(node, ['-e', PORTAL_CALL, call], { timeoutMs: 20_000 });
        return JSON.parse(stdout) as T;
      },
      async addNode(name, home, address, config = {}, moreAddresses = []) {
        const machine = await home.addMachine(name, { address, moreAddresses });
        return { ...(await enrol(name, machine, config)), home };
      },
      [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
    };
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
};
