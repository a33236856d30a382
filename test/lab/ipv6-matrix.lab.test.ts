/**
 * Both address families mixed: who shares a family meets directly, who shares none meets through a relay on both.
 *
 *              broker 203.0.113.10 and .11, 2001:db8:203::10 and ::11 ------- internet
 *        ________________________________________________________________________|________
 *       |                   |                    |                    |                   |
 *   symmetric NAT      symmetric NAT             NAT                  NAT              symmetric NAT
 *   IPv6 firewall      IPv6 firewall             IPv6 firewall        IPv6 firewall
 *   dual-1             dual-2                    six-1                six-2            four
 *   192.168.1.2        192.168.1.2
 *   2001:db8:a::2      2001:db8:b::2             2001:db8:c::2        2001:db8:d::2    192.168.1.2
 */
import { systemClock } from '@sidegate/kit';
import { requireLab, startPing } from '@sidegate/lab';
import type { PeerStatus } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPathSite, type PathNode, type PathSite } from './paths-site.ts';

/** Who pings whom, and what must come of it. */
interface Cell {
  readonly from: string;
  readonly to: string;
  readonly goal: 'direct' | 'relayed';
}
const CELLS: readonly Cell[] = [
  { from: 'six-1', to: 'six-2', goal: 'direct' },
  { from: 'six-1', to: 'dual-1', goal: 'direct' },
  { from: 'dual-1', to: 'dual-2', goal: 'direct' },
  { from: 'six-1', to: 'four', goal: 'relayed' },
  { from: 'dual-2', to: 'four', goal: 'relayed' },
];
const HOMES = [
  { name: 'dual-1', nat: 'symmetric', lan6: '2001:db8:a::/64', addresses: ['192.168.1.2', '2001:db8:a::2'] },
  { name: 'dual-2', nat: 'symmetric', lan6: '2001:db8:b::/64', addresses: ['192.168.1.2', '2001:db8:b::2'] },
  { name: 'six-1', nat: 'port-restricted', lan6: '2001:db8:c::/64', addresses: ['2001:db8:c::2'] },
  { name: 'six-2', nat: 'port-restricted', lan6: '2001:db8:d::/64', addresses: ['2001:db8:d::2'] },
  { name: 'four', nat: 'symmetric', lan6: undefined, addresses: ['192.168.1.2'] },
] as const;

