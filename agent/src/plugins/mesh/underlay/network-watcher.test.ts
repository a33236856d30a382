import { createVirtualClock, silentLogger } from '@sidegate/kit';
import type { Cidr4, Ip } from '@sidegate/protocol';
import { expect, test } from 'vitest';
import { createMemoryLinks, type MemoryLinks } from '../../../platform/memory/memory-links.ts';
import type { IfName, Link } from '../../../ports/index.ts';
import { watchNetwork } from './network-watcher.ts';

const eth0 = 'eth0' as IfName;
const linkWith = (address: string): Link => ({
  name: eth0,
  mac: undefined,
  isUp: true,
  isLoopback: false,
  addresses4: [address as Cidr4],
  addresses6: [],
  linkKind: undefined,
});
const place = (links: MemoryLinks, address: string | undefined, gateway: string | undefined) => {
  links.links = address === undefined ? [] : [linkWith(address)];
  links.routes =
    gateway === undefined
      ? []
      : [{ destination: 'default', family: 4, gateway: gateway as Ip, interfaceName: eth0 }];
};

const open = async () => {
  const clock = createVirtualClock();
  const links = createMemoryLinks();
  place(links, '192.168.1.2/24', '192.168.1.1');
  const told: string[] = [];
  const watcher = await watchNetwork({
    links,
    tunnelName: 'sg0' as IfName,
    clock,
    log: silentLogger,
    onChanged: (view, left) =>
      told.push(`${clock.monoMs()} ${view.links[0]?.addresses4[0]} ${left.length > 0 ? 'left' : 'came'}`),
  });
  const change = async (address: string | undefined, gateway: string | undefined, thenMs: number) => {
    place(links, address, gateway);
    links.notify('address');
    links.notify('route');
    await clock.advance(thenMs);
  };
  return { clock, links, told, watcher, change };
};

test('a new way out is told at once, not when the events have calmed down', async () => {
  const { told, change } = await open();
  await change('10.9.0.7/24', '10.9.0.1', 1);
  expect(told).toEqual(['0 10.9.0.7/24 left']);
});

test('the gap between two networks is not told when it passes', async () => {
  const { told, change } = await open();
  await change(undefined, undefined, 40);
  await change('10.9.0.7/24', undefined, 60);
  expect(told).toEqual([]);
  await change('10.9.0.7/24', '10.9.0.1', 60);
  expect(told).toEqual(['100 10.9.0.7/24 left']);
});

test('a loss that lasts is told once, and so is the way back', async () => {
  const { told, change, clock } = await open();
  await change(undefined, undefined, 1000);
  expect(told).toEqual(['300 undefined left']);
  await clock.advance(60_000);
  await change('192.168.1.2/24', '192.168.1.1', 1000);
  expect(told).toEqual(['300 undefined left', '61000 192.168.1.2/24 came']);
});

test('a lease that ends and is given again is no change', async () => {
  const { told, change } = await open();
  await change(undefined, undefined, 40);
  await change('192.168.1.2/24', '192.168.1.1', 1000);
  expect(told).toEqual([]);
});

test('a storm of events costs one reading in fifty milliseconds', async () => {
  const { clock, links } = await open();
  let readings = 0;
  const { readLinks } = links;
  links.readLinks = (signal) => {
    readings += 1;
    return readLinks(signal);
  };
  for (let event = 0; event < 1000; event++) {
    links.notify('route');
    await clock.advance(1);
  }
  expect(readings).toBeGreaterThan(15);
  expect(readings).toBeLessThanOrEqual(21);
});
