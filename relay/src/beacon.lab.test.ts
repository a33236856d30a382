import { fileURLToPath } from 'node:url';
import {
  createLab,
  type Home,
  type Lab,
  type LabProcess,
  type Machine,
  type NatPreset,
  requireLab,
} from '@sidegate/lab';
import type { Ip, NodeId, PublicKey } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BeaconProcessConfig, BeaconProcessEvent } from './testing/beacon-process.ts';

/*
 *   alder: node a ── port-restricted NAT ──┐
 *   birch: node b ── symmetric NAT ────────┤ internet ── broker: beacons 203.0.113.10, 203.0.113.11
 *   cedar: node c ── symmetric NAT ────────┘
 *
 * The nodes run stock WireGuard (wireguard-go and wg), each with the beacons and the other nodes as peers, and every
 * peer's endpoint is the broker.
 */
const BEACONS = ['203.0.113.10', '203.0.113.11'] as const;
const PORT = 7382;

interface LabNode {
  readonly id: NodeId;
  readonly home: Home;
  readonly machine: Machine;
  readonly privateKey: string;
  readonly publicKey: PublicKey;
  readonly meshAddress: string;
}

describe.skipIf(await requireLab())('beacon and relay with stock WireGuard', () => {
  let lab: Lab;
  let broker: Machine;
  let beacon: LabProcess;
  let beaconKeys: readonly { readonly privateKey: string; readonly publicKey: string }[];
  const nodes = new Map<string, LabNode>();
  const node = (id: string): LabNode => nodes.get(id)!;

  const createKeys = async () => {
    const privateKey = (await broker.run('wg', ['genkey'])).stdout.trim();
    const publicKey = (await broker.run('wg', ['pubkey'], { input: privateKey })).stdout.trim();
    return { privateKey, publicKey };
  };

  const addNode = async (id: string, number: number, nat: NatPreset): Promise<LabNode> => {
    const name = `${id}-home`;
    const home = await lab.addHome(name, { nat, lan: '192.168.1.0/24', wan: `198.51.100.${number}` });
    const machine = await home.addMachine('node', { address: '192.168.1.2' });
    const { privateKey, publicKey } = await createKeys();
    const meshAddress = `100.64.0.${number}`;
    return { id: id as NodeId, home, machine, privateKey, publicKey: publicKey as PublicKey, meshAddress };
  };

  const startBeacon = async (config: BeaconProcessConfig): Promise<LabProcess> => {
    const script = fileURLToPath(new URL('testing/beacon-process.ts', import.meta.url));
    const started = broker.spawn(process.execPath, [script, JSON.stringify(config)], { stdin: 'pipe' });
    await started.waitForOutput(/listening/);
    return started;
  };

  const renderConfig = (own: LabNode): string => {
    const beacons = BEACONS.map(
      (address, at) =>
        `[Peer]\nPublicKey = ${beaconKeys[at]!.publicKey}\nEndpoint = ${address}:${PORT}\nPersistentKeepalive = 1\n`,
    );
    const peers = [...nodes.values()]
      .filter((peer) => peer !== own)
      .map(
        ({ publicKey, meshAddress }) =>
          `[Peer]\nPublicKey = ${publicKey}\nEndpoint = ${BEACONS[0]}:${PORT}\nAllowedIPs = ${meshAddress}/32\n`,
      );
    const port = 41_000 + Number(own.meshAddress.split('.').at(-1));
    return [`[Interface]\nPrivateKey = ${own.privateKey}\nListenPort = ${port}\n`, ...beacons, ...peers].join(
      '\n',
    );
  };

  const startWireGuard = async (own: LabNode): Promise<void> => {
    const { machine, meshAddress } = own;
    // Debian's wireguard-go tries every file descriptor there may be.
    await machine.run('sh', ['-c', 'ulimit -n 1024 && exec wireguard-go sg0']);
    await machine.writeFile('/run/sg0.conf', renderConfig(own));
    await machine.run('wg', ['setconf', 'sg0', '/run/sg0.conf']);
    await machine.configure([`addr add ${meshAddress}/10 dev sg0`, 'link set sg0 mtu 1280 up']);
  };

  const events = (): BeaconProcessEvent[] =>
    beacon
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as BeaconProcessEvent);
  const endpointsOf = (id: string, beaconIndex: number): string[] =>
    events().flatMap((event) =>
      event.what === 'endpoint' && event.node === id && event.beaconIndex === beaconIndex
        ? [event.endpoint]
        : [],
    );
  const ping = async (
    from: LabNode,
    to: LabNode,
    count: number,
    extra: readonly string[] = [],
  ): Promise<number> => {
    const args = ['-c', String(count), '-i', '0.05', '-W', '2', ...extra, to.meshAddress];
    const { stdout } = await from.machine.run('ping', args, { reject: false });
    return Number(/(\d+) received/.exec(stdout)?.[1] ?? 0);
  };

  beforeAll(async () => {
    lab = await createLab();
    broker = await lab.addServer('broker', { addresses: BEACONS });
    beaconKeys = await Promise.all([createKeys(), createKeys()]);
    const presets = { a: 'port-restricted', b: 'symmetric', c: 'symmetric' } as const;
    const added = Object.entries(presets).map(([id, nat], at) => addNode(id, at + 2, nat));
    for (const one of await Promise.all(added)) nodes.set(one.id, one);
    beacon = await startBeacon({
      keys: beaconKeys.map(({ privateKey }) => privateKey),
      listen: BEACONS.map((address, beaconIndex) => ({ beaconIndex, address: address as Ip, port: PORT })),
      nodes: [...nodes.values()].map(({ id, publicKey }) => ({ id, publicKey })),
    });
    await Promise.all([...nodes.values()].map(startWireGuard));
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('learns the endpoint of each WireGuard socket as its NAT shows it to each beacon', async () => {
    await broker.waitFor(() =>
      ['a', 'b', 'c'].every((id) => endpointsOf(id, 0).length > 0 && endpointsOf(id, 1).length > 0),
    );
    expect(endpointsOf('a', 0)).toEqual(['198.51.100.2:41002']);
    expect(endpointsOf('a', 1)).toEqual(['198.51.100.2:41002']);
    expect(endpointsOf('b', 0)[0]).toMatch(/^198\.51\.100\.3:/);
    expect(endpointsOf('b', 0)).not.toEqual(endpointsOf('b', 1));
  });

  it('shows the nodes a handshake with the beacon', async () => {
    const { stdout } = await node('a').machine.run('wg', ['show', 'sg0', 'latest-handshakes']);
    const times = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')),
    );
    for (const { publicKey } of beaconKeys) expect(Number(times[publicKey])).toBeGreaterThan(0);
  });

  it('tells the symmetric NATs from the rest', async () => {
    for (const id of ['a', 'b', 'c']) beacon.stdin!.write(`${id}\n`);
    await beacon.waitForOutput(/"nat-kind","node":"c"/);
    const kinds = events().flatMap((event) =>
      event.what === 'nat-kind' ? [`${event.node} ${event.kind}`] : [],
    );
    expect(kinds).toEqual(['a endpoint-independent', 'b symmetric', 'c symmetric']);
  });

  it('relays between a port-restricted and a symmetric NAT, from the first packet on', async () => {
    expect(await ping(node('a'), node('b'), 20)).toBe(20);
    expect(await ping(node('b'), node('a'), 20)).toBe(20);
  });

  it('relays between two symmetric NATs, full packets too', async () => {
    expect(await ping(node('b'), node('c'), 20, ['-s', '1252', '-M', 'do'])).toBe(20);
  });

  it('goes on when a WAN address changes, with the next keepalive', async () => {
    await node('b').home.router.setWanAddress('198.51.100.77');
    await broker.waitFor(() => endpointsOf('b', 0).at(-1)?.startsWith('198.51.100.77:') === true);
    expect(await ping(node('a'), node('b'), 20)).toBe(20);
  });

  it('says nothing to a node that is not enrolled', async () => {
    const stranger = await addNode('x', 9, 'port-restricted');
    await startWireGuard(stranger);
    await stranger.machine.waitFor(async () => {
      const { stdout } = await stranger.machine.run('wg', ['show', 'sg0', 'transfer']);
      return stdout.includes('\t148\n');
    });
    const { stdout } = await stranger.machine.run('wg', ['show', 'sg0', 'transfer']);
    const received = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[1]);
    expect(new Set(received)).toEqual(new Set(['0']));
    expect(endpointsOf('x', 0)).toEqual([]);
  });

  it('asks for a cookie under load, and stock WireGuard comes back with it', async () => {
    const { machine, publicKey } = node('c');
    const port = PORT + 1;
    const busy = await startBeacon({
      keys: [beaconKeys[0]!.privateKey],
      listen: [{ beaconIndex: 0, address: BEACONS[0] as Ip, port }],
      nodes: [{ id: 'c' as NodeId, publicKey }],
      limits: { initiationsPerPrefix: { perSec: 1e-6, burst: 0 } },
    });
    await machine.run('wg', ['set', 'sg0', 'peer', beaconKeys[0]!.publicKey, 'remove']);
    const peer = ['peer', beaconKeys[0]!.publicKey, 'endpoint', `${BEACONS[0]}:${port}`];
    await machine.run('wg', ['set', 'sg0', ...peer, 'persistent-keepalive', '1']);
    await busy.waitForOutput(/"endpoint":"198\.51\.100\.4:/, 15_000);
    busy.stdin!.write('stats\n');
    await busy.waitForOutput(/"handshakes":1,"cookieReplies":1/);
  });
});
