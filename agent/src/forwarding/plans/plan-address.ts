/** Checks and completes a new address of a host's own, and makes firewall rules of those there are. Pure. */
import {
  type AddressId,
  type AddressPatch,
  type DnsLabel,
  type HostAddress,
  HostKey,
  type HostWish,
  LIMITS,
  type NewAddress,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { AddressRule } from '../../plugin-api/firewall-wish.ts';
import type { AddressRecord } from '../address-record.ts';
import { lanOf, limitsOf, patchPublication, planPublication } from '../publication.ts';
import { checkWake } from './check-wake.ts';
import { chooseHostLabel } from './host-label.ts';
import { checkExpiry, type ForwardingState, type PlannedTarget, planTarget } from './plan-forward.ts';
import type { SourcePeer } from './resolve-sources.ts';
import { hostOf, resolveTarget, type Surroundings } from './resolve-target.ts';

/** What the broker gave, by key. */
export type Allotted = ReadonlyMap<HostKey, Pick<HostAddress, 'address4' | 'address6'>>;

const checkName = (name: DnsLabel, others: readonly AddressRecord[]): DnsLabel => {
  if (!others.some((other) => other.name === name)) return name;
  throw new AgentError('ADDRESS_NAME_TAKEN', `Another host of this edge is named ${name}`, { field: 'name' });
};

/** A hardware address outlives everything; a routed host has none here, and is known by where it is. */
const keyOf = ({ hostMac, lastAddress, target }: Pick<AddressRecord, 'hostMac' | 'lastAddress' | 'target'>) =>
  v.parse(HostKey, hostMac ?? (target.kind === 'address' ? target.address : lastAddress));

/** The record of a new address; throws a coded error that names the field. `led`: its target was looked up already. */
export const planAddress = (
  request: NewAddress,
  present: readonly AddressRecord[],
  state: ForwardingState,
  made: { readonly id: AddressId; readonly owner: string; readonly at: number },
  led?: PlannedTarget,
): AddressRecord => {
  if (present.length >= LIMITS.addressesPerEdge) {
    throw new AgentError('ADDRESS_LIMIT', `This edge has ${LIMITS.addressesPerEdge} addresses already`);
  }
  const { target, ports, wake } = request;
  checkExpiry(request.expiresAt, made.at);
  const planned = { target, ...(led ?? planTarget(request, state)) };
  const key = keyOf(planned);
  checkWake({ ...planned, wake }, state);
  const twin = present.find((other) => other.key === key);
  if (twin !== undefined) {
    throw new AgentError('ADDRESS_EXISTS', `This host has an address already: ${twin.name}`, {
      field: 'target',
      details: { id: twin.id },
    });
  }
  const host = hostOf(planned, state.hosts);
  const place = planned.lastAddress ?? key;
  const isTaken = (one: string) => present.some(({ name }) => name === one);
  // A host without a name of its own is shown by its address, which would read like a part of one.
  const called = host === undefined || /^[\d.]+$/.test(host.name) ? '' : host.name;
  return {
    id: made.id,
    key,
    name: request.name
      ? checkName(request.name, present)
      : chooseHostLabel(called, `host-${place.split(/[.:]/).at(-1)}`, isTaken),
    ...planned,
    ...(ports === undefined ? {} : { ports }),
    ...planPublication(request, made, state.peers),
  };
};

/** The record after a change. */
export const patchAddress = (
  record: AddressRecord,
  { name, ports, ...common }: AddressPatch,
  present: readonly AddressRecord[],
  peers: readonly SourcePeer[],
): AddressRecord => {
  const others = present.filter(({ id }) => id !== record.id);
  const { ports: before, ...rest } = patchPublication(record, common, peers);
  const after = ports === undefined ? before : (ports ?? undefined);
  return {
    ...rest,
    ...(name === undefined ? {} : { name: checkName(name, others) }),
    ...(after === undefined ? {} : { ports: after }),
  };
};

/** Those that are on, have an address, and whose host is somewhere. */
export const addressRules = (
  records: readonly AddressRecord[],
  allotted: Allotted,
  surroundings: Surroundings,
): readonly AddressRule[] =>
  records.flatMap((record) => {
    const meshAddress = allotted.get(record.key)?.address4;
    const targetAddress = record.enabled ? resolveTarget(record, surroundings) : undefined;
    if (meshAddress === undefined || targetAddress === undefined) return [];
    const { id, ports } = record;
    return [
      {
        id,
        meshAddress,
        targetAddress,
        ...(ports === undefined ? {} : { ports }),
        ...limitsOf(record, surroundings.peers),
        ...lanOf(record, targetAddress, surroundings.scopes),
      },
    ];
  });

/** What the broker shall know; an address that is turned off is kept. */
export const hostWishes = (records: readonly AddressRecord[]): readonly HostWish[] =>
  records.map(({ key, name }) => ({ key, name }));
