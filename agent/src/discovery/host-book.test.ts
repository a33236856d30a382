import {
  type Host,
  type HostId,
  Host as HostSchema,
  type Ip4,
  LIMITS,
  type Mac,
  type ScopeId,
} from '@sidegate/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createHostBook, type HostBook } from './host-book.ts';
import type { Observation } from './observation.ts';

const SCOPE = 'c_aaaaaaaaaaaaaaaa' as ScopeId;
const [CAMERA, PRINTER] = ['44:47:cc:00:00:01' as Mac, '3c:2a:f4:00:00:02' as Mac];
const at = (last: number) => `192.168.1.${last}` as Ip4;
const see = (patch: Partial<Observation>): Observation => ({
  source: 'arp',
  at: 100,
  scopeId: SCOPE,
  ...patch,
});
const newBook = () => createHostBook((mac) => (mac === CAMERA ? 'Hikvision' : undefined));
const only = (book: HostBook): Host => {
  expect(book.list()).toHaveLength(1);
  return book.list()[0]!;
};

describe('the book of hosts', () => {
  it('makes one record of what several sources say of one device', () => {
    const book = newBook();
    book.observe(see({ mac: CAMERA, address: at(20) }));
    book.observe(
      see({ source: 'services', address: at(20), service: { protocol: 'tcp', port: 554, name: 'rtsp' } }),
    );
    book.observe(see({ source: 'mdns', address: at(20), fields: { 'mdns-name': 'Front door' } }));
    expect(only(book)).toMatchObject({
      mac: CAMERA,
      addresses: [at(20)],
      name: 'Front door',
      vendor: 'Hikvision',
      kind: 'camera',
      online: true,
      scopeId: SCOPE,
    });
    expect(only(book).evidence.map(({ source, field }) => `${source} ${field}`)).toEqual([
      'mdns mdns-name',
      'rules kind',
    ]);
  });

  it('says that nothing changed when nothing did', () => {
    const book = newBook();
    const first = see({ mac: CAMERA, address: at(20), fields: { 'http-title': 'Cam' } });
    expect(book.observe(first).changed).toHaveLength(1);
    expect(book.observe({ ...first, at: 200 }).changed).toEqual([]);
    expect(only(book).lastSeenAt).toBe(200);
  });

  it('gives a record its hardware address when it becomes known', () => {
    const book = newBook();
    book.observe(see({ source: 'mdns', address: at(20), fields: { 'mdns-name': 'Front door' } }));
    const { id } = only(book);
    book.observe(see({ mac: CAMERA, address: at(20) }));
    expect(only(book)).toMatchObject({ id, mac: CAMERA, vendor: 'Hikvision', name: 'Front door' });
  });

  it('unites two records of one device, and keeps the id that people use', () => {
    const book = newBook();
    book.observe(see({ mac: CAMERA, address: at(20) }));
    const known = only(book);
    book.observe(see({ address: at(21), service: { protocol: 'tcp', port: 80, name: 'http' } }));
    const nameless = book.atAddress(at(21))!;
    book.patch(nameless.id, { givenName: 'Door' });
    const { removed } = book.observe(see({ mac: CAMERA, address: at(21) }));
    expect(removed).toEqual([known.id]);
    expect(only(book)).toMatchObject({
      id: nameless.id,
      mac: CAMERA,
      givenName: 'Door',
      addresses: [at(21), at(20)],
    });
    expect(only(book).services).toHaveLength(1);
  });

  it('moves an address to the device that was last seen there', () => {
    const book = newBook();
    book.observe(see({ mac: CAMERA, address: at(20) }));
    const { changed } = book.observe(see({ mac: PRINTER, address: at(20) }));
    expect(changed.map(({ mac, addresses }) => [mac, addresses])).toEqual([
      [CAMERA, []],
      [PRINTER, [at(20)]],
    ]);
    expect(book.atAddress(at(20))?.mac).toBe(PRINTER);
  });

  it('follows a device to its new address when the scan is over', () => {
    const book = newBook();
    book.observe(see({ mac: CAMERA, address: at(20), at: 100 }));
    book.observe(see({ mac: CAMERA, address: at(77), at: 210 }));
    expect(only(book).addresses).toEqual([at(20), at(77)]);
    book.endScan({ scopeId: SCOPE, startedAt: 200, sawServices: true });
    expect(only(book).addresses).toEqual([at(77)]);
    expect(book.atAddress(at(20))).toBeUndefined();
  });

  it('calls offline who did not answer, and forgets services that are gone', () => {
    const book = newBook();
    const service = { protocol: 'tcp', port: 80, name: 'http' } as const;
    book.observe(see({ mac: CAMERA, address: at(20), service }));
    book.observe(see({ mac: PRINTER, address: at(30), service }));
    book.observe(see({ mac: PRINTER, address: at(30), at: 210 }));
    book.endScan({ scopeId: SCOPE, startedAt: 200, sawServices: true });
    expect(book.atAddress(at(20))).toMatchObject({ online: false, services: [service] });
    expect(book.atAddress(at(30))).toMatchObject({ online: true, services: [] });
  });

  it('hears hearsay, and gives no address away for it', () => {
    const book = newBook();
    book.observe(see({ mac: CAMERA, address: at(20) }));
    book.observe(
      see({
        source: 'leases',
        mac: PRINTER,
        address: at(20),
        isSighting: false,
        fields: { 'lease-name': 'hl' },
      }),
    );
    expect(book.atAddress(at(20))?.mac).toBe(CAMERA);
    expect(book.list().find(({ mac }) => mac === PRINTER)).toMatchObject({
      online: false,
      name: 'hl',
      addresses: [],
    });
  });

  it('does not take a gateway that answers for a network for one device', () => {
    const book = newBook();
    for (let last = 1; last <= 50; last++) book.observe(see({ mac: CAMERA, address: at(last) }));
    expect(book.list().find(({ mac }) => mac === CAMERA)?.addresses).toHaveLength(8);
    expect(book.list()).toHaveLength(43);
  });

  it('lets a person name, note and unname', () => {
    const book = newBook();
    book.observe(see({ mac: CAMERA, address: at(20) }));
    const { id } = only(book);
    book.patch(id, { givenName: 'Front door', note: 'by the ladder' });
    book.observe(see({ source: 'mdns', address: at(20), fields: { 'mdns-name': 'DS-2CD' } }));
    expect(only(book)).toMatchObject({ name: 'Front door', note: 'by the ladder' });
    expect(book.isKept(only(book))).toBe(true);
    book.patch(id, { givenName: '', note: '' });
    expect(only(book)).toMatchObject({ name: 'DS-2CD' });
    expect(only(book)).not.toHaveProperty('givenName');
    expect(book.isKept(only(book))).toBe(false);
  });

  it('is full one day, and then drops only what is away and nobody uses', () => {
    const book = newBook();
    const macOf = (n: number) =>
      `00:00:5e:${[16, 8, 0].map((s) => ((n >> s) & 255).toString(16).padStart(2, '0')).join(':')}` as Mac;
    for (let n = 0; n < LIMITS.hostsPerEdge; n++) book.observe(see({ mac: macOf(n), at: n }));
    expect(book.observe(see({ mac: CAMERA })).changed).toEqual([]);
    book.observe(see({ mac: macOf(0), at: 9_000 }));
    const named = book.list().find(({ mac }) => mac === macOf(1))!;
    const pinned = book.list().find(({ mac }) => mac === macOf(2))!;
    book.patch(named.id, { givenName: 'mine' });
    book.setPinned(new Set([pinned.id]));
    book.endScan({ scopeId: SCOPE, startedAt: 8_000, sawServices: false });
    const { removed } = book.observe(see({ mac: CAMERA }));
    expect(removed).toHaveLength(1);
    expect(book.get(named.id)).toBeDefined();
    expect(book.get(pinned.id)).toBeDefined();
    expect(book.list()).toHaveLength(LIMITS.hostsPerEdge);
    expect(book.list().some(({ mac }) => mac === macOf(3))).toBe(false);
  });

  it('lets no made-up addresses keep a device out', () => {
    const book = newBook();
    const addressOf = (n: number) => `10.66.${n >> 8}.${n & 255}` as Ip4;
    book.observe(see({ mac: PRINTER, address: at(30) }));
    book.observe(see({ address: at(40), service: { protocol: 'tcp', port: 80, name: 'http' } }));
    for (let n = 0; n < LIMITS.hostsPerEdge + 100; n++)
      book.observe(see({ mac: '00:00:5e:00:00:01' as Mac, address: addressOf(n) }));
    expect(book.list()).toHaveLength(LIMITS.hostsPerEdge);
    const { changed, removed } = book.observe(see({ mac: CAMERA, address: at(20) }));
    expect(changed).toMatchObject([{ mac: CAMERA }]);
    expect(removed).toHaveLength(1);
    // Nor does an address of which nothing is known push out anything.
    expect(book.observe(see({ address: at(50) })).changed).toEqual([]);
    for (const last of [20, 30, 40]) expect(book.atAddress(at(last))).toMatchObject({ online: true });
  });

  it('restores what it gave, and keeps one record per device', () => {
    const book = newBook();
    book.observe(see({ mac: CAMERA, address: at(20), fields: { 'mdns-name': 'Front door' } }));
    const copy = newBook();
    copy.restore(book.list());
    copy.restore([{ ...only(book), id: 'h_zzzzzzzzzzzzzzzz' as HostId }]);
    expect(only(copy)).toEqual(only(book));
    expect(copy.atAddress(at(20))?.name).toBe('Front door');
  });

  it('keeps its invariants over any reports', () => {
    const observation = fc.record(
      {
        source: fc.constantFrom('arp' as const, 'mdns' as const, 'services' as const, 'leases' as const),
        at: fc.nat(1000),
        mac: fc.constantFrom(CAMERA, PRINTER, '02:00:00:00:00:03' as Mac),
        address: fc.integer({ min: 1, max: 6 }).map(at),
        isSighting: fc.boolean(),
        service: fc.record({
          protocol: fc.constantFrom('tcp' as const, 'udp' as const),
          port: fc.integer({ min: 1, max: 200 }),
          name: fc.string({ unit: 'binary' }),
          banner: fc.string({ unit: 'binary' }),
        }),
        fields: fc.record({ 'http-title': fc.string({ unit: 'binary' }), 'mdns-name': fc.string() }),
      },
      { requiredKeys: ['source', 'at'] },
    );
    const step = fc.oneof(
      { weight: 10, arbitrary: observation },
      { weight: 1, arbitrary: fc.record({ end: fc.nat(1000) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const book = newBook();
        for (const one of steps) {
          if ('end' in one) book.endScan({ scopeId: SCOPE, startedAt: one.end, sawServices: true });
          else book.observe({ scopeId: SCOPE, ...one } as Observation);
          const hosts = book.list();
          const macs = hosts.flatMap(({ mac }) => mac ?? []);
          const addresses = hosts.flatMap((host) => host.addresses);
          expect(new Set(macs).size).toBe(macs.length);
          expect(new Set(addresses).size).toBe(addresses.length);
          for (const host of hosts) {
            expect(v.is(HostSchema, host)).toBe(true);
            expect(host.evidence.length).toBeLessThanOrEqual(33);
            expect(host.services.length).toBeLessThanOrEqual(LIMITS.servicesPerHost);
            for (const address of host.addresses) expect(book.atAddress(address)?.id).toBe(host.id);
          }
        }
      }),
    );
  });
});
