/** Checks and completes a new forward. Pure: the machine's state comes in as data, a record or an error comes out. */
import { isInCidr, isUnicast4, lastAddressOf } from '@sidegate/kit';
import {
  type Cidr4,
  type Forward,
  type ForwardId,
  type Host,
  type Ip4,
  LIMITS,
  type NewForward,
  type Scope,
} from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { ForwardRule } from '../../plugin-api/firewall-wish.ts';
import { HIGHEST_PORT } from '../access/permitted-ports.ts';
import { type ForwardRecord, portOffsetsOf, protocolsOf } from '../forward-record.ts';
import { lanOf, limitsOf, planPublication } from '../publication.ts';
import { checkWake } from './check-wake.ts';
import { chooseEdgePort } from './choose-edge-port.ts';
import type { SourcePeer } from './resolve-sources.ts';
import { hostOf, isInScopes, resolveTarget, type Surroundings } from './resolve-target.ts';

/** A port of this machine that is taken, and by what, in words. */
export interface PortInUse {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly by: string;
}

/** What a plan depends on. */
export interface ForwardingState {
  readonly forwards: readonly ForwardRecord[];
  readonly hosts: readonly Host[];
  readonly scopes: readonly Scope[];
  /** Every IPv4 address of this machine, the mesh's included. */
  readonly ownAddresses: readonly Ip4[];
  readonly portsInUse: readonly PortInUse[];
  /** The account's network: what is in it is reached by its own name, never published again. */
  readonly meshPrefix?: Cidr4 | undefined;
  /** Of the network map; none before there is one. */
  readonly peers: readonly SourcePeer[];
}

/** Consecutive ports of the edge. */
interface PortRange {
  readonly protocol: Forward['protocol'];
  readonly first: number;
  readonly count: number;
}

/** Does the forward take any of these ports? */
export const isOverlap = (
  { edgePort, portCount = 1, protocol }: Pick<ForwardRecord, 'edgePort' | 'portCount' | 'protocol'>,
  { protocol: wanted, first, count }: PortRange,
): boolean =>
  edgePort < first + count &&
  first < edgePort + portCount &&
  protocolsOf(protocol).some((one) => protocolsOf(wanted).includes(one));

/** A port of the range that is taken, and by whom, in words. */
const takerOf = (
  range: PortRange,
  { forwards, portsInUse }: ForwardingState,
): { readonly port: number; readonly by: string } | undefined => {
  const { protocol, first, count } = range;
  const wanted = protocolsOf(protocol);
  const forward = forwards.find((one) => isOverlap(one, range));
  if (forward !== undefined) {
    const { label, target, lastAddress, id, targetPort } = forward;
    const place = target.kind === 'address' ? target.address : (lastAddress ?? id);
    const by = `the forward ${label === '' ? `to ${place}:${targetPort}` : label}`;
    return { port: Math.max(first, forward.edgePort), by };
  }
  return portsInUse.find(
    (one) => first <= one.port && one.port < first + count && wanted.includes(one.protocol),
  );
};

/** Is it the network's own address, or its broadcast address? Two machines with a network to themselves have neither. */
const isWhole = (address: Ip4, cidr: Cidr4): boolean =>
  !/\/3[12]$/.test(cidr) && (address === cidr.split('/')[0] || address === lastAddressOf(cidr));

/** Refuses an address that nothing may be published from. */
export const checkAddress = (address: Ip4, state: ForwardingState, field: string): void => {
  const refuse = (
    code: `FORWARD_TARGET_${'IS_SELF' | 'IN_MESH' | 'NO_HOST' | 'OUTSIDE_SCOPES' | 'STRAY'}`,
    message: string,
  ) => new AgentError(code, message, { field, details: { address } });
  if (state.ownAddresses.includes(address) || address.startsWith('127.')) {
    throw refuse('FORWARD_TARGET_IS_SELF', `${address} is this machine itself`);
  }
  if (state.meshPrefix !== undefined && isInCidr(address, state.meshPrefix)) {
    throw refuse('FORWARD_TARGET_IN_MESH', `${address} is an address of the mesh`);
  }
  const whole = state.scopes.find(({ kind, cidr }) => kind === 'attached' && isWhole(address, cidr));
  if (whole !== undefined) throw refuse('FORWARD_TARGET_NO_HOST', `${address} is no device of ${whole.cidr}`);
  if (isUnicast4(address) && isInScopes(address, state.scopes)) return;
  const stray = state.scopes.find(({ cidr }) => isInCidr(address, cidr));
  if (stray !== undefined)
    throw refuse('FORWARD_TARGET_STRAY', `This edge has no address in ${stray.cidr}, where ${address} is`);
  throw refuse('FORWARD_TARGET_OUTSIDE_SCOPES', `${address} is in no scope of this edge`);
};

/** How a host is found again. */
export type PlannedTarget = Pick<ForwardRecord, 'hostMac' | 'lastAddress'>;

