/**
 * Networks that block UDP: the relay through a WebSocket at once, and away from it as soon as UDP works.
 *
 *   broker 203.0.113.10, .11 (UDP 7382, TCP 80) ------------- internet
 *            ________________________________________________|___________
 *           |                          |                                 |
 *   guest (only TCP 80, 443)      shut (no UDP)                        open
 *   alder .2, birch .3            cedar 192.168.1.2               dogwood 192.168.1.2
 */
import { requireLab, startPing } from '@sidegate/lab';
import type { PeerStatus } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPathSite, type PathNode, type PathSite } from './paths-site.ts';

const NO_UDP = { protocol: 'udp' } as const;
const MEET_MAX_MS = 15_000;

const isByWebSocket = ({ path, endpoint }: PeerStatus): boolean =>
  path === 'relayed' && endpoint?.startsWith('127.0.0.1:') === true;
const isDirect = ({ path }: PeerStatus): boolean => path === 'direct';
const storyOf = ({ explain }: PeerStatus): string =>
  JSON.stringify(explain.map(({ from, to, why }) => `${from} -> ${to}: ${why}`));

describe.skipIf(await requireLab())('where UDP is blocked', () => {
  let site: PathSite;
  let alder: PathNode;
  let birch: PathNode;
  let cedar: PathNode;
  let dogwood: PathNode;
  let unblockCedar: AsyncDisposable;

  const report = (what: string, values: Readonly<Record<string, number>>): void =>
    console.info(`${what}: ${JSON.stringify(values)}`);
  const until = async (from: PathNode, to: PathNode, isThere: (peer: PeerStatus) => boolean) => {
    const check = async () => isThere(await from.peer(to.name));
    await expect
      .poll(check, { timeout: MEET_MAX_MS, interval: 100 })
      .toBe(true)
      .catch(async (error: unknown) => {
        throw new Error(`${from.name} -> ${to.name}: ${storyOf(await from.peer(to.name))}`, { cause: error });
      });
  };
  const ping = async (from: PathNode, to: PathNode, intervalSec = 0.05) =>
    startPing(from.machine, (await from.peer(to.name)).address4, intervalSec);
  const untilAnswered = async (from: PathNode, to: PathNode) => {
    const { address4 } = await from.peer(to.name);
    const isAnswered = async () => {
      const { stdout } = await from.machine.run('ping', ['-c', '2', '-i', '0.1', '-W', '1', address4]);
      return stdout.includes(' 2 received');
    };
    await expect.poll(() => isAnswered().catch(() => false), { timeout: MEET_MAX_MS }).toBe(true);
  };
  const hasWarning = async (node: PathNode): Promise<boolean> =>
    (await node.status()).health.some(({ code }) => code === 'udp-blocked');

  beforeAll(async () => {
    site = await createPathSite();
    const { lab } = site;
    const lan = '192.168.1.0/24';
    const [guest, shut, open] = await Promise.all([
      lab.addHome('guest', { lan, wan: '198.51.100.10', blocked: { exceptTcpPorts: [80, 443] } }),
      lab.addHome('shut', { lan, wan: '198.51.100.11' }),
      lab.addHome('open', { lan, wan: '198.51.100.12' }),
    ]);
    unblockCedar = await shut.router.uplink.block(NO_UDP);
    [alder, birch, cedar, dogwood] = await Promise.all([
      site.addNode('alder', guest, '192.168.1.2'),
      site.addNode('birch', guest, '192.168.1.3'),
      site.addNode('cedar', shut, '192.168.1.2'),
      site.addNode('dogwood', open, '192.168.1.2'),
    ]);
  }, 60_000);
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  test('a peer on UDP answers through the WebSocket, and people are told', async () => {
    await expect.poll(() => hasWarning(cedar), { timeout: MEET_MAX_MS }).toBe(true);
    const echo = await ping(cedar, dogwood);
    await until(cedar, dogwood, (peer) => isByWebSocket(peer) && peer.latestHandshakeAt !== undefined);
    const { firstAnswerSec, lost } = await echo.stop();
    report('first answer', { firstAnswerSec, lost });
    expect(firstAnswerSec).toBeLessThan(1);
    const { broker } = await cedar.status();
    expect(broker).toMatchObject({ isRelayByWebSocket: true, beaconReachable: false, nat: 'unknown' });
    expect(await hasWarning(dogwood)).toBe(false);
    expect((await dogwood.peer('cedar')).endpoint).toMatch(/^203\.0\.113\./);
  });

  test('two of them answer each other, each through its own', async () => {
    const echo = await ping(alder, cedar);
    await until(alder, cedar, (peer) => isByWebSocket(peer) && peer.latestHandshakeAt !== undefined);
    const { firstAnswerSec } = await echo.stop();
    expect(firstAnswerSec).toBeLessThan(1);
    expect(isByWebSocket(await cedar.peer('alder'))).toBe(true);
  });

  test('neighbours meet in their LAN nevertheless', async () => {
    const echo = await ping(alder, birch);
    await until(alder, birch, isDirect);
    await echo.stop();
    expect((await alder.peer('birch')).endpoint).toMatch(/^192\.168\.1\.3:/);
  });

  test('the broker restarts: the WebSocket is back', async () => {
    const echo = await ping(cedar, dogwood);
    await site.broker.kill();
    await site.broker.start();
    const startedAtMs = performance.now();
    await untilAnswered(cedar, dogwood);
    const healedMs = performance.now() - startedAtMs;
    report('after a restart of the broker', { healedMs });
    expect(healedMs).toBeLessThan(5_000);
    await echo.stop();
    expect((await cedar.status()).broker).toMatchObject({ isRelayByWebSocket: true });
    // What a node does about the restart is over once it hears the broker again: the next test counts packets.
    for (const one of [cedar, dogwood])
      await expect
        .poll(async () => (await one.status()).broker?.connected, { timeout: MEET_MAX_MS })
        .toBe(true);
  });

  test('UDP works again: the pair becomes direct, and loses nothing', async () => {
    const echo = await ping(cedar, dogwood);
    const startedAtMs = performance.now();
    await unblockCedar[Symbol.asyncDispose]();
    await expect.poll(() => hasWarning(cedar), { timeout: MEET_MAX_MS, interval: 50 }).toBe(false);
    const leftMs = performance.now() - startedAtMs;
    await until(cedar, dogwood, isDirect);
    const directMs = performance.now() - startedAtMs;
    const { lost, longestSilenceSec } = await echo.stop();
    report('UDP works again', { leftMs, directMs, lost, longestSilenceSec });
    expect(lost).toBe(0);
    expect((await cedar.status()).broker?.isRelayByWebSocket).toBeUndefined();
  });

  test('UDP is blocked while a direct path is in use: the relay takes over', async () => {
    const echo = await ping(cedar, dogwood);
    const startedAtMs = performance.now();
    await using _blocked = await dogwood.home.router.uplink.block(NO_UDP);
    await until(dogwood, cedar, isByWebSocket);
    await untilAnswered(cedar, dogwood);
    const outageMs = performance.now() - startedAtMs;
    await echo.stop();
    report('UDP blocked while running', { outageMs });
    expect(outageMs).toBeLessThan(12_000);
    expect(await hasWarning(dogwood)).toBe(true);
  });
});
