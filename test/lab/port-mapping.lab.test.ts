/**
 * Routers that map ports for whoever asks (miniupnpd): pairs that would stay relayed for ever become direct.
 *
 *              broker 203.0.113.10, .11 ------------- internet
 *       ____________________________________________|_____________________________________
 *      |              |              |               |                |                  |
 *   pcp            nat-pmp         upnp            mapped           plain              plain        carrier (NAT)
 *   symmetric,     symmetric,      symmetric,      cone, maps       symmetric          cone           |
 *   maps ports     maps ports      maps ports      ports            `closed`           `cone`       `twice`, maps ports
 */
import { systemClock } from '@sidegate/kit';
import { type NatPreset, requireLab, startPing } from '@sidegate/lab';
import type { EdgeStatus, PeerStatus } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPathSite, type PathNode, type PathSite } from './paths-site.ts';

const LAN = '192.168.1.0/24';
const ADDRESS = '192.168.1.2';
const only = (protocol: string) => ({ 'port-mapping': { protocols: [protocol] } });

describe.skipIf(await requireLab())('a router that maps ports', () => {
  let site: PathSite;
  const nodes = new Map<string, PathNode>();
  const nodeOf = (name: string) => nodes.get(name)!;

  const add = async (name: string, nat: NatPreset, wan: string, config?: Record<string, unknown>) => {
    const home = await site.lab.addHome(name, { lan: LAN, wan, nat, portMapping: wan.startsWith('11.') });
    nodes.set(name, await site.addNode(name, home, ADDRESS, config));
  };
  const addTwice = async () => {
    const carrier = await site.lab.addCarrier('carrier', { wan: '198.51.100.40' });
    const options = { lan: LAN, wan: '100.64.0.2', cgnat: carrier, portMapping: true };
    nodes.set('twice', await site.addNode('twice', await site.lab.addHome('twice', options), ADDRESS));
  };
  /** A person forwarded a port in the router and wrote it into the configuration. */
  const addByHand = async () => {
    const wan = '198.51.100.14';
    const home = await site.lab.addHome('by-hand', { lan: LAN, wan, nat: 'symmetric', portMapping: true });
    const rule = `iifname "wan0" udp dport 40009 dnat ip to ${ADDRESS}:40000`;
    const table = `table inet hand { chain in { type nat hook prerouting priority dstnat; ${rule}; }; }`;
    await home.router.run('nft', [table]);
    const mesh = { listenPort: 40_000, staticCandidates: [`${wan}:40009`] };
    const config = { mesh, 'port-mapping': { enabled: false } };
    nodes.set('by-hand', await site.addNode('by-hand', home, ADDRESS, config));
  };
  const mappingOf = async (name: string) => (await nodeOf(name).status()).portMapping;
  const waitForMapping = async (name: string, state: NonNullable<EdgeStatus['portMapping']>['state']) => {
    await nodeOf(name).machine.waitFor(async () => (await mappingOf(name))?.state === state, 20_000);
    return (await mappingOf(name))!;
  };
  /** Pings until both ends are direct, and answers with what each is direct to. */
  const meet = async (one: string, other: string): Promise<readonly PeerStatus[]> => {
    const { address4 } = await nodeOf(one).peer(other);
    const ping = startPing(nodeOf(one).machine, address4);
    const see = () => Promise.all([nodeOf(one).peer(other), nodeOf(other).peer(one)]);
    const deadline = systemClock.monoMs() + 20_000;
    let ends = await see();
    while (systemClock.monoMs() < deadline && !ends.every(({ path }) => path === 'direct'))
      [ends] = await Promise.all([see(), systemClock.sleep(100)]);
    await ping.stop();
    return ends;
  };
  const storyOf = (ends: readonly PeerStatus[]) =>
    JSON.stringify(ends.map(({ explain }) => explain.map(({ to, why }) => `${to}: ${why}`)));

  beforeAll(async () => {
    site = await createPathSite();
    await Promise.all([
      add('pcp', 'symmetric', '11.1.0.2', only('pcp')),
      add('nat-pmp', 'symmetric', '11.2.0.2', only('nat-pmp')),
      add('upnp', 'symmetric', '11.3.0.2', only('upnp')),
      add('mapped', 'port-restricted', '11.4.0.2'),
      add('closed', 'symmetric', '198.51.100.12'),
      add('cone', 'port-restricted', '198.51.100.13'),
      addTwice(),
      addByHand(),
    ]);
  }, 90_000);
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  test.each([
    ['pcp', '11.1.0.2'],
    ['nat-pmp', '11.2.0.2'],
    ['upnp', '11.3.0.2'],
  ])('is asked by %s, and grants the port of WireGuard for two hours', async (name, wan) => {
    const { protocol, external, expiresAt, gateway } = await waitForMapping(name, 'mapped');
    const { tunnel, candidates } = await nodeOf(name).status();
    expect({ protocol, gateway }).toEqual({ protocol: name, gateway: '192.168.1.1' });
    expect(external).toBe(`${wan}:${tunnel?.listenPort}`);
    expect(expiresAt! - Date.now()).toBeGreaterThan(7_100_000);
    expect(expiresAt! - Date.now()).toBeLessThanOrEqual(7_200_000);
    expect(candidates).toContainEqual({ kind: 'mapped', endpoint: external });
    expect(await nodeOf(name).home.portMapper.mappings()).toEqual([
      `${tunnel?.listenPort} -> ${ADDRESS}:${tunnel?.listenPort}`,
    ]);
  });

  test.each([
    ['pcp', 'closed'],
    ['nat-pmp', 'closed'],
    ['upnp', 'closed'],
    ['pcp', 'cone'],
    ['mapped', 'closed'],
  ])('%s and %s: direct, by the mapped port', async (one, other) => {
    const { external } = await waitForMapping(one, 'mapped');
    const ends = await meet(one, other);
    expect(
      ends.map(({ path }) => path),
      storyOf(ends),
    ).toEqual(['direct', 'direct']);
    expect(ends[1]?.endpoint).toBe(external);
  });

  test('by hand of a person, as the configuration says, does the same', async () => {
    expect(await mappingOf('by-hand')).toEqual({ state: 'off' });
    expect((await nodeOf('by-hand').status()).candidates?.[0]).toEqual({
      kind: 'static',
      endpoint: '198.51.100.14:40009',
    });
    const ends = await meet('by-hand', 'closed');
    expect(ends[1]?.endpoint, storyOf(ends)).toBe('198.51.100.14:40009');
  });

  test('that is behind a NAT itself is of no use, and says so', async () => {
    expect((await waitForMapping('twice', 'double-nat')).why).toBe('it has no public address');
    expect(await nodeOf('twice').sidegate('status')).toMatch(
      /router port +of no use: 192\.168\.1\.1 is behind/,
    );
    const { candidates = [] } = await nodeOf('twice').status();
    expect(candidates.map(({ kind }) => kind)).toEqual(['lan']);
  });

  test('that is not there is asked in vain', async () => {
    expect((await waitForMapping('closed', 'unavailable')).why).toMatch(/none of PCP, NAT-PMP and UPnP/);
  });

  test.each(['pcp', 'nat-pmp'])(
    'that restarts is asked again at once, because it says so (%s)',
    async (name) => {
      const { portMapper } = nodeOf(name).home;
      const before = await portMapper.mappings();
      await portMapper.crash();
      expect(await portMapper.mappings()).toEqual([]);
      await portMapper.launch();
      await nodeOf(name).machine.waitFor(async () => (await portMapper.mappings()).length > 0, 20_000);
      expect(await portMapper.mappings()).toEqual(before);
    },
  );

  test.each(['pcp', 'nat-pmp', 'upnp'])('gets its port back at `sidegate down` (%s)', async (name) => {
    const { home, machine } = nodeOf(name);
    await nodeOf(name).sidegate('down');
    await machine.waitFor(async () => (await home.portMapper.mappings()).length === 0, 5_000);
    expect(await mappingOf(name)).toBeUndefined();
  });

  test('gets it back when the daemon stops', async () => {
    const { agent, home } = nodeOf('mapped');
    expect(await home.portMapper.mappings()).toHaveLength(1);
    agent.process.kill('SIGTERM');
    await agent.process.exited;
    expect(await home.portMapper.mappings()).toEqual([]);
  });
});
