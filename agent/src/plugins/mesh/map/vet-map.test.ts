import type { Endpoint, MapPeer, NetworkMap, PublicKey } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vetMap } from './vet-map.ts';

const self = {
  publicKey: 'own' as PublicKey,
  address4: '100.64.0.1',
  address6: 'fd00:1:2::1',
  isBrokerHere: false,
};
const peer = (at: number, change: Partial<Record<keyof MapPeer, unknown>> = {}): MapPeer =>
  ({
    id: `n_${at}`,
    name: `edge-${at}`,
    publicKey: `key-${at}`,
    address4: `100.64.0.${at}`,
    address6: `fd00:1:2::${at}`,
    ...change,
  }) as unknown as MapPeer;
const mapOf = (peers: readonly MapPeer[], change: Record<string, unknown> = {}): NetworkMap =>
  ({
    revision: 1,
    self: { id: 'n_1', address4: self.address4, address6: self.address6 },
    account: { prefix4: '100.64.0.0/10', prefix6: 'fd00:1:2::/48' },
    beacons: [{ publicKey: 'beacon', endpoints: ['203.0.113.10:7382' as Endpoint] }],
    peers,
    ...change,
  }) as unknown as NetworkMap;
const namesOf = (map: NetworkMap) => vetMap(map, self)?.map.peers.map(({ name }) => name);

describe('a map from a broker that lies', () => {
  test('a sound one is taken as it is', () => {
    const map = mapOf([peer(2), peer(3)]);
    expect(vetMap(map, self)).toEqual({ map, dropped: [] });
    expect(vetMap(map, self)?.map).toBe(map);
  });

  test.each([
    ['our own key', { publicKey: 'own' }],
    ["a beacon's key", { publicKey: 'beacon' }],
    ['our own address', { address4: '100.64.0.1' }],
    ['our own id', { id: 'n_1' }],
    ['the key of another', { publicKey: 'key-2' }],
    ['the address of another', { address6: 'fd00:1:2::2' }],
    ['an address of the internet', { address4: '8.8.8.8' }],
    ['an address of somebody’s LAN', { address4: '192.168.1.1' }],
    ['an IPv6 address of the internet', { address6: '2001:4860:4860::8888' }],
    [
      'a host with an address of the internet',
      { hosts: [{ address4: '9.9.9.9', address6: 'fd00:1:2::77' }] },
    ],
  ])('a peer with %s is left out, the others stay', (_, change) => {
    expect(namesOf(mapOf([peer(2), peer(9, change), peer(3)]))).toEqual(['edge-2', 'edge-3']);
  });

  test.each([
    ['more peers than anybody has', { peers: Array.from({ length: 25_001 }, (_, at) => peer(at + 2)) }],
    ['another address for us', { self: { id: 'n_1', address4: '100.64.0.7', address6: self.address6 } }],
    ['a mesh as wide as the internet', { account: { prefix4: '0.0.0.0/0', prefix6: 'fd00:1:2::/48' } }],
    ['an IPv6 mesh as wide as the internet', { account: { prefix4: '100.64.0.0/10', prefix6: '::/0' } }],
    ['a mesh that we are not in', { account: { prefix4: '10.0.0.0/8', prefix6: 'fd00:1:2::/48' } }],
  ])('%s: the map is refused', (_, change) => {
    expect(vetMap(mapOf([peer(2)], change), self)).toBeUndefined();
  });

  test.each([
    '127.0.0.1:7382',
    '0.0.0.0:7382',
    '224.0.0.1:7382',
    '255.255.255.255:7382',
    '[::1]:7382',
    '[ff02::1]:7382',
  ])('a beacon at %s is nobody; one in the LAN may be a broker at home', (endpoint) => {
    const beacons = [
      { publicKey: 'a', endpoints: [endpoint] },
      { publicKey: 'b', endpoints: ['192.168.1.5:7382', endpoint] },
      { publicKey: 'own', endpoints: ['203.0.113.10:7382'] },
    ];
    const vetted = vetMap(mapOf([], { beacons }), self)?.map.beacons;
    expect(vetted).toEqual([{ publicKey: 'b', endpoints: ['192.168.1.5:7382'] }]);
  });

  test('a relay at nobody’s address, or with a key that is taken, is none', () => {
    const relays = [
      { node: 'n_7', publicKey: 'r', endpoints: ['127.0.0.1:7383', '203.0.113.7:7383'] },
      { node: 'n_8', publicKey: 'beacon', endpoints: ['203.0.113.8:7383'] },
      { node: 'n_9', publicKey: 's', endpoints: ['[::1]:7383'] },
    ];
    const vetted = vetMap(mapOf([peer(2, { publicKey: 'r' }), peer(3)], { relays }), self)?.map;
    expect(vetted?.relays).toEqual([{ node: 'n_7', publicKey: 'r', endpoints: ['203.0.113.7:7383'] }]);
    expect(vetted?.peers.map(({ name }) => name)).toEqual(['edge-3']);
  });

  test('whatever is in it, no network outside the mesh and no address twice comes out', () => {
    const address4 = fc.oneof(fc.ipV4(), fc.constantFrom('100.64.0.1', '100.64.0.2', '100.127.9.9'));
    const address6 = fc.oneof(fc.ipV6(), fc.constantFrom('fd00:1:2::1', 'fd00:1:2::2', 'fd00:1:2:ffff::9'));
    const peers = fc.array(
      fc.record({ address4, address6, publicKey: fc.constantFrom('own', 'x', 'y', 'z') }),
    );
    fc.assert(
      fc.property(peers, (changes) => {
        const out = vetMap(mapOf(changes.map((change, at) => peer(at + 10, change))), self)!.map.peers;
        const all = out.map((one) => one.address4);
        expect(new Set(all).size).toBe(all.length);
        for (const one of out) {
          expect(one.address4).toMatch(/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
          expect(one.publicKey).not.toBe('own');
        }
      }),
    );
  });
});
