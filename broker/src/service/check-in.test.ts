import type { Endpoint } from '@sidegate/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestWorld, describeCheckIn, updatesIn } from './testing/create-test-service.ts';

const { mapOf, open, seeAt, stop } = createTestWorld();
afterEach(stop);

describe('endpoints', () => {
  test('two beacons tell NATs apart, an address of its own tells that there is none', async () => {
    const { owner, addNode, service } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    let kind: 'symmetric' | 'endpoint-independent' | 'unknown' = 'unknown';
    service.setBeacon({ natKind: () => kind, forget: () => {}, resetTimestamps: () => {} });
    seeAt(alder, '198.51.100.7:40001');
    expect(mapOf(alder).self).toMatchObject({ nat: 'unknown', reflexive4: '198.51.100.7:40001' });
    kind = 'symmetric';
    seeAt(alder, '198.51.100.7:50002', 1);
    expect(mapOf(alder).self.nat).toBe('symmetric');
    const candidates = [{ kind: 'lan' as const, endpoint: '198.51.100.7:40001' as Endpoint }];
    service.checkIn(alder, describeCheckIn({ candidates }));
    expect(alder.mapping.nat).toBe('none');
  });

  test('a node with both families has NAT by its IPv4 mapping, one with IPv6 alone has none', async () => {
    const { owner, addNode, service } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    service.setBeacon({ natKind: () => 'symmetric', forget: () => {}, resetTimestamps: () => {} });
    const candidates = [{ kind: 'ipv6' as const, endpoint: '[2001:db8:a::2]:40001' as Endpoint }];
    seeAt(alder, '198.51.100.7:40001');
    seeAt(alder, '[2001:db8:a::2]:40001', 1);
    service.checkIn(alder, describeCheckIn({ candidates }));
    expect(alder.mapping.nat).toBe('symmetric');
    expect(mapOf(alder).self).toMatchObject({
      nat: 'symmetric',
      reflexive4: '198.51.100.7:40001',
      reflexive6: '[2001:db8:a::2]:40001',
    });
    seeAt(alder, '[2001:db8:a::2]:40001', 0);
    expect(mapOf(alder).self.reflexive4).toBeUndefined();
    service.checkIn(alder, describeCheckIn({ candidates }));
    expect(alder.mapping.nat).toBe('none');
  });

  test('nodes that come behind one public address learn of their private ones', async () => {
    const { owner, addNode, service, watch, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const laptop = await addNode(owner, 'client', 'laptop');
    const candidates = [{ kind: 'lan' as const, endpoint: '192.168.1.2:40001' as Endpoint }];
    service.checkIn(alder, describeCheckIn({ candidates }));
    seeAt(alder, '198.51.100.7:40001');
    seeAt(laptop, '192.0.2.1:40001');
    expect(mapOf(laptop).peers[0]!.candidates.map(({ kind }) => kind)).toEqual(['reflexive']);
    const { events } = watch(laptop);
    seeAt(laptop, '198.51.100.7:40009');
    await clock.advance(50);
    expect(updatesIn(events).at(-1)).toMatchObject({
      changed: [{ candidates: [{ kind: 'lan' }, { kind: 'reflexive' }] }],
    });
  });
});

describe('check-ins', () => {
  test('an unchanged one writes nothing to the database, and changes nobody else', async () => {
    const { owner, addNode, service, store, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    service.checkIn(alder, describeCheckIn());
    await clock.advance(20_000);
    let writes = 0;
    const { transaction } = store;
    const count = (task: never) => {
      writes++;
      return transaction(task);
    };
    Object.assign(store, { transaction: count });
    const revision = service.network.revisionOf(alder);
    for (let at = 0; at < 5; at++) {
      service.checkIn(alder, describeCheckIn({ revision }));
      await clock.advance(60_000);
    }
    expect(writes).toBe(0);
    expect(service.network.revisionOf(alder)).toBe(revision);
  });

  test('a boot that comes back after another one shows a cloned image', async () => {
    const { owner, addNode, service } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const boot = (letter: string) => describeCheckIn({ bootId: letter.repeat(32) });
    service.checkIn(alder, boot('a'));
    service.checkIn(alder, boot('b'));
    expect(service.nodes.get(owner, alder.id).health).toEqual([]);
    service.checkIn(alder, boot('a'));
    expect(service.nodes.get(owner, alder.id).health).toEqual(['identity-cloned']);
  });

  test('of two machines with one identity the later one is refused; a reboot of the first one is not', async () => {
    const { owner, addNode, service } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const boot = (letter: string) => service.checkIn(alder, describeCheckIn({ bootId: letter.repeat(32) }));
    for (const letter of 'aba') boot(letter);
    expect(() => boot('b')).toThrow(expect.objectContaining({ code: 'IDENTITY_CLONED' }));
    expect(alder.report.bootId).toBe('a'.repeat(32));
    for (const letter of 'aca') boot(letter);
    expect(() => boot('c')).toThrow(expect.objectContaining({ code: 'IDENTITY_CLONED' }));
    for (const letter of 'defghijklm') boot(letter);
    boot('m');
  });

  test('a reboot lets the handshake clock start anew', async () => {
    const { owner, addNode, service } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const reset: string[] = [];
    service.setBeacon({
      natKind: () => 'unknown',
      forget: () => {},
      resetTimestamps: (id) => void reset.push(id),
    });
    service.checkIn(alder, describeCheckIn({ bootId: 'a'.repeat(32) }));
    service.checkIn(alder, describeCheckIn({ bootId: 'b'.repeat(32) }));
    expect(reset).toEqual([alder.id]);
  });
});
