import { randomBytes } from 'node:crypto';
import type { DnsLabel, Endpoint, HostWish, Ip, PublicKey } from '@sidegate/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PortalActor } from './actor.ts';
import { PROFILE_REVIEW_MS } from './profiles.ts';
import { createTestService, readMap, seeEndpoint, type TestService } from './testing/create-test-service.ts';

const newKey = () => randomBytes(32).toString('base64') as PublicKey;
const BEACON = { publicKey: newKey(), endpoints: ['203.0.113.10:7382' as Endpoint] };

describe('profiles for stock WireGuard apps', () => {
  let test: TestService;
  let tess: PortalActor;
  const create = (name = 'phone', actor = tess) =>
    test.service.profiles.create(actor, { name: name as DnsLabel, publicKey: newKey() });
  const peersOf = ({ profile }: Awaited<ReturnType<typeof create>>) => profile.peers.map(({ name }) => name);
  const show = (id: Parameters<TestService['service']['nodes']['get']>[1]) =>
    test.service.nodes.get(test.owner, id);

  beforeEach(async () => {
    test = await createTestService('service', '100.64.0.0/10', [BEACON]);
    tess = await test.addUser('technician');
  });
  afterEach(() => test.stop());

  it('hold what policy lets the owner reach, and nothing else', async () => {
    const alder = await test.addNode(test.owner, 'edge', 'alder');
    await test.addNode(test.owner, 'client', 'laptop-of-the-owner');
    const created = await create();
    expect(created.node).toMatchObject({ name: 'phone', role: 'client', owner: { id: tess.id } });
    expect(created.node.profile).toEqual({ isOutOfDate: false });
    const { publicKey, address4, address6 } = alder.identity;
    expect(created.profile).toMatchObject({
      beacon: { publicKey: BEACON.publicKey, endpoint: '203.0.113.10:7382' },
      resolver: { searchDomain: 'acme.sidegate.internal', addresses: ['100.64.0.3', expect.any(String)] },
      peers: [{ name: 'alder', publicKey, addresses: [address4, address6] }],
      omitted: 0,
    });
    const member = await test.addUser('member');
    expect(peersOf(await create('tablet', member))).toEqual([]);
  });

  it('are known to edges as what answers no probes', async () => {
    const alder = await test.addNode(test.owner, 'edge', 'alder');
    const { node } = await create();
    expect(readMap(test, alder).peers).toMatchObject([{ id: node.id, speaks: 'wireguard' }]);
  });

  it('do not hold one another: a new device outdates no other', async () => {
    const phone = await create();
    expect(peersOf(await create('tablet'))).toEqual([]);
    expect(show(phone.node.id).profile).toEqual({ isOutOfDate: false });
  });

  it('go out of date with what they hold, and say so to the portal', async () => {
    const alder = await test.addNode(test.owner, 'edge', 'alder');
    const { node } = await create();
    const changes: boolean[] = [];
    test.service.network.events.on('node.changed', ({ id }) => {
      if (id === node.id) changes.push(show(id).profile!.isOutOfDate);
    });
    await test.service.setHostAddresses(alder, [
      { key: '02:00:00:00:00:01', name: 'camera' } as unknown as HostWish,
    ]);
    await test.clock.advance(PROFILE_REVIEW_MS);
    expect(changes).toEqual([true]);
    await test.service.setHostAddresses(alder, []);
    await test.clock.advance(PROFILE_REVIEW_MS);
    expect(changes).toEqual([true, false]);
    await test.service.nodes.update(test.owner, alder.id, { name: 'maple' as DnsLabel });
    seeEndpoint(test, alder, '198.51.100.7:40001', 0);
    await test.clock.advance(PROFILE_REVIEW_MS);
    expect(show(node.id).profile).toEqual({ isOutOfDate: false });
  });

  it('are renewed with another key, under the same name and addresses', async () => {
    const before = await create();
    await test.addNode(test.owner, 'edge', 'alder');
    expect(show(before.node.id).profile).toEqual({ isOutOfDate: true });
    const publicKey = newKey();
    const after = await test.service.profiles.renew(tess, before.node.id, { publicKey });
    expect(after.node).toMatchObject({ id: before.node.id, name: 'phone', publicKey });
    expect(after.node.profile).toEqual({ isOutOfDate: false });
    expect(peersOf(after)).toEqual(['alder']);
    expect(after.profile.address4).toBe(before.profile.address4);
    expect(test.service.registry.isNode(before.node.publicKey)).toBeUndefined();
    expect(test.service.registry.isNode(publicKey)?.id).toBe(before.node.id);
  });

  it('tell edges of the new key', async () => {
    const alder = await test.addNode(test.owner, 'edge', 'alder');
    const { node } = await create();
    const { revision } = readMap(test, alder);
    const publicKey = newKey();
    await test.service.profiles.renew(tess, node.id, { publicKey });
    expect(test.service.network.updateSince(alder, revision)).toMatchObject({
      kind: 'delta',
      changed: [{ id: node.id, publicKey }],
    });
  });

  it('are renewed by nobody but their owner, and only where there is one', async () => {
    const { node } = await create();
    const renew = (actor: PortalActor, id: typeof node.id) =>
      test.service.profiles.renew(actor, id, { publicKey: newKey() });
    await expect(renew(test.owner, node.id)).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    const laptop = await test.addNode(tess, 'client', 'laptop');
    await expect(renew(tess, laptop.id)).rejects.toMatchObject({ code: 'NODE_NOT_PROFILE' });
    const taken = { publicKey: laptop.identity.publicKey };
    await expect(test.service.profiles.renew(tess, node.id, taken)).rejects.toMatchObject({
      code: 'PUBLIC_KEY_TAKEN',
    });
  });

  it('end with the device: neither beacon nor relay knows the key any more', async () => {
    const alder = await test.addNode(test.owner, 'edge', 'alder');
    const { node } = await create();
    expect(test.service.registry.mayTalk(alder.id, node.id)).toBe(true);
    await test.service.nodes.remove(tess, node.id);
    expect(test.service.registry.mayTalk(alder.id, node.id)).toBe(false);
    expect(test.service.registry.isNode(node.publicKey)).toBeUndefined();
  });
});

