/** Where a publication leads just now. */
import { isInCidr, isIp4 } from '@sidegate/kit';
import type { Host, Ip4, Scope } from '@sidegate/protocol';
import type { Publication } from '../publication.ts';
import type { SourcePeer } from './resolve-sources.ts';

/** What is known of the LAN, `undefined` while discovery has not said anything; and the peers of the network map. */
export interface Surroundings {
  readonly hosts: readonly Host[] | undefined;
  readonly scopes: readonly Scope[] | undefined;
  readonly peers: readonly SourcePeer[];
}

/** What says where a publication leads. */
type Led = Pick<Publication, 'target' | 'hostMac' | 'lastAddress'>;

/** The record of the publication's host: by id, else by hardware address. */
export const hostOf = (record: Led, hosts: readonly Host[] | undefined): Host | undefined => {
  const { target, hostMac } = record;
  if (target.kind === 'address') {
    return hosts?.find(({ addresses }) => addresses.includes(target.address));
  }
  return (
    hosts?.find((host) => host.id === target.hostId) ??
    hosts?.find((host) => host.mac !== undefined && host.mac === hostMac)
  );
};

/** Is the address in a network that this edge may publish from? To a stray one it has no way but ARP. */
export const isInScopes = (address: Ip4, scopes: readonly Scope[] | undefined): boolean =>
  scopes === undefined || scopes.some(({ cidr, kind }) => kind !== 'stray' && isInCidr(address, cidr));

/**
 * The address; `undefined` while the host is nowhere to be seen. The last known address is used until another device
 * is seen there: a forward must never lead to a stranger.
 */
export const resolveTarget = (
  record: Led,
  { hosts, scopes }: Pick<Surroundings, 'hosts' | 'scopes'>,
): Ip4 | undefined => {
  const { target, lastAddress } = record;
  if (target.kind === 'address') return isInScopes(target.address, scopes) ? target.address : undefined;
  const host = hostOf(record, hosts);
  const seen = host?.addresses.find((address) => isIp4(address) && isInScopes(address, scopes));
  if (seen !== undefined) return seen as Ip4;
  if (host !== undefined || lastAddress === undefined || !isInScopes(lastAddress, scopes)) return undefined;
  return hosts?.some(({ addresses }) => addresses.includes(lastAddress)) === true ? undefined : lastAddress;
};

/** The record with what its host looks like now, for when the host's own record is gone; the same where nothing is new. */
export const learnTarget = <R extends Publication>(record: R, surroundings: Surroundings): R => {
  if (record.target.kind === 'address') return record;
  const host = hostOf(record, surroundings.hosts);
  const hostMac = host?.mac ?? record.hostMac;
  const lastAddress = resolveTarget(record, surroundings) ?? record.lastAddress;
  // A host that was forgotten and came back, or was never seen here before, has another id.
  const hostId = host?.id ?? record.target.hostId;
  const isSame = hostId === record.target.hostId && hostMac === record.hostMac;
  if (isSame && lastAddress === record.lastAddress) return record;
  return {
    ...record,
    target: { kind: 'host', hostId },
    ...(hostMac === undefined ? {} : { hostMac }),
    ...(lastAddress === undefined ? {} : { lastAddress }),
  };
};
