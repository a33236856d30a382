/**
 * What a stock WireGuard app needs, out of registry and policy, and a digest to tell later whether that still holds:
 * such a device asks nobody for news. Reads only.
 */
import { createHash } from 'node:crypto';
import { isIp4, splitEndpoint } from '@sidegate/kit';
import { type Beacon, type Endpoint, LIMITS, type Profile, type ProfilePeer } from '@sidegate/protocol';
import { resolverAddresses } from './allocate-address.ts';
import { isStockApp, type Node } from './node.ts';
import type { Registry } from './registry.ts';

/** What is alike in every profile. */
export interface ProfileSettings {
  readonly beacons: readonly Beacon[];
  readonly baseDomain: string;
  /** Does the resolver answer for the rest of the world too? */
  readonly isForwarding: boolean;
}

const byName = (one: ProfilePeer, other: ProfilePeer): number => (one.name < other.name ? -1 : 1);

/** One endpoint is all that a line of the file holds, and networks without IPv4 mostly translate it. */
const endpointOf = ({ endpoints }: Beacon): Endpoint =>
  endpoints.find((endpoint) => isIp4(splitEndpoint(endpoint).address)) ?? endpoints[0]!;

const toPeer = ({ identity, hosts }: Node): ProfilePeer => ({
  name: identity.name,
  publicKey: identity.publicKey,
  addresses: [
    identity.address4,
    identity.address6,
    ...hosts.flatMap(({ address4, address6 }) => [address4, address6]),
  ],
});

/** Creates the compiler. */
export const createProfileCompiler = (registry: Registry, settings: ProfileSettings) => ({
  /** The device's profile as it would be made now. Its beacon is the first: one mapping is all it has to keep open. */
  compile(node: Node): Profile {
    const account = registry.accountOf(node).row;
    const [beacon] = settings.beacons;
    if (beacon === undefined) throw new TypeError('a profile needs a beacon');
    // Devices that only ever call do not meet each other: each new one would outdate the profiles of all the others.
    const reachable = [...registry.peersOf(node)].filter((peer) => !isStockApp(peer));
    const peers = reachable.map(toPeer).sort(byName);
    return {
      address4: node.identity.address4,
      address6: node.identity.address6,
      beacon: { publicKey: beacon.publicKey, endpoint: endpointOf(beacon) },
      resolver: {
        addresses: [...resolverAddresses(account)],
        searchDomain: `${account.label}.${settings.baseDomain}`,
        isForwarding: settings.isForwarding,
      },
      peers: peers.slice(0, LIMITS.peersPerProfile),
      omitted: Math.max(0, peers.length - LIMITS.peersPerProfile),
    };
  },
});
export type ProfileCompiler = ReturnType<typeof createProfileCompiler>;

/** Tells profiles apart by what makes them work: keys, addresses, endpoints. A machine may have another name. */
export const digestOf = ({ address4, address6, beacon, resolver, peers }: Profile): string => {
  const reachable = peers.map(({ publicKey, addresses }) => [publicKey, ...addresses].join(' ')).sort();
  return createHash('sha256')
    .update(JSON.stringify([address4, address6, beacon, resolver, reachable]))
    .digest('base64url');
};