const READ_INTERVAL_MS = 250;
const MEET_MAX_MS = 15_000;
const SIX = /^\[2001:db8:[a-d]::2\]:/;
const RELAY = /^(203\.0\.113\.1|\[2001:db8:203::1)/;

/** What was seen of a pair: from either end, and by the ping. */
interface Outcome {
  readonly ends: readonly PeerStatus[];
  readonly lost: number;
  readonly firstAnswerSec: number;
}

describe.skipIf(await requireLab())('both address families', () => {
  let site: PathSite;
  const nodes = new Map<string, PathNode>();
  const outcomes = new Map<Cell, Outcome>();
  const nodeOf = (name: string) => nodes.get(name)!;
  const readEnds = async ({ from, to }: Cell) =>
    await Promise.all([nodeOf(from).peer(to), nodeOf(to).peer(from)]);
  const isSettled = async (cell: Cell) => {
    const ends = await readEnds(cell);
    return cell.goal === 'relayed' || ends.every(({ path }) => path === 'direct');
  };
  const until = async (isTrue: () => Promise<boolean>, maxMs = MEET_MAX_MS) => {
    const deadline = systemClock.monoMs() + maxMs;
    while (systemClock.monoMs() < deadline && !(await isTrue())) await systemClock.sleep(READ_INTERVAL_MS);
  };

  beforeAll(async () => {
    site = await createPathSite({ hasIp6: true });
    await Promise.all(
      HOMES.map(async ({ name, nat, lan6, addresses }, at) => {
        const lan = '192.168.1.0/24';
        const options = { lan, wan: `198.51.100.${at + 2}`, nat, ...(lan6 === undefined ? {} : { lan6 }) };
        const home = await site.lab.addHome(name, options);
        nodes.set(name, await site.addNode(name, home, addresses[0], {}, addresses.slice(1)));
      }),
    );
    const pings = await Promise.all(
      CELLS.map(async (cell) => {
        const { address4 } = await nodeOf(cell.from).peer(cell.to);
        return { cell, ping: startPing(nodeOf(cell.from).machine, address4) };
      }),
    );
    await until(async () => (await Promise.all(CELLS.map(isSettled))).every(Boolean));
    for (const { cell, ping } of pings)
      outcomes.set(cell, { ...(await ping.stop()), ends: await readEnds(cell) });
  }, 90_000);
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  test.each(CELLS)('$from and $to: $goal', ({ goal, ...cell }) => {
    const outcome = outcomes.get(CELLS.find(({ from, to }) => from === cell.from && to === cell.to)!)!;
    const story = JSON.stringify(
      outcome.ends.map(({ endpoint, explain }) => [endpoint, explain.map(({ to, why }) => `${to}: ${why}`)]),
    );
    for (const { path, endpoint } of outcome.ends) {
      expect(path, story).toBe(goal);
      expect(endpoint, story).toMatch(goal === 'direct' ? SIX : RELAY);
    }
    expect(outcome.lost, story).toBe(0);
    expect(outcome.firstAnswerSec).toBeLessThan(1);
  });

  test('mesh addresses of both families carry packets, whatever is below', async () => {
    const four = nodeOf('four').machine;
    four.spawn('socat', ['TCP6-LISTEN:9000,fork,reuseaddr', 'EXEC:echo over IPv6']);
    await four.waitFor({ tcp: 9000 });
    const { address4, address6 } = await nodeOf('six-1').peer('four');
    const { machine } = nodeOf('six-1');
    for (const address of [address4, address6]) await machine.run('ping', ['-c', '1', '-W', '2', address]);
    const { stdout } = await machine.run('socat', ['-u', `TCP6:[${address6}]:9000`, 'STDOUT']);
    expect(stdout).toBe('over IPv6\n');
  });

  test('a node with both families shows the beacons its IPv4 mapping, one without IPv4 its IPv6 address', async () => {
    const dual = (await nodeOf('dual-1').status()).broker;
    expect(dual).toMatchObject({ nat: 'symmetric', reflexive4: expect.stringMatching(/^198\.51\.100\.2:/) });
    const six = (await nodeOf('six-1').status()).broker;
    expect(six).toMatchObject({ nat: 'none', reflexive6: expect.stringMatching(/^\[2001:db8:c::2\]:/) });
  });

  test('a node that loses IPv6 falls back to the relay over IPv4, and is direct again with IPv6', async () => {
    const [dual, other] = [nodeOf('dual-1'), nodeOf('dual-2')];
    const { address4 } = await dual.peer('dual-2');
    const ping = startPing(other.machine, (await other.peer('dual-1')).address4, 0.05);
    const back = startPing(dual.machine, address4, 0.05);
    await until(async () => (await dual.peer('dual-2')).path === 'direct');
    await dual.machine.run('ip', ['-6', 'route', 'del', 'default']);
    await until(async () => /^203/.test((await other.peer('dual-1')).endpoint ?? ''));
    await systemClock.sleep(500);
    const [outage, outageBack] = [await ping.stop(), await back.stop()];
    const again = startPing(other.machine, (await other.peer('dual-1')).address4, 0.05);
    await dual.machine.run('ip', ['-6', 'route', 'add', 'default', 'via', '2001:db8:a::1', 'dev', 'eth0']);
    await until(async () => SIX.test((await other.peer('dual-1')).endpoint ?? ''));
    const returned = await again.stop();
    expect(Math.max(outage.longestSilenceSec, outageBack.longestSilenceSec)).toBeLessThan(2);
    expect((await other.peer('dual-1')).endpoint).toMatch(SIX);
    expect(returned.lost).toBe(0);
  });

  test('a node whose packets get lost over IPv4 finds the relay over IPv6', async () => {
    const { machine, home, peer } = nodeOf('dual-2');
    const ping = startPing(machine, (await peer('four')).address4, 0.1);
    await until(async () => (await peer('four')).path === 'relayed');
    await using _block = await home.router.uplink.block({ family: 4, protocol: 'udp' });
    await until(async () => /^\[2001:db8:203::/.test((await peer('four')).endpoint ?? ''));
    await systemClock.sleep(300);
    const { longestSilenceSec } = await ping.stop();
    expect(longestSilenceSec).toBeLessThan(10);
    expect((await nodeOf('dual-1').peer('dual-2')).online).toBe(true);
  });
});
