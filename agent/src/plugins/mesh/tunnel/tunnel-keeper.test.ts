import { createVirtualClock, Secret, silentLogger } from '@sidegate/kit';
import type { Endpoint, Ip4, Ip6, MapPeer, NetworkMap, PublicKey } from '@sidegate/protocol';
import { expect, test, vi } from 'vitest';
import type { Underlay } from '../../../paths/underlay.ts';
import { createMemoryTunnel } from '../../../platform/memory/memory-tunnel.ts';
import type { IfName } from '../../../ports/index.ts';
import { openTunnelKeeper } from './tunnel-keeper.ts';

const SG0 = 'sg0' as IfName;
const RELAY = '203.0.113.1:7382' as Endpoint;
const UNDERLAY: Underlay = { hasIp4: true, hasIp6: false, preferred: 4, shim: undefined, isTryingUdp: false };
const key = (name: string) => name as PublicKey;
const map = {
  self: { role: 'client' },
  beacons: [{ publicKey: key('B'), endpoints: [RELAY] }],
  peers: ['P', 'Q', 'R'].map((name, at) => ({
    publicKey: key(name),
    address4: `100.64.0.${at + 2}`,
    address6: `fd00::${at + 2}`,
  })) as unknown as MapPeer[],
} as unknown as NetworkMap;

/** A keeper over a tunnel of memory that has what the map wants; `paths` are the peers with a path. */
const open = async () => {
  const tunnel = createMemoryTunnel();
  const paths = new Set<PublicKey>();
  const config = {
    interfaceName: SG0,
    privateKey: new Secret('k'),
    mtuBytes: 1280,
    address4: '100.64.0.1' as Ip4,
    address6: 'fd00::1' as Ip6,
  };
  const keeper = await openTunnelKeeper({
    tunnel,
    clock: createVirtualClock(),
    log: silentLogger,
    config,
    fixedPort: 40_000,
    ownKey: key('own'),
    keepaliveSecOf: (peer) => (paths.has(peer) ? 25 : 0),
    hasPath: (peer) => paths.has(peer),
    relayOf: () => RELAY,
    isFiltered: () => true,
    signal: new AbortController().signal,
  });
  await keeper.reconcile(map, UNDERLAY, []);
  /** Reconciles after these peers changed, and gives what was set for it. */
  const after = async (changed: readonly PublicKey[], underlay = UNDERLAY) => {
    const before = tunnel.changes.length;
    await keeper.reconcile(map, underlay, await keeper.read(), new Set(changed));
    return tunnel.changes
      .slice(before)
      .map((change) =>
        'peer' in change
          ? `${change.kind} ${change.peer.publicKey} ${change.peer.keepaliveSec}`
          : `${change.kind} ${change.publicKey}`,
      );
  };
  return { tunnel, paths, after };
};

test('a tunnel in which nothing changed is left alone, and so are peers of which nobody says that they did', async () => {
  const { tunnel, after } = await open();
  expect(await after([])).toEqual([]);
  tunnel.observe(SG0, key('Q'), { keepaliveSec: 7 });
  tunnel.observe(SG0, key('R'), { keepaliveSec: 7 });
  expect(await after([key('Q')])).toEqual(['set Q 0']);
});

test('a peer keeps what its path needs, and loses it with the path', async () => {
  const { paths, after } = await open();
  paths.add(key('P'));
  expect(await after([])).toEqual(['set P 25']);
  paths.delete(key('P'));
  expect(await after([])).toEqual(['set P 0']);
  expect(await after([])).toEqual([]);
});

test('strangers, peers that somebody removed, and beacons that moved are noticed', async () => {
  const { tunnel, after } = await open();
  await tunnel.change(
    SG0,
    [{ kind: 'set', peer: { publicKey: key('X'), allowedIps: [], keepaliveSec: 0 } }],
    AbortSignal.timeout(99),
  );
  await tunnel.change(SG0, [{ kind: 'remove', publicKey: key('R') }], AbortSignal.timeout(99));
  tunnel.observe(SG0, key('B'), { endpoint: '192.0.2.1:1' as Endpoint });
  expect((await after([key('X'), key('R')])).sort()).toEqual(['remove X', 'reset B 25', 'set R 0']);
});

test('after a failure, and where the ways out are others, every peer is looked at', async () => {
  const { tunnel, after } = await open();
  tunnel.observe(SG0, key('Q'), { keepaliveSec: 7 });
  expect(await after([], { ...UNDERLAY, hasIp6: true })).toEqual(['set Q 0']);
  const change = vi.spyOn(tunnel, 'change').mockRejectedValueOnce(new Error('wg failed'));
  tunnel.observe(SG0, key('P'), { keepaliveSec: 7 });
  await expect(after([key('P')])).rejects.toThrow('wg failed');
  change.mockRestore();
  expect(await after([])).toEqual(['set P 0']);
});
