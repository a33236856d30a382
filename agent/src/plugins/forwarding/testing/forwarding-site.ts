/** An edge with a camera behind it and peers before it, a veth for the tunnel, and this plugin on the real machine. */
import { join } from 'node:path';
import { silentLogger } from '@sidegate/kit';
// biome-ignore lint/correctness/noUndeclaredDependencies: tests' helper; what ships must not depend on the lab
import type { Home, Lab, LabProcess, Machine } from '@sidegate/lab';
import type { Address, Forward, Ip4, NetworkMap } from '@sidegate/protocol';
import { execa } from 'execa';
import {
  EDGE,
  HELPER,
  SCOPES,
  STRANGER,
  TECHNICIAN,
  tunnelWish,
  WEB_WISH,
} from '../../../forwarding/testing/sample-wishes.ts';
import { createDebianPlatform } from '../../../platform/debian.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { IfName } from '../../../ports/index.ts';
import { codeFrom, createTestHost, type TestHost } from '../../testing/test-host.ts';
import { plugin } from '../index.ts';

export const CAMERA = '192.168.1.20' as Ip4;
/** What the broker has given the camera. */
export const OWN = '100.64.0.50' as Ip4;
/** What the broker has given to a machine behind a router of the LAN. */
export const ROUTED = { address: '10.20.0.9' as Ip4, own: '100.64.0.51' as Ip4 };
export const MAP = {
  self: {
    name: 'alder',
    ...EDGE,
    hosts: [
      { key: CAMERA, name: 'camera', address4: OWN, address6: 'fd00::32' },
      { key: ROUTED.address, name: 'controller', address4: ROUTED.own, address6: 'fd00::33' },
    ],
  },
  account: { label: 'acme', baseDomain: 'sidegate.internal', prefix4: '100.64.0.0/10' },
  peers: [
    { ...TECHNICIAN, id: 'n_technician123456', name: 'laptop', tags: [] },
    { ...HELPER, id: 'n_helperhelper1234', name: 'phone', tags: [] },
    { ...STRANGER, id: 'n_stranger12345678', name: 'stranger', tags: [] },
  ],
} as unknown as NetworkMap;

/** Ends with its lab, but for the plugin. */
export interface ForwardingSite extends AsyncDisposable {
  readonly home: Home;
  readonly edge: Machine;
  readonly camera: Machine;
  readonly peers: Machine;
  readonly platform: Platform;
  readonly host: TestHost;
  /** Publishes the camera's page, unless told otherwise. */
  add(patch?: object): Promise<Forward>;
  removeAll(): Promise<void>;
  /** Gives the camera the address that it may have. */
  give(patch?: object): Promise<Address>;
  takeAway(address: Address): Promise<void>;
  /** The HTTP status that a machine gets, or `none`. */
  open(machine: Machine, from: string | undefined, url: string): Promise<string>;
  /** Sends a line by UDP from one of the peers and gives what comes back within a second. */
  askUdp(from: string, to: string, port: number): Promise<string>;
  /** Does the address answer a ping from one of the peers? */
  ping(from: string, to: string): Promise<boolean>;
  /** The camera says again what it is told, on this port. */
  echo(protocol: 'tcp' | 'udp', port: number): Promise<LabProcess>;
  /** A connection of one of the peers that a test talks through. */
  connect(from: string, port: number, to?: string): LabProcess;
  /** The table, without the time that is left, which passes. */
  listing(): Promise<string>;
}

/** Says a word on each connection; resolves when every one of them was echoed. */
export const speak = async (clients: readonly LabProcess[], word: string): Promise<void> => {
  for (const client of clients) client.stdin!.write(`${word}\n`);
  await Promise.all(clients.map((client) => client.waitForOutput(new RegExp(word))));
};
/** Says a word that must not be echoed: the code of waiting in vain. */
export const speakInVain = async (client: LabProcess, word: string): Promise<string | undefined> => {
  client.stdin!.write(`${word}\n`);
  return codeFrom(client.waitForOutput(new RegExp(word), 1_000));
};

/** A veth pair stands for the tunnel: the firewall sees a name and addresses, no more. */
const plugTunnel = async (edge: Machine, peers: Machine): Promise<void> => {
  const end = (machine: Machine) => ['name', 'sg0', 'netns', String(machine.holderPid)];
  await execa('ip', ['link', 'add', ...end(edge), 'type', 'veth', 'peer', ...end(peers)]);
  await edge.configure([`addr add ${EDGE.address4}/10 dev sg0`, 'link set sg0 mtu 1280 up']);
  await peers.configure([
    ...[TECHNICIAN, HELPER, STRANGER].map(({ address4 }) => `addr add ${address4}/10 dev sg0`),
    'link set sg0 up',
    // A tunnel asks nobody for hardware addresses.
    ...[OWN, ROUTED.own].map((own) => `route add ${own}/32 via ${EDGE.address4} dev sg0`),
  ]);
};

