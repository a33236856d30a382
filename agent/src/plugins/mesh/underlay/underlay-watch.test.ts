import { createVirtualClock } from '@sidegate/kit';
import type { Beacon, Endpoint, Ip, NetworkMap } from '@sidegate/protocol';
import { expect, test } from 'vitest';
import type { IfName, Route } from '../../../ports/index.ts';
import { createUnderlayWatch } from './underlay-watch.ts';

const FOUR = '203.0.113.10:7382' as Endpoint;
const SIX = '[2001:db8:203::10]:7382' as Endpoint;
const mapWith = (...endpoints: Endpoint[]) =>
  ({ beacons: [{ publicKey: 'B' as Beacon['publicKey'], endpoints }] }) as unknown as NetworkMap;
const to = (family: 4 | 6): Route => ({
  destination: 'default',
  family,
  gateway: (family === 4 ? '192.168.1.1' : 'fe80::1') as Ip,
  interfaceName: 'eth0' as IfName,
});

const open = (...families: (4 | 6)[]) => {
  const clock = createVirtualClock();
  const told: string[] = [];
  let greetedAtMs = clock.monoMs();
  const watch = createUnderlayWatch({
    clock,
    tunnelName: 'sg0' as IfName,
    onChanged: ({ preferred }, why) => {
      told.push(`${clock.monoMs()} ${preferred} ${why}`);
      greetedAtMs = clock.monoMs();
    },
  });
  const have = (...now: (4 | 6)[]) => watch.noteNetwork({ links: [], routes: now.map(to) });
  have(...families);
  /** A reading every second, as the session makes. */
  const pass = async (map: NetworkMap, seconds: number, isAnswering = false) => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1000);
      watch.noteBeacons(map, isAnswering, greetedAtMs);
    }
  };
  return { watch, told, have, pass };
};

test('beacons that keep silent over one family are tried over the other, ever more patiently', async () => {
  const { told, pass } = open(4, 6);
  await pass(mapWith(FOUR, SIX), 25);
  expect(told).toEqual([
    '3000 6 the beacons do not answer over IPv4',
    '9000 4 the beacons do not answer over IPv6',
    '21000 6 the beacons do not answer over IPv4',
  ]);
});

test('beacons that answer are left where they are', async () => {
  const { watch, told, pass } = open(4, 6);
  await pass(mapWith(FOUR, SIX), 4);
  await pass(mapWith(FOUR, SIX), 600, true);
  expect(told).toHaveLength(1);
  expect(watch.current().preferred).toBe(6);
});

test('where there is no other family, nothing is changed for silence', async () => {
  const [alone, plain] = [open(4), open(4, 6)];
  await alone.pass(mapWith(FOUR, SIX), 60);
  await plain.pass(mapWith(FOUR), 60);
  expect([...alone.told, ...plain.told]).toEqual([]);
});

test('another network begins with IPv4 again', async () => {
  const { watch, have, pass } = open(4, 6);
  await pass(mapWith(FOUR, SIX), 4);
  expect(have(4, 6)).toBe(true);
  expect(watch.current()).toMatchObject({ hasIp4: true, hasIp6: true, preferred: 4 });
  expect(have(4, 6)).toBe(false);
  expect(have(6)).toBe(true);
  expect(watch.current()).toMatchObject({ hasIp4: false, hasIp6: true });
});

test('the way round where UDP is blocked is told of once; whoever leaves it knows', () => {
  const { watch, told } = open(4);
  const shim = '127.0.0.1:40000' as Endpoint;
  watch.useShim(shim);
  watch.useShim(shim);
  expect(watch.current()).toMatchObject({ shim });
  watch.leaveShim();
  expect(watch.current().shim).toBeUndefined();
  expect(told).toEqual(['0 4 UDP is blocked']);
});
