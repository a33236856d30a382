/**
 * Machines and routers that move, sleep and restart under a path in use: how long nothing comes through. Bounds are
 * those of a machine whose two cores do everything at once, so well above what is usual; every figure is printed.
 *
 *                         broker 203.0.113.10, .11      depot 203.0.113.20 (public)
 *        ___________________________|________________________|______________________
 *       |            |             |                |                  |           |
 *      home        office        café             phone              east        west
 *       |            |             |            10.9.0.0/24       (symmetric) (symmetric)
 *     edge .2     laptop .2     tablet .2    where laptop and      willow .2    rowan .2
 *                                            tablet move to
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@sidegate/kit';
import { type Home, type Machine, requireLab, startPing } from '@sidegate/lab';
import type { PeerStatus } from '@sidegate/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPathSite, type MeshNode, type PathSite } from './paths-site.ts';

const LAN = '192.168.1.0/24';
const PING_INTERVAL_SEC = 0.05;
/** Between two changes: enough for a path to be direct again on a busy machine. */
const HEAL_MS = 15_000;
/** Long enough for a ping to show a silence, and for the paths to take note of traffic. */
const LEAD_MS = 800;
const SLEEP_MS = 20_000;

/** A new address on an interface, as a DHCP client sets it. */
const renumber = (machine: Machine, ifName: string, address: string, gateway: string) =>
  machine.configure([
    `address flush dev ${ifName}`,
    `address add ${address}/24 dev ${ifName}`,
    `route replace default via ${gateway} dev ${ifName}`,
  ]);

/** Everything that runs on a machine stands still, as in suspend to RAM, or goes on. */
const signalAll = (machine: Machine, signal: 'STOP' | 'CONT') =>
  machine.run('sh', ['-c', `kill -${signal} $(pidof node wireguard-go ip nft)`]);

