/** Hosts of an edge's LAN that are members of the mesh: each has addresses and a name of its own, allotted by the broker. */
import * as v from 'valibot';
import { DnsLabel, Ip4, Ip6 } from './ids.ts';
import { LIMITS } from './limits.ts';

/** How an edge tells its hosts apart for ever: a hardware address, or a fixed address where there is none. */
export const HostKey = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9:.]{1,64}$/, 'a host key: a-z, 0-9, colons and dots, at most 64'),
  v.brand('HostKey'),
);
export type HostKey = v.InferOutput<typeof HostKey>;

/** A published host as peers know it. It is named `<name>.<edge>.<account>.<base>`. */
export const MapHost = v.strictObject({ name: DnsLabel, address4: Ip4, address6: Ip6 });
export type MapHost = v.InferOutput<typeof MapHost>;

/** The same as its edge knows it. */
export const HostAddress = v.strictObject({ key: HostKey, ...MapHost.entries });
export type HostAddress = v.InferOutput<typeof HostAddress>;

/** A host that shall have addresses. */
export const HostWish = v.strictObject({ key: HostKey, name: DnsLabel });
export type HostWish = v.InferOutput<typeof HostWish>;

const isUnique = <K extends keyof HostWish>(key: K) =>
  v.check<HostWish[], string>(
    (hosts) => new Set(hosts.map((host) => host[key])).size === hosts.length,
    `each ${key} once`,
  );

/**
 * `PUT /v1/nodes/self/addresses`: these hosts and no others have addresses. A key keeps its addresses until it is left
 * out; so the request may be sent again, and what an edge did while the broker was away needs no memory of its own.
 */
export const HostWishes = v.strictObject({
  hosts: v.pipe(v.array(HostWish), v.maxLength(LIMITS.addressesPerEdge), isUnique('key'), isUnique('name')),
});
export type HostWishes = v.InferOutput<typeof HostWishes>;
/** The answer. */
export const HostAddresses = v.strictObject({ hosts: v.array(HostAddress) });
export type HostAddresses = v.InferOutput<typeof HostAddresses>;

/** `<host>.<edge>.<account>.<base>`, given the full name of the edge. */
export const hostFqdn = (name: string, edgeFqdn: string): string => `${name}.${edgeFqdn}`;
