import { NODE_EVENTS } from '@sidegate/protocol';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import type { Node } from './node.ts';
import { createTestWorld, describeCheckIn, updatesIn } from './testing/create-test-service.ts';

const { current, mapOf, open, seeAt, stop } = createTestWorld();
afterEach(stop);

describe('push', () => {
  test('an endpoint change reaches the peers that may know within 100 ms, in one event', async () => {
    const { owner, addUser, addNode, watch, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const birch = await addNode(owner, 'edge', 'birch');
    const laptop = await addNode(await addUser('technician'), 'client', 'laptop');
    const [onLaptop, onBirch] = [watch(laptop), watch(birch)];
    await clock.advance(100);
    const before = [onLaptop.events.length, onBirch.events.length];
    seeAt(alder, '198.51.100.7:40001');
    seeAt(alder, '198.51.100.7:40002', 1);
    await clock.advance(99);
    expect([onLaptop.events.length - before[0]!, onBirch.events.length - before[1]!]).toEqual([1, 0]);
    expect(v.parse(NODE_EVENTS.map, updatesIn(onLaptop.events).at(-1))).toMatchObject({
      kind: 'delta',
      changed: [
        {
          id: alder.id,
          candidates: [{ endpoint: '198.51.100.7:40001' }, { endpoint: '198.51.100.7:40002' }],
        },
      ],
    });
  });

  test('the greeting names the revision; a node that says what it has is brought up to date at once', async () => {
    const { owner, addNode, watch } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const { revision } = mapOf(alder);
    await addNode(owner, 'client', 'laptop');
    const { events } = watch(alder, revision);
    expect(events.map(({ event }) => event)).toEqual(['hello', 'map']);
    expect(updatesIn(events)[0]).toMatchObject({ kind: 'delta', from: revision });
    const fresh = watch(alder, current().service.network.revisionOf(alder));
    expect(fresh.events.map(({ event }) => event)).toEqual(['hello']);
  });

  test('what a check-in brought is not pushed again', async () => {
    const { owner, addNode, watch, service, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const { events } = watch(alder);
    await addNode(owner, 'client', 'laptop');
    service.checkIn(alder, describeCheckIn());
    await clock.advance(100);
    expect(updatesIn(events)).toEqual([]);
  });

  test('a removed node hears of it, and its stream ends', async () => {
    const { owner, addNode, watch, service, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const laptop = await addNode(owner, 'client', 'laptop');
    const [onAlder, onLaptop] = [watch(alder), watch(laptop)];
    await service.nodes.remove(owner, alder.id);
    await clock.advance(100);
    expect(onAlder.events.at(-1)?.event).toBe('revoked');
    expect(onAlder.isClosed()).toBe(true);
    expect(updatesIn(onLaptop.events).at(-1)).toMatchObject({ removed: [alder.id] });
    expect(service.directory.isNode(alder.identity.publicKey)).toBeUndefined();
  });

  test('a third stream of one node ends the first', async () => {
    const { owner, addNode, watch } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const streams = [watch(alder), watch(alder), watch(alder)];
    expect(streams.map(({ isClosed }) => isClosed())).toEqual([true, false, false]);
  });
});

describe('presence', () => {
  const isOnline = (viewer: Node) => mapOf(viewer).peers.map(({ online }) => online);

  test('a node is online for two check-ins, or as long as its stream is open', async () => {
    const { owner, addNode, watch, service, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const laptop = await addNode(owner, 'client', 'laptop');
    expect(isOnline(laptop)).toEqual([false]);
    service.checkIn(alder, describeCheckIn());
    expect(isOnline(laptop)).toEqual([true]);
    await clock.advance(126_000);
    expect(isOnline(laptop)).toEqual([false]);
    const { stream } = watch(alder);
    await clock.advance(600_000);
    expect(isOnline(laptop)).toEqual([true]);
    stream[Symbol.dispose]();
    await clock.advance(126_000);
    expect(isOnline(laptop)).toEqual([false]);
  });

  test("the beacon's word counts too", async () => {
    const { owner, addNode, service, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const laptop = await addNode(owner, 'client', 'laptop');
    for (let at = 0; at < 10; at++) {
      service.beaconEvents.onAlive(alder.id);
      await clock.advance(25_000);
    }
    expect(isOnline(laptop)).toEqual([true]);
  });
});
