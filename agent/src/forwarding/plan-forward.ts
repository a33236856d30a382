/** Checks and completes a new forward. Pure: the machine's state comes in as data, a record or an error comes out. */
import { isUnicast4 } from '@sidegate/kit';
import {
  type Forward,
  type ForwardId,
  type Host,
  type Ip4,
  LIMITS,
  type NewForward,
  type Scope,
} from '@sidegate/protocol';
import { AgentError } from '../errors.ts';
import type { ForwardRule } from '../plugin-api/firewall-wish.ts';
import { chooseEdgePort } from './choose-edge-port.ts';
import { type ForwardRecord, protocolsOf } from './forward-record.ts';
import { planSources, resolveSources, type SourcePeer } from './resolve-sources.ts';
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
  /** Of the network map; none before there is one. */
  readonly peers: readonly SourcePeer[];
}

/** Who takes a port of these protocols, in words. */
const takerOf = (
  protocol: Forward['protocol'],
  port: number,
  { forwards, portsInUse }: ForwardingState,
): string | undefined => {
  const wanted = protocolsOf(protocol);
  const forward = forwards.find(
    (one) => one.edgePort === port && protocolsOf(one.protocol).some((other) => wanted.includes(other)),
  );
  if (forward !== undefined) return `the forward ${forward.label === '' ? forward.id : forward.label}`;
  return portsInUse.find((one) => one.port === port && wanted.includes(one.protocol))?.by;
};

const checkAddress = (address: Ip4, state: ForwardingState, field: string): void => {
  const refuse = (code: 'FORWARD_TARGET_IS_SELF' | 'FORWARD_TARGET_OUTSIDE_SCOPES', message: string) =>
    new AgentError(code, message, { field, details: { address } });
  if (state.ownAddresses.includes(address) || address.startsWith('127.')) {
    throw refuse('FORWARD_TARGET_IS_SELF', `${address} is this machine itself`);
  }
  if (!isUnicast4(address) || !isInScopes(address, state.scopes)) {
    throw refuse('FORWARD_TARGET_OUTSIDE_SCOPES', `${address} is in no scope of this edge`);
  }
};

/** The host and address a request leads to. */
const planTarget = (
  request: NewForward,
  state: ForwardingState,
): Pick<ForwardRecord, 'hostMac' | 'lastAddress'> => {
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

const planEdgePort = (
  request: NewForward,
  record: Omit<ForwardRecord, 'edgePort'>,
  state: ForwardingState,
): number => {
  const { edgePort, protocol, targetPort } = request;
  if (edgePort !== undefined) {
    const taker = takerOf(protocol, edgePort, state);
    if (taker === undefined) return edgePort;
    throw new AgentError('FORWARD_PORT_IN_USE', `Port ${edgePort} of the edge is taken by ${taker}`, {
      field: 'edgePort',
      details: { port: edgePort, by: taker },
    });
  }
  const host = hostOf({ ...record, edgePort: 0 }, state.hosts);
  const service = host?.services.find(
    (one) => one.port === targetPort && protocolsOf(protocol).includes(one.protocol),
  );
  const chosen = chooseEdgePort(
    { port: targetPort, name: service?.scheme ?? service?.name },
    (port) => takerOf(protocol, port, state) !== undefined,
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

/** The record of a new forward; throws a coded error that names the field. */
export const planForward = (
  request: NewForward,
  state: ForwardingState,
  made: { readonly id: ForwardId; readonly owner: string; readonly at: number },
): ForwardRecord => {
  if (state.forwards.length >= LIMITS.forwardsPerEdge) {
    throw new AgentError('FORWARD_LIMIT', `This edge has ${LIMITS.forwardsPerEdge} forwards already`);
  }
  const { protocol, target, targetPort, label, expiresAt, allow } = request;
  checkExpiry(expiresAt, made.at);
  const record = {
    id: made.id,
    protocol,
    target,
    targetPort,
    label,
    enabled: true,
    owner: made.owner,
    createdAt: made.at,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(allow === undefined ? {} : { allow: planSources(allow, state.peers) }),
    ...planTarget(request, state),
  };
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
    const { id, edgePort, targetPort, expiresAt, createdAt, allow } = record;
    return protocolsOf(record.protocol).map((protocol) => ({
      id,
      protocol,
      edgePort,
      targetAddress,
      targetPort,
      ...(expiresAt === undefined ? {} : { expiry: { atMs: expiresAt, longestMs: expiresAt - createdAt } }),
      ...(allow === undefined ? {} : { sources: resolveSources(allow, surroundings.peers) }),
    }));
  });
