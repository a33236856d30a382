/**
 * What no network map may make of this machine, whatever the broker says: another machine's address, a route for
 * addresses outside the mesh, a peer that is ourselves, a beacon on our own loopback. Parts that make no sense are
 * left out; a map that is none of ours is refused. Pure.
 */
import { BlockList } from 'node:net';
import { splitEndpoint } from '@sidegate/kit';
import {
  type Beacon,
  type Endpoint,
  LIMITS,
  type MapPeer,
  type NetworkMap,
  type PublicKey,
} from '@sidegate/protocol';

/** Who we are, by the enrolment. */
export interface MapReader {
  readonly publicKey: PublicKey;
  readonly address4: string;
  readonly address6: string;
  /** The broker itself is on this machine: in tests and demonstrations. */
  readonly isBrokerHere: boolean;
}

export interface VettedMap {
  readonly map: NetworkMap;
  /** What was left out, for the log. */
  readonly dropped: readonly string[];
}

/** A mesh wider than a class A network would take other people's addresses. */
const PREFIX_MIN_BITS = { ipv4: 8, ipv6: 16 } as const;

const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4');
/** A test for being inside a network; `undefined` for one that is too wide. */
const insideOf = (cidr: string): ((address: string) => boolean) | undefined => {
  const [address = '', bits = '0'] = cidr.split('/');
  const family = familyOf(address);
  if (Number(bits) < PREFIX_MIN_BITS[family]) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family);
  return (other) => familyOf(other) === family && list.check(other, family);
};

const NOBODY = new BlockList();
NOBODY.addSubnet('0.0.0.0', 8, 'ipv4');
NOBODY.addSubnet('127.0.0.0', 8, 'ipv4');
NOBODY.addSubnet('224.0.0.0', 3, 'ipv4');
NOBODY.addAddress('::', 'ipv6');
NOBODY.addAddress('::1', 'ipv6');
NOBODY.addSubnet('ff00::', 8, 'ipv6');

const isSomebody = (endpoint: Endpoint): boolean => {
  const { address } = splitEndpoint(endpoint);
  return !NOBODY.check(address, familyOf(address));
};

const addressesOf = (peer: MapPeer): readonly string[] =>
  [peer, ...(peer.hosts ?? [])].flatMap(({ address4, address6 }) => [address4, address6]);

/** The map without what must not be; `undefined` where it is not for us. */
export const vetMap = (map: NetworkMap, self: MapReader): VettedMap | undefined => {
  const [isIn4, isIn6] = [insideOf(map.account.prefix4), insideOf(map.account.prefix6)];
  if (isIn4 === undefined || isIn6 === undefined || map.peers.length > LIMITS.peersPerMap) return undefined;
  if (map.self.address4 !== self.address4 || map.self.address6 !== self.address6) return undefined;
  if (!isIn4(self.address4) || !isIn6(self.address6)) return undefined;
  const dropped: string[] = [];
  const taken = new Set<string>([self.address4, self.address6, self.publicKey, map.self.id]);
  /** Beacons and relays: places that answer us, each with a key of its own. */
  const vetPlaces = <P extends Beacon>(places: readonly P[]): P[] =>
    places.flatMap((place) => {
      const endpoints = self.isBrokerHere ? place.endpoints : place.endpoints.filter(isSomebody);
      if (endpoints.length === 0 || taken.has(place.publicKey)) {
        dropped.push('a beacon that is nobody or somebody else');
        return [];
      }
      taken.add(place.publicKey);
      if (endpoints.length === place.endpoints.length) return [place];
      dropped.push('a beacon on an address of nobody');
      return [{ ...place, endpoints }];
    });
  const beacons = vetPlaces(map.beacons);
  const relays = map.relays && vetPlaces(map.relays);
  const isFine = (peer: MapPeer): boolean => {
    const addresses = addressesOf(peer);
    const marks = [peer.id, peer.publicKey, ...addresses];
    const isInside = addresses.every((address) => isIn4(address) || isIn6(address));
    if (!isInside || marks.some((mark) => taken.has(mark))) {
      dropped.push(`${peer.name}, which is outside the mesh, somebody else or ourselves`);
      return false;
    }
    for (const mark of marks) taken.add(mark);
    return true;
  };
  const peers = map.peers.filter(isFine);
  const parts = { beacons, peers, ...(relays === undefined ? {} : { relays }) };
  return { map: dropped.length === 0 ? map : { ...map, ...parts }, dropped };
};