/** The host and address a request leads to. */
export const planTarget = (request: Pick<NewForward, 'target'>, state: ForwardingState): PlannedTarget => {
  const { target } = request;
  if (target.kind === 'address') {
    checkAddress(target.address, state, 'target.address');
    return {};
  }
  const host = state.hosts.find(({ id }) => id === target.hostId);
  if (host === undefined) {
    throw new AgentError('HOST_NOT_FOUND', 'There is no such host', {
      field: 'target.hostId',
      details: { hostId: target.hostId },
    });
  }
  const address = host.addresses.find((one): one is Ip4 => !one.includes(':'));
  if (address === undefined) {
    throw new AgentError('FORWARD_TARGET_NOWHERE', `${host.name} has no IPv4 address just now`, {
      field: 'target.hostId',
    });
  }
  checkAddress(address, state, 'target.hostId');
  return { lastAddress: address, ...(host.mac === undefined ? {} : { hostMac: host.mac }) };
};

const checkRangeEnd = (first: number, count: number, field: string): void => {
  if (first + count - 1 <= HIGHEST_PORT) return;
  throw new AgentError('FORWARD_RANGE_TOO_HIGH', `${count} ports from ${first} go beyond ${HIGHEST_PORT}`, {
    field,
  });
};

const checkLimits = ({ portCount = 1 }: NewForward, { forwards }: ForwardingState): void => {
  if (forwards.length >= LIMITS.forwardsPerEdge) {
    throw new AgentError('FORWARD_LIMIT', `This edge has ${LIMITS.forwardsPerEdge} forwards already`);
  }
  const ports = forwards.reduce((sum, forward) => sum + (forward.portCount ?? 1), portCount);
  if (ports <= LIMITS.forwardedPortsPerEdge) return;
  throw new AgentError(
    'FORWARD_LIMIT',
    `An edge has no more than ${LIMITS.forwardedPortsPerEdge} ports to publish`,
  );
};

const planEdgePort = (
  request: NewForward,
  record: Omit<ForwardRecord, 'edgePort'>,
  state: ForwardingState,
): number => {
  const { edgePort, protocol, targetPort, portCount: count = 1 } = request;
  if (edgePort !== undefined) {
    checkRangeEnd(edgePort, count, 'edgePort');
    const taker = takerOf({ protocol, first: edgePort, count }, state);
    if (taker === undefined) return edgePort;
    throw new AgentError('FORWARD_PORT_IN_USE', `Port ${taker.port} of the edge is taken by ${taker.by}`, {
      field: 'edgePort',
      details: { port: taker.port, by: taker.by },
    });
  }
  const host = hostOf(record, state.hosts);
  const service = host?.services.find(
    (one) => one.port === targetPort && protocolsOf(protocol).includes(one.protocol),
  );
  const chosen = chooseEdgePort(
    { port: targetPort, name: service?.scheme ?? service?.name },
    (first) => first + count - 1 > HIGHEST_PORT || takerOf({ protocol, first, count }, state) !== undefined,
  );
  if (chosen === undefined) throw new AgentError('FORWARD_PORTS_EXHAUSTED', 'No port of the edge is free');
  return chosen;
};

/** Refuses an end that has passed already. */
export const checkExpiry = (expiresAt: number | null | undefined, nowMs: number): void => {
  if (expiresAt === undefined || expiresAt === null || expiresAt > nowMs) return;
  throw new AgentError('FORWARD_EXPIRED', 'The end of the forward has passed already', {
    field: 'expiresAt',
    details: { at: expiresAt },
  });
};

/** The record of a new forward; throws a coded error that names the field. `planned`: its target was looked up already. */
export const planForward = (
  request: NewForward,
  state: ForwardingState,
  made: { readonly id: ForwardId; readonly owner: string; readonly at: number },
  planned?: PlannedTarget,
): ForwardRecord => {
  checkLimits(request, state);
  const { protocol, target, targetPort, portCount } = request;
  checkRangeEnd(targetPort, portCount ?? 1, 'targetPort');
  checkExpiry(request.expiresAt, made.at);
  const record = {
    id: made.id,
    protocol,
    target,
    targetPort,
    ...(portCount === undefined || portCount === 1 ? {} : { portCount }),
    ...planPublication(request, made, state.peers),
    ...(planned ?? planTarget(request, state)),
  };
  checkWake(record, state);
  return { ...record, edgePort: planEdgePort(request, record, state) };
};

/** What the firewall must do for these records: those that are on and whose target is somewhere. */
export const forwardRules = (
  records: readonly ForwardRecord[],
  surroundings: Surroundings,
): readonly ForwardRule[] =>
  records.flatMap((record) => {
    const targetAddress = record.enabled ? resolveTarget(record, surroundings) : undefined;
    if (targetAddress === undefined) return [];
    const { id, edgePort, targetPort } = record;
    const shared = {
      id,
      targetAddress,
      ...limitsOf(record, surroundings.peers),
      ...lanOf(record, targetAddress, surroundings.scopes),
    };
    return protocolsOf(record.protocol).flatMap((protocol) =>
      portOffsetsOf(record).map((offset) => ({
        ...shared,
        protocol,
        edgePort: edgePort + offset,
        targetPort: targetPort + offset,
      })),
    );
  });
