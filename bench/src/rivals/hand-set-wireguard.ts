/**
 * WireGuard whose endpoints an oracle sets at the very moment: the limit of what any mesh on WireGuard can reach. It
 * stands for the data plane alone, without discovery; where only a relay helps there is none.
 */
import type { LabProcess, Machine } from '@sidegate/lab';
import { runOnFreshSession, type WireGuardSide } from '../cold-start.ts';
import type { End, Pair, Rival } from './rival.ts';

const INTERFACE = 'wghand0';
const PORT = 45_454;
const KEY_FILE = '/run/wghand.key';

interface WireGuardEnd {
  readonly machine: Machine;
  readonly publicKey: string;
  readonly address: string;
  readonly process: LabProcess;
}

const launch = async ({ machine }: End, address: string): Promise<WireGuardEnd> => {
  const key = (await machine.run('wg', ['genkey'])).stdout.trim();
  const publicKey = (await machine.run('wg', ['pubkey'], { input: key })).stdout.trim();
  // wireguard-go closes every descriptor it could have: with a high limit that takes minutes.
  const process = machine.spawn('sh', ['-c', `ulimit -n 1024; exec wireguard-go -f ${INTERFACE}`]);
  await machine.waitFor(
    async () => (await machine.run('wg', ['show', INTERFACE], { reject: false })).exitCode === 0,
  );
  await machine.writeFile(KEY_FILE, key);
  await machine.run('wg', ['set', INTERFACE, 'listen-port', String(PORT), 'private-key', KEY_FILE]);
  await machine.configure([
    `address add ${address}/24 dev ${INTERFACE}`,
    `link set ${INTERFACE} mtu 1280 up`,
  ]);
  return { machine, publicKey, address, process };
};

/** As the other end sees it: its router's address, or its own where there is no NAT; Linux keeps the port. */
const endpointOf = async ({ machine, home }: End): Promise<string> => {
  const isPublic = home.router.nat.mapping === 'none';
  const address = isPublic ? await machine.address() : home.router.uplink.publicAddress;
  return `${address}:${PORT}`;
};

/** Launched, but not yet told of each other. */
export const createHandSetWireGuard = async (pair: Pair): Promise<Rival> => {
  const [from, to] = await Promise.all([launch(pair.from, '10.99.0.1'), launch(pair.to, '10.99.0.2')]);
  const remove = (one: WireGuardEnd, other: WireGuardEnd) =>
    one.machine.run('wg', ['set', INTERFACE, 'peer', other.publicKey, 'remove']);
  const sideOf = async (
    { machine }: WireGuardEnd,
    other: WireGuardEnd,
    end: End,
    keepalive: '0' | '25',
  ): Promise<WireGuardSide> => {
    const endpoint = ['endpoint', await endpointOf(end), 'allowed-ips', `${other.address}/32`];
    const settings = [...endpoint, 'persistent-keepalive', keepalive];
    return { machine, interfaceName: INTERFACE, peerKey: other.publicKey, settings };
  };
  const introduce = async (one: WireGuardEnd, other: WireGuardEnd, end: End, isSending: boolean) => {
    const peer = ['peer', other.publicKey];
    const endpoint = ['endpoint', await endpointOf(end), 'allowed-ips', `${other.address}/32`];
    await one.machine.run('wg', ['set', INTERFACE, ...peer, ...endpoint, 'persistent-keepalive', '0']);
    // From 0 to 25 the interval makes it send at once, which opens its own NAT.
    if (isSending) await one.machine.run('wg', ['set', INTERFACE, ...peer, 'persistent-keepalive', '25']);
  };
  /** What the far end sends is stopped at the near one's NAT, and opens its own. Without these it would get through. */
  const hasTwoNats = [pair.from, pair.to].every(({ home }) => home.router.nat.mapping !== 'none');
  const introduceBoth = async (isMoving: boolean) => {
    await introduce(to, from, pair.from, isMoving || hasTwoNats);
    await introduce(from, to, pair.to, isMoving);
  };
  /** A mapping of the old address would still hold the port that Linux would keep. */
  const freePorts = ({ home }: End) =>
    home.router.run('conntrack', ['-D', '-p', 'udp', '--orig-port-src', String(PORT)], { reject: false });
  return {
    name: 'hand-set WireGuard',
    address: to.address,
    start: () => introduceBoth(false),
    async runFirst(command) {
      const near = await sideOf(from, to, pair.to, '0');
      const far = await sideOf(to, from, pair.from, hasTwoNats ? '25' : '0');
      return await runOnFreshSession(near, far, command);
    },
    async stop() {
      await Promise.all([remove(from, to), remove(to, from)]);
    },
    async tell() {
      await Promise.all([freePorts(pair.from), freePorts(pair.to)]);
      await introduceBoth(true);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([from.process[Symbol.asyncDispose](), to.process[Symbol.asyncDispose]()]);
    },
  };
};
