import type { MapPeer, NetworkMap } from '@sidegate/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import type { Node } from './node.ts';
import { createTestWorld, describeCheckIn, updatesIn } from './testing/create-test-service.ts';

const { current, mapOf, open, seeAt, stop } = createTestWorld();
afterEach(stop);
const namesIn = (map: NetworkMap): string[] => map.peers.map(({ name }) => name).sort();

describe('the network map', () => {
  test("a technician's client holds every edge, an edge holds no other edge", async () => {
    const { owner, addUser, addNode } = await open();
    const technician = await addUser('technician');
    const alder = await addNode(owner, 'edge', 'alder');
    await addNode(owner, 'edge', 'birch');
    const laptop = await addNode(technician, 'client', 'laptop');
    expect(namesIn(mapOf(laptop))).toEqual(['alder', 'birch']);
    expect(mapOf(laptop).peers.map(({ outbound, inbound }) => [outbound.kind, inbound.kind])).toEqual([
      ['all', 'none'],
      ['all', 'none'],
    ]);
    expect(namesIn(mapOf(alder))).toEqual(['laptop']);
    expect(mapOf(alder).peers[0]).toMatchObject({ inbound: { kind: 'all' }, outbound: { kind: 'none' } });
    expect(current().service.directory.mayTalk(alder.id, laptop.id)).toBe(true);
  });

  test("a member's client holds nothing of others", async () => {
    const { owner, addUser, addNode } = await open();
    await addNode(owner, 'edge', 'alder');
    const phone = await addNode(await addUser('member'), 'client', 'phone');
    expect(mapOf(phone).peers).toEqual([]);
  });

  test('in a mesh everybody is in every map', async () => {
    const { owner, addNode } = await open('mesh');
    const alder = await addNode(owner, 'edge', 'alder');
    await addNode(owner, 'edge', 'birch');
    await addNode(owner, 'client', 'laptop');
    expect(namesIn(mapOf(alder))).toEqual(['birch', 'laptop']);
  });

  test('somebody who becomes a technician gets the edges, and loses them again', async () => {
    const { owner, addUser, addNode, service, watch, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const person = await addUser('member');
    const phone = await addNode(person, 'client', 'phone');
    const { events } = watch(phone);
    await service.users.update(owner, person.id, { role: 'technician' });
    await clock.advance(50);
    expect(updatesIn(events).at(-1)).toMatchObject({
      kind: 'delta',
      changed: [{ id: alder.id }],
      removed: [],
    });
    await service.users.update(owner, person.id, { role: 'member' });
    await clock.advance(50);
    expect(updatesIn(events).at(-1)).toMatchObject({ kind: 'delta', changed: [], removed: [alder.id] });
  });

  test('an update is small for one that has the last, whole for one that has none', async () => {
    const { owner, addNode, service } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const laptop = await addNode(owner, 'client', 'laptop');
    const { revision } = mapOf(laptop);
    const same = service.checkIn(laptop, describeCheckIn({ revision }));
    expect(same).toEqual({ update: { kind: 'same', revision }, checkInSec: 60 });
    seeAt(alder, '198.51.100.7:40001');
    const { update } = service.checkIn(laptop, describeCheckIn({ revision }));
    expect(update).toMatchObject({ kind: 'delta', from: revision, removed: [] });
    expect((update as { changed: MapPeer[] }).changed.map(({ candidates }) => candidates)).toEqual([
      [{ kind: 'reflexive', endpoint: '198.51.100.7:40001' }],
    ]);
  });

  test('deltas lead to the same map as a whole one', async () => {
    const { owner, addNode, service, clock } = await open();
    const laptop = await addNode(owner, 'client', 'laptop');
    let map = mapOf(laptop);
    const nodes: Node[] = [];
    const catchUp = (): void => {
      const { update } = service.checkIn(laptop, describeCheckIn({ revision: map.revision }));
      if (update.kind === 'full') map = update.map;
      if (update.kind !== 'delta') return;
      const gone = new Set([...update.removed, ...update.changed.map(({ id }) => id)]);
      const peers = [...map.peers.filter(({ id }) => !gone.has(id)), ...update.changed];
      map = { ...map, revision: update.revision, self: update.self ?? map.self, peers };
    };
    for (let step = 0; step < 40; step++) {
      const node = nodes[step % 7];
      if (step % 5 === 0) nodes.push(await addNode(owner, 'edge', `edge-${step}`));
      else if (step % 5 === 1 && node) seeAt(node, `198.51.100.${step}:40001`);
      else if (step % 5 === 2) seeAt(laptop, `192.0.2.${step}:40001`);
      else if (step % 5 === 3 && node)
        await service.nodes.update(owner, node.id, { name: `n-${step}` as never });
      else if (nodes.length > 3) await service.nodes.remove(owner, nodes.shift()!.id);
      await clock.advance(1);
      if (step % 3 === 0) catchUp();
    }
    catchUp();
    const whole = mapOf(laptop);
    const sorted = (peers: readonly MapPeer[]) =>
      [...peers].sort((one, other) => (one.id < other.id ? -1 : 1));
    expect({ ...map, peers: sorted(map.peers) }).toEqual({ ...whole, peers: sorted(whole.peers) });
  });
});