const startPlugin = async (edge: Machine): Promise<{ platform: Platform; host: TestHost }> => {
  const platform = await createDebianPlatform({
    prefix: ['nsenter', ...edge.nsenterArgs],
    paths: {
      stateDir: join(edge.path('/var/lib'), 'sidegate'),
      runtimeDir: join(edge.path('/run'), 'sidegate'),
      configFile: edge.path('/etc/sidegate/config.json'),
    },
    log: silentLogger,
  });
  const host = createTestHost(platform);
  host.wish({ ...tunnelWish(), ...WEB_WISH });
  host.setFact('tunnel', {
    interfaceName: 'sg0' as IfName,
    kind: 'kernel',
    listenPort: 51_000,
    mtuBytes: 1280,
  });
  host.setFact('hosts', []);
  host.setFact('scopes', SCOPES);
  host.setFact('network-map', MAP);
  await host.start(plugin);
  await host.settled();
  return { platform, host };
};

/** Builds one. Names and addresses must differ between the sites of a lab. */
export const openForwardingSite = async (
  lab: Lab,
  {
    name = 'alder',
    wan = '198.51.100.2',
    peersAt = '203.0.113.40',
    beforeAgent = async (_edge: Machine): Promise<void> => {},
  } = {},
): Promise<ForwardingSite> => {
  const home = await lab.addHome(name, { lan: '192.168.1.0/24', wan });
  const [edge, camera, peers] = await Promise.all([
    home.addMachine('edge', { address: '192.168.1.2' }),
    home.addCamera('camera', { address: CAMERA }),
    lab.addServer(`${name}-peers`, { addresses: [peersAt] }),
  ]);
  await plugTunnel(edge, peers);
  await beforeAgent(edge);
  const { platform, host } = await startPlugin(edge);
  return {
    home,
    edge,
    camera,
    peers,
    platform,
    host,
    add: (patch = {}) =>
      host.call<Forward>('POST', '/forwards', {
        target: { kind: 'address', address: CAMERA },
        targetPort: 80,
        ...patch,
      }),
    async removeAll() {
      for (const { id } of await host.call<Forward[]>('GET', '/forwards'))
        await host.call('DELETE', `/forwards/${id}`);
    },
    async open(machine, from, url) {
      const source = from === undefined ? [] : ['--interface', from];
      const limits = ['--connect-timeout', '1.5', '-m', '4'];
      const argv = ['-s', '-o', '/dev/null', '-w', '%{http_code}', ...limits, ...source, url];
      const { stdout } = await machine.run('curl', argv, { reject: false });
      return stdout.trim() === '000' ? 'none' : stdout.trim();
    },
    give: (patch = {}) =>
      host.call<Address>('POST', '/addresses', {
        target: { kind: 'address', address: CAMERA },
        name: 'camera',
        ...patch,
      }),
    takeAway: ({ id }) => host.call('DELETE', `/addresses/${id}`),
    async askUdp(from, to, port) {
      // Waits 1 s for an answer after the end of its input.
      const argv = ['-t', '1', '-', `UDP:${to}:${port},bind=${from}`];
      return (await peers.run('socat', argv, { input: 'hello\n', reject: false })).stdout.trim();
    },
    ping: async (from, to) =>
      (await peers.run('ping', ['-c1', '-W1', '-I', from, to], { reject: false })).exitCode === 0,
    async echo(protocol, port) {
      const from = protocol === 'tcp' ? `TCP-LISTEN:${port},reuseaddr,fork` : `UDP-RECVFROM:${port},fork`;
      const server = camera.spawn('socat', [from, 'EXEC:cat']);
      await camera.waitFor(protocol === 'tcp' ? { tcp: port } : { udp: port });
      return server;
    },
    connect: (from, port, to = EDGE.address4) =>
      peers.spawn('socat', ['-', `TCP:${to}:${port},bind=${from}`], { stdin: 'pipe' }),
    listing: async () =>
      (await edge.run('nft', ['list', 'table', 'inet', 'sidegate'])).stdout.replaceAll(/ expires \w+/g, ''),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
};