describe.skipIf(await requireLab())('roaming', () => {
  let site: PathSite;
  let home: Home;
  let phone: Home;
  let west: Home;
  const nodes = new Map<string, MeshNode>();
  const nodeOf = (name: string) => nodes.get(name)!;

  beforeAll(async () => {
    site = await createPathSite();
    const { lab } = site;
    const add = async (name: string, wan: string, nat?: 'symmetric') =>
      await lab.addHome(name, { lan: LAN, wan, ...(nat === undefined ? {} : { nat }) });
    const phoneHome = lab.addHome('phone', { lan: '10.9.0.0/24', wan: '198.51.100.60' });
    const [office, cafe, east] = await Promise.all([
      add('office', '198.51.100.20'),
      add('cafe', '198.51.100.30'),
      add('east', '198.51.100.40', 'symmetric'),
    ]);
    [home, west, phone] = await Promise.all([
      add('home', '198.51.100.10'),
      add('west', '198.51.100.50', 'symmetric'),
      phoneHome,
    ]);
    const depot = await lab.addServer('depot', { addresses: ['203.0.113.20'] });
    const added = await Promise.all([
      site.addNode('edge', home, '192.168.1.2'),
      site.addNode('laptop', office, '192.168.1.2'),
      site.addNode('tablet', cafe, '192.168.1.2'),
      site.addNode('willow', east, '192.168.1.2'),
      site.addNode('rowan', west, '192.168.1.2'),
      site.join('depot', depot),
    ]);
    for (const node of added) nodes.set(node.name, node);
  }, 60_000);
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const name of [...nodes.keys(), 'broker'])
      console.log(name, await readFile(join(site.lab.directory, `${name}.log`), 'utf8').catch(() => ''));
  });

  const seen = (from: string, to: string): Promise<PeerStatus> => nodeOf(from).peer(to);
  const isDirect = async (one: string, other: string) =>
    await Promise.all([seen(one, other), seen(other, one)]).then(
      (ends) => ends.every(({ path }) => path === 'direct'),
      // An agent that just started may not have read its map yet.
      () => false,
    );
  const untilDirect = (one: string, other: string) =>
    nodeOf(one).machine.waitFor(() => isDirect(one, other), HEAL_MS);
  /** Pings from one to the other while something happens; `then` resolves when enough was seen. */
  const measure = async (
    [one, other]: readonly [string, string],
    what: string,
    disturb: () => Promise<unknown>,
    then: () => Promise<unknown> = async () => {},
  ) => {
    const { machine } = nodeOf(one);
    const ping = startPing(machine, (await seen(one, other)).address4, PING_INTERVAL_SEC);
    await systemClock.sleep(LEAD_MS);
    await disturb();
    const disturbedAtMs = systemClock.wallMs();
    await systemClock.sleep(LEAD_MS);
    await machine.waitFor(() => ping.isAnsweredSince(disturbedAtMs + LEAD_MS / 2), HEAL_MS).catch(() => {});
    await then();
    const result = await ping.stop();
    const silenceSec = result.longestSilenceSec - PING_INTERVAL_SEC;
    console.log(`${what}: silent for ${silenceSec.toFixed(2)} s, ${result.lost} of ${result.sent} lost`);
    return { ...result, silenceSec };
  };
  const PAIR = ['laptop', 'edge'] as const;
  /** The direct pair, direct before and after. */
  const measurePair = async (what: string, disturb: () => Promise<unknown>) => {
    const result = await measure(PAIR, what, disturb, () => untilDirect(...PAIR));
    expect(result.silenceSec).toBeLessThan(3);
  };

  let asleepSinceMs = 0;
  /** The tablet sleeps while other tests run. */
  const fallAsleep = async () => {
    const ping = startPing(nodeOf('tablet').machine, (await seen('tablet', 'depot')).address4);
    await untilDirect('tablet', 'depot');
    await ping.stop();
    await signalAll(nodeOf('tablet').machine, 'STOP');
    asleepSinceMs = systemClock.monoMs();
  };
  /** Seconds from waking up to the first answer. */
  const wakeUp = async (beforeWaking: () => Promise<unknown> = async () => {}) => {
    const { machine } = nodeOf('tablet');
    await systemClock.sleep(Math.max(0, asleepSinceMs + SLEEP_MS - systemClock.monoMs()));
    const ping = startPing(
      nodeOf('depot').machine,
      (await seen('depot', 'tablet')).address4,
      PING_INTERVAL_SEC,
    );
    await beforeWaking();
    const wokenAtMs = systemClock.wallMs();
    await signalAll(machine, 'CONT');
    await machine.waitFor(() => ping.isAnsweredSince(wokenAtMs), HEAL_MS).catch(() => {});
    return (await ping.stop()).answeredAfterSec(wokenAtMs);
  };

  test('a tablet falls asleep', () => fallAsleep(), 30_000);

  test('a broker that restarts costs a direct pair nothing, a relayed pair a moment', async () => {
    const warm = startPing(nodeOf('laptop').machine, (await seen(...PAIR)).address4);
    await untilDirect(...PAIR);
    await warm.stop();
    const restart = async () => {
      await site.broker.kill();
      await site.broker.start();
    };
    let backAtMs = 0;
    const [direct, relayed] = await Promise.all([
      measure(PAIR, 'broker restarts, direct pair', async () => {
        await restart();
        backAtMs = systemClock.wallMs();
      }),
      measure(['willow', 'rowan'], 'broker restarts, relayed pair', async () => {
        await nodeOf('willow').machine.waitFor(() => backAtMs > 0, 20_000);
      }),
    ]);
    const healedSec = relayed.answeredAfterSec(backAtMs);
    console.log(`  the relayed pair is back ${healedSec.toFixed(2)} s after the broker`);
    expect(direct.lost).toBe(0);
    expect(healedSec).toBeLessThan(6);
  }, 40_000);

  test("the edge's router gets another address, which the edge cannot see", async () => {
    await measurePair("router's address", () => home.router.setWanAddress('198.51.100.11'));
  }, 30_000);

  test('an edge behind a router and one on a public address get another one from DHCP', async () => {
    const { machine: edge } = nodeOf('edge');
    const { machine: depot } = nodeOf('depot');
    const [, { silenceSec }] = await Promise.all([
      measurePair("edge's address", () => renumber(edge, 'eth0', '192.168.1.20', '192.168.1.1')),
      measure(['laptop', 'depot'], "public edge's address", () =>
        renumber(depot, 'eth0', '203.0.113.21', '203.0.113.1'),
      ),
    ]);
    expect(silenceSec).toBeLessThan(3);
  }, 30_000);

  test('a lease that ends and is given again is not even noticed by the paths', async () => {
    const { machine } = nodeOf('edge');
    const before = (await seen(...PAIR)).explain.length;
    await measurePair('same lease', () => renumber(machine, 'eth0', '192.168.1.20', '192.168.1.1'));
    expect((await seen(...PAIR)).explain.length).toBe(before);
  }, 30_000);

  test('a router that still holds the flow to the peer, but none to the beacons, is not in the way of a new address', async () => {
    const { machine: edge } = nodeOf('edge');
    await measurePair('flow of the address before', async () => {
      // Nobody answers keepalives, so these are forgotten long before the flow of a path.
      for (const beacon of ['203.0.113.10', '203.0.113.11'])
        await home.router.run('conntrack', ['-D', '-p', 'udp', '--orig-dst', beacon], { reject: false });
      await renumber(edge, 'eth0', '192.168.1.23', '192.168.1.1');
    });
  }, 30_000);

  test('a tablet that slept for twenty seconds wakes up in the same network', async () => {
    const answeredSec = await wakeUp();
    console.log(`awake in the same network: answered after ${answeredSec.toFixed(2)} s`);
    expect(answeredSec).toBeLessThan(3);
    await fallAsleep();
  }, 60_000);

  test('a laptop goes from Wi-Fi to LTE with the old link still up, then without it', async () => {
    const { machine } = nodeOf('laptop');
    const plug = () => phone.lan.plug(machine, { addresses: ['10.9.0.7'], ifName: 'wwan0' });
    await measurePair('default route to LTE', plug);
    await measurePair('back to Wi-Fi, LTE gone', async () => {
      await machine.configure(['link del wwan0', 'route replace default via 192.168.1.1 dev eth0']);
    });
  }, 40_000);

  test('routers that reboot forget their flows: a direct and a relayed pair', async () => {
    await measurePair('NAT flushed, direct pair', () => home.router.flushConntrack());
    const reboot = async (router: Home['router']) => {
      await router.configure(['link set wan0 down']);
      await systemClock.sleep(3000);
      await router.flushConntrack();
      const gateway = router.uplink.address.replace(/\d+$/, '1');
      await router.configure(['link set wan0 up', `route replace default via ${gateway} dev wan0`]);
    };
    const results = await Promise.all([
      measure(PAIR, 'router reboots in 3 s, direct pair', () => reboot(home.router)),
      measure(['willow', 'rowan'], 'router reboots in 3 s, relayed pair', () => reboot(west.router)),
    ]);
    for (const { silenceSec } of results) expect(silenceSec).toBeLessThan(3 + 3);
  }, 40_000);

  test('without a broker what works goes on, agents may restart, and a machine that moves finds public peers', async () => {
    const pair = ['laptop', 'depot'] as const;
    const warm = startPing(nodeOf('laptop').machine, (await seen(...pair)).address4);
    await untilDirect(...pair);
    await warm.stop();
    await site.broker.kill();
    const restarted = await measure(pair, 'no broker, both agents restart', async () => {
      await Promise.all(pair.map((name) => nodeOf(name).agent.kill()));
      await Promise.all(pair.map((name) => nodeOf(name).agent.start()));
    });
    expect(restarted.lost).toBe(0);
    await nodeOf('laptop').machine.waitFor(() => isDirect(...pair), HEAL_MS);
    const { machine } = nodeOf('laptop');
    const moved = await measure(pair, 'no broker, the laptop gets another address', () =>
      renumber(machine, 'eth0', '192.168.1.30', '192.168.1.1'),
    );
    expect(moved.silenceSec).toBeLessThan(5);
    // What only the broker can heal: behind two such NATs nobody can tell the other where it is.
    await home.router.setWanAddress('198.51.100.12');
    await site.broker.start();
    const backAtMs = systemClock.wallMs();
    const ping = startPing(machine, (await seen(...PAIR)).address4, PING_INTERVAL_SEC);
    await machine.waitFor(() => ping.isAnsweredSince(backAtMs), 30_000);
    await untilDirect(...PAIR);
    console.log(
      `  healed ${(await ping.stop()).answeredAfterSec(backAtMs).toFixed(2)} s after the broker is back`,
    );
  }, 90_000);

  test('a tablet that slept wakes up in another network', async () => {
    const { machine } = nodeOf('tablet');
    const answeredSec = await wakeUp(async () => {
      await phone.lan.plug(machine, { addresses: ['10.9.0.8'], ifName: 'wwan0' });
      await machine.configure(['link del eth0']);
    });
    console.log(`awake in another network: answered after ${answeredSec.toFixed(2)} s`);
    expect(answeredSec).toBeLessThan(4);
  }, 60_000);
});
