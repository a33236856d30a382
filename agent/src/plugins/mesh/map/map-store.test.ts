import { createVirtualClock, silentLogger } from '@sidegate/kit';
import { NetworkMap } from '@sidegate/protocol';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createMemoryFiles } from '../../../platform/memory/memory-files.ts';
import { openMapStore, removeStoredMap } from './map-store.ts';

const mapNamed = (name: string): NetworkMap =>
  v.parse(NetworkMap, {
    revision: 1,
    self: {
      id: 'n_0000000000000001',
      name,
      role: 'edge',
      address4: '100.64.0.2',
      address6: 'fd00::2',
      nat: 'unknown',
      tags: [],
    },
    account: {
      id: 'a_0000000000000001',
      label: 'acme',
      name: 'Acme',
      baseDomain: 'sidegate.internal',
      prefix4: '100.64.0.0/10',
      prefix6: 'fd00::/48',
    },
    beacons: [],
    checkInSec: 60,
    peers: [],
  });

const open = async () => {
  const files = createMemoryFiles();
  const clock = createVirtualClock();
  const openStore = () => openMapStore({ files, clock, log: silentLogger });
  const nameIn = (area: 'runtime' | 'state') =>
    (JSON.parse(files.texts.get(`${area}/network-map.json`) ?? '{}') as { map?: NetworkMap }).map?.self.name;
  return { files, clock, openStore, nameIn };
};

test('a change is at once where a killed agent finds it, and on flash only when it has settled', async () => {
  const { clock, openStore, nameIn } = await open();
  const store = await openStore();
  store.saveSoon({ map: mapNamed('first'), brokerBootId: 'b1' });
  await clock.advance(1);
  expect([nameIn('runtime'), nameIn('state')]).toEqual(['first', 'first']);
  store.saveSoon({ map: mapNamed('second'), brokerBootId: 'b1' });
  await clock.advance(1);
  expect([nameIn('runtime'), nameIn('state')]).toEqual(['second', 'first']);
  // The agent is killed here: nothing is disposed of.
  expect((await openStore()).loaded.map?.self.name).toBe('second');
  await clock.advance(5_000);
  expect(nameIn('state')).toBe('second');
});

test('after a reboot the map on flash is there, and a broken file is as good as none', async () => {
  const { files, clock, openStore } = await open();
  (await openStore()).saveSoon({ map: mapNamed('kept'), brokerBootId: undefined });
  await clock.advance(1);
  files.texts.set('runtime/network-map.json', '{"version":1,"map":{');
  expect((await openStore()).loaded.map?.self.name).toBe('kept');
  await removeStoredMap(files);
  expect((await openStore()).loaded).toEqual({ map: undefined, brokerBootId: undefined });
});

test('an orderly stop writes what was waiting', async () => {
  const { clock, openStore, nameIn } = await open();
  const store = await openStore();
  store.saveSoon({ map: mapNamed('first'), brokerBootId: undefined });
  await clock.advance(1);
  store.saveSoon({ map: mapNamed('second'), brokerBootId: undefined });
  await store[Symbol.asyncDispose]();
  expect(nameIn('state')).toBe('second');
});