describe('names', () => {
  let test: TestService;
  beforeEach(async () => {
    test = await createTestService();
  });
  afterEach(() => test.stop());

  it('are those of what policy shows, and of hosts behind it', async () => {
    const { names } = test.service;
    const alder = await test.addNode(test.owner, 'edge', 'alder');
    const birch = await test.addNode(test.owner, 'edge', 'birch');
    const laptop = await test.addNode(test.owner, 'client', 'laptop');
    const [camera] = await test.service.setHostAddresses(alder, [
      { key: '02:00:00:00:00:01', name: 'camera' } as unknown as HostWish,
    ]);
    const { address4, address6 } = alder.identity;
    const ask = (name: string, asker = laptop) => names.addressesOf(asker.id, name);
    expect(ask('alder.acme.sidegate.internal')).toEqual([address4, address6]);
    expect(ask('laptop.acme.sidegate.internal')).toEqual([
      laptop.identity.address4,
      laptop.identity.address6,
    ]);
    expect(ask('camera.alder.acme.sidegate.internal')).toEqual([camera!.address4, camera!.address6]);
    expect(ask('acme.sidegate.internal')).toEqual([]);
    expect(ask('sidegate.internal')).toEqual([]);
    for (const name of ['x.alder', 'camera.birch', 'a.camera.alder', 'oak'])
      expect(ask(`${name}.acme.sidegate.internal`)).toBe('unknown');
    expect(ask('alder.other.sidegate.internal')).toBe('unknown');
    expect(ask('alder.acme.sidegate.internal', birch)).toBe('unknown');
    expect(ask('example.com')).toBe('outside');
    expect(ask('notsidegate.internal')).toBe('outside');
  });

  it('are found from addresses', async () => {
    const { names } = test.service;
    const alder = await test.addNode(test.owner, 'edge', 'alder');
    const birch = await test.addNode(test.owner, 'edge', 'birch');
    const laptop = await test.addNode(test.owner, 'client', 'laptop');
    const [camera] = await test.service.setHostAddresses(alder, [
      { key: '02:00:00:00:00:01', name: 'camera' } as unknown as HostWish,
    ]);
    const fqdn = 'alder.acme.sidegate.internal';
    expect(names.nameOf(laptop.id, alder.identity.address4)).toBe(fqdn);
    expect(names.nameOf(laptop.id, alder.identity.address6)).toBe(fqdn);
    expect(names.nameOf(laptop.id, camera!.address6)).toBe(`camera.${fqdn}`);
    expect(names.nameOf(birch.id, alder.identity.address4)).toBe('unknown');
    expect(names.nameOf(birch.id, camera!.address4)).toBe('unknown');
    expect(names.nameOf(laptop.id, '192.168.1.1' as Ip)).toBe('outside');
    expect(names.nameOf(laptop.id, 'fd00::1' as Ip)).toBe('outside');
  });
});
