/** Devices as a file names them, and back: a hardware address where there is one, else address and network. Pure. */
import { isInCidr } from '@sidegate/kit';
import { type ForwardTarget, type HostId, PortableTarget, type Scope } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Publication } from '../publication.ts';
import { checkAddress, type ForwardingState, type PlannedTarget, planTarget } from './plan-forward.ts';
import { hostOf, resolveTarget, type Surroundings } from './resolve-target.ts';

/** What a publication leads to, as any edge understands it. */
export const portableTarget = (record: Publication, surroundings: Surroundings): PortableTarget => {
  const { target, hostMac, lastAddress } = record;
  const isHost = target.kind === 'host';
  const address = isHost ? (resolveTarget(record, surroundings) ?? lastAddress) : target.address;
  const name = hostOf(record, surroundings.hosts)?.name;
  const scope = surroundings.scopes?.find(
    ({ cidr }: Scope) => address !== undefined && isInCidr(address, cidr),
  );
  return {
    ...(isHost && hostMac !== undefined ? { mac: hostMac } : {}),
    ...(address === undefined ? {} : { address }),
    ...(scope === undefined ? {} : { scope: scope.cidr }),
    // What a device calls itself need not be text that people may write.
    ...(v.is(PortableTarget.pipe[0].entries.name, name) && name !== undefined ? { name } : {}),
  };
};

/** Does the publication lead there already? */
export const leadsTo = ({ mac, address }: PortableTarget, record: Publication): boolean => {
  const { target, hostMac, lastAddress } = record;
  if (target.kind === 'address') return mac === undefined && target.address === address;
  return mac === undefined ? hostMac === undefined && lastAddress === address : hostMac === mac;
};

/** Where a device was; nothing where this edge has no such network, or somebody else is there. */
const knownAddress = (
  { address }: PortableTarget,
  state: ForwardingState,
): Pick<PlannedTarget, 'lastAddress'> => {
  if (address === undefined || state.hosts.some(({ addresses }) => addresses.includes(address))) return {};
  try {
    checkAddress(address, state, 'target.address');
    return { lastAddress: address };
  } catch (error) {
    if (error instanceof AgentError) return {};
    throw error;
  }
};

/**
 * The target and how its host is found. A device that was never seen here is waited for by its hardware address;
 * `newHostId` stands for it until then. Throws the coded error of an address that nothing may be published from.
 */
export const planPortableTarget = (
  wanted: PortableTarget,
  state: ForwardingState,
  newHostId: () => HostId,
): { readonly target: ForwardTarget; readonly planned: PlannedTarget } => {
  const { mac, address } = wanted;
  if (mac === undefined) {
    const target = { kind: 'address', address: address! } as const;
    return { target, planned: planTarget({ target }, state) };
  }
  const host = state.hosts.find((one) => one.mac === mac);
  const target = { kind: 'host', hostId: host?.id ?? newHostId() } as const;
  const isSeen = host?.addresses.some((one) => !one.includes(':')) === true;
  return {
    target,
    planned: isSeen ? planTarget({ target }, state) : { hostMac: mac, ...knownAddress(wanted, state) },
  };
};
