import type { HostWish } from '@sidegate/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Node } from './node.ts';
import { createTestService, readMap, type TestService } from './testing/create-test-service.ts';

const wish = (key: string, name: string) => ({ key, name }) as HostWish;
const CAMERA = wish('02:00:00:00:00:01', 'camera');
const PRINTER = wish('02:00:00:00:00:02', 'printer');

describe('addresses of hosts', () => {
  let test: TestService;
  let edge: Node;
  let laptop: Node;

  beforeEach(async () => {
    test = await createTestService();
    edge = await test.addNode(test.owner, 'edge', 'alder');
    laptop = await test.addNode(test.owner, 'client', 'laptop');
  });
  afterEach(() => test.stop());

  const set = (hosts: readonly HostWish[], node = edge) => test.service.setHostAddresses(node, hosts);
  const seenByLaptop = () => readMap(test, laptop).peers.find(({ id }) => id === edge.id)?.hosts;

  it('come from the prefix, and stay while the host is wished for', async () => {
    const [camera] = await set([CAMERA]);
    expect(camera).toMatchObject({ ...CAMERA, address4: '100.64.0.12' });
    expect(camera!.address6).toMatch(/^fd.*::c$/);
    const both = await set([PRINTER, CAMERA]);
    expect(both).toEqual([camera, expect.objectContaining({ name: 'printer', address4: '100.64.0.13' })]);
    expect(await set([CAMERA])).toEqual([camera]);
  });

  it('reach whoever may reach the edge, as a delta, and the edge itself', async () => {
    const { revision } = readMap(test, laptop);
    const { events } = test.watch(laptop, revision);
    const [camera] = await set([CAMERA]);
    const { key: _, ...shown } = camera!;
    await test.clock.advance(1_000);
    const update = events.find(({ event }) => event === 'map')?.data;
    expect(update).toMatchObject({ kind: 'delta', changed: [{ id: edge.id, hosts: [shown] }] });
    expect(readMap(test, edge).self.hosts).toEqual([camera]);
    await set([]);
    expect(seenByLaptop()).toBeUndefined();
  });

  it('keep their address under another name', async () => {
    const [before] = await set([CAMERA]);
    expect(await set([{ ...CAMERA, name: 'front-door' as HostWish['name'] }])).toEqual([
      { ...before, name: 'front-door' },
    ]);
    expect(seenByLaptop()?.[0]?.name).toBe('front-door');
  });

  it('may swap names', async () => {
    const before = await set([CAMERA, PRINTER]);
    const after = await set([wish(CAMERA.key, 'printer'), wish(PRINTER.key, 'camera')]);
    expect(after.map(({ key, address4 }) => [key, address4]).sort()).toEqual(
      before.map(({ key, address4 }) => [key, address4]).sort(),
    );
  });

  it('are never those of a node', async () => {
    const hosts = await set([CAMERA, PRINTER]);
    const late = await test.addNode(test.owner, 'edge', 'birch');
    expect(hosts.map(({ address4 }) => address4)).not.toContain(late.identity.address4);
  });

  it('are found again by an edge of the same name that was set up anew, and by no other', async () => {
    const [before] = await set([CAMERA]);
    await test.service.nodes.remove(test.owner, edge.id);
    const stranger = await test.addNode(test.owner, 'edge', 'birch');
    expect((await set([CAMERA], stranger))[0]!.address4).not.toBe(before!.address4);
    const again = await test.addNode(test.owner, 'edge', 'alder');
    expect(await set([CAMERA], again)).toEqual([before]);
  });

  it('are for edges only', async () => {
    await expect(set([CAMERA], laptop)).rejects.toMatchObject({ code: 'NODE_NOT_EDGE' });
  });
});
