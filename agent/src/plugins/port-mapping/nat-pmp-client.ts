/** Port mapping by NAT-PMP (RFC 6886). */
import { formatEndpoint } from '@sidegate/kit';
import { hasEpochReset, isPublic4, LEASE_SEC } from '../../port-mapping/mapping.ts';
import {
  decodePmpReply,
  describePmpResult,
  encodePmpAddressRequest,
  encodePmpMapRequest,
  PMP_NO_ADDRESS,
  type PmpReply,
} from '../../port-mapping/nat-pmp.ts';
import { askGateway } from './ask-gateway.ts';
import type { GatewayContext, MappingClient } from './mapping-client.ts';

const only =
  <K extends PmpReply['kind']>(kind: K) =>
  (bytes: Uint8Array): Extract<PmpReply, { kind: K | 'unsupported' }> | undefined => {
    const reply = decodePmpReply(bytes);
    return reply?.kind === kind || reply?.kind === 'unsupported'
      ? (reply as Extract<PmpReply, { kind: K | 'unsupported' }>)
      : undefined;
  };

/** A client of one gateway. */
export const createNatPmpClient = (context: GatewayContext): MappingClient => {
  const { clock } = context;
  const askAddress = (signal: AbortSignal) =>
    askGateway(context, encodePmpAddressRequest(), only('address'), signal);
  const readMap = (internalPort: number) => (bytes: Uint8Array) => {
    const reply = only('map')(bytes);
    return reply?.kind !== 'map' || reply.internalPort === internalPort ? reply : undefined;
  };
  return {
    async map({ internalPort, externalPort }, signal) {
      const outside = await askAddress(signal);
      if (outside?.kind !== 'address') return { kind: 'silent' };
      if (outside.result === PMP_NO_ADDRESS) return { kind: 'double-nat' };
      if (outside.result !== 0) return { kind: 'refused', why: describePmpResult(outside.result) };
      if (!isPublic4(outside.address)) return { kind: 'double-nat', external: outside.address };
      const request = encodePmpMapRequest({ internalPort, externalPort, lifetimeSec: LEASE_SEC });
      const reply = await askGateway(context, request, readMap(internalPort), signal);
      if (reply?.kind !== 'map') return { kind: 'silent' };
      if (reply.result !== 0) return { kind: 'refused', why: describePmpResult(reply.result) };
      const nowMs = clock.monoMs();
      return {
        kind: 'mapped',
        mapping: {
          protocol: 'nat-pmp',
          external: formatEndpoint({ address: outside.address, port: reply.externalPort }),
          internalPort,
          leaseSec: Math.min(reply.lifetimeSec, LEASE_SEC),
          grantedAtMs: nowMs,
          epoch: { sec: reply.epochSec, atMs: nowMs },
        },
      };
    },
    async check({ epoch: before, external }, signal) {
      const reply = await askAddress(signal);
      if (reply?.kind !== 'address') return { kind: 'silent' };
      const epoch = { sec: reply.epochSec, atMs: clock.monoMs() };
      const isSame = reply.result === 0 && external.startsWith(`${reply.address}:`);
      return !isSame || (before !== undefined && hasEpochReset(before, epoch))
        ? { kind: 'lost' }
        : { kind: 'kept', epoch };
    },
    async unmap({ internalPort }, signal) {
      const request = encodePmpMapRequest({ internalPort, externalPort: 0, lifetimeSec: 0 });
      await askGateway(context, request, readMap(internalPort), signal, 'hurried');
    },
  };
};
