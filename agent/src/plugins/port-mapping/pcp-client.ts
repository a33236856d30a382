/** Port mapping by PCP (RFC 6887). */
import { formatEndpoint } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import { hasEpochReset, isPublic4, LEASE_SEC, type MapOutcome } from '../../port-mapping/mapping.ts';
import {
  decodePcpReply,
  describePcpResult,
  encodePcpAnnounce,
  encodePcpMapRequest,
  PCP_NO_ADDRESS,
  type PcpReply,
} from '../../port-mapping/pcp.ts';
import { askGateway } from './ask-gateway.ts';
import type { GatewayContext, MappingClient } from './mapping-client.ts';

const ANY_ADDRESS = '0.0.0.0' as Ip4;

/** A client of one gateway. */
export const createPcpClient = (context: GatewayContext): MappingClient => {
  const { ownAddress: client, nonce, clock } = context;
  const nonceHex = Buffer.from(nonce).toString('hex');
  const requestOf = (internalPort: number, externalPort: number, lifetimeSec: number) =>
    encodePcpMapRequest({
      client,
      nonce,
      internalPort,
      externalPort,
      externalAddress: ANY_ADDRESS,
      lifetimeSec,
    });
  /** An answer to this question: our nonce and port, or a refusal of the version. */
  const readMap = (internalPort: number) => (bytes: Uint8Array) => {
    const reply = decodePcpReply(bytes);
    if (reply?.kind === 'unsupported') return reply;
    return reply?.kind === 'map' && reply.nonce === nonceHex && reply.internalPort === internalPort
      ? reply
      : undefined;
  };
  const outcomeOf = (reply: Extract<PcpReply, { kind: 'map' }>): MapOutcome => {
    const { externalAddress, externalPort, internalPort } = reply;
    const nowMs = clock.monoMs();
    if (!isPublic4(externalAddress)) return { kind: 'double-nat', external: externalAddress };
    return {
      kind: 'mapped',
      mapping: {
        protocol: 'pcp',
        external: formatEndpoint({ address: externalAddress, port: externalPort }),
        internalPort,
        leaseSec: Math.min(reply.lifetimeSec, LEASE_SEC),
        grantedAtMs: nowMs,
        epoch: { sec: reply.epochSec, atMs: nowMs },
      },
    };
  };
  const unmap = async (internalPort: number, externalPort: number, signal: AbortSignal) => {
    const request = requestOf(internalPort, externalPort, 0);
    await askGateway(context, request, readMap(internalPort), signal, 'hurried');
  };
  return {
    async map({ internalPort, externalPort }, signal) {
      const request = requestOf(internalPort, externalPort, LEASE_SEC);
      const reply = await askGateway(context, request, readMap(internalPort), signal);
      if (reply === undefined || reply.kind !== 'map') return { kind: 'silent' };
      if (reply.result === PCP_NO_ADDRESS) return { kind: 'double-nat' };
      if (reply.result !== 0) return { kind: 'refused', why: describePcpResult(reply.result) };
      if (reply.externalPort === 0 || reply.lifetimeSec === 0)
        return { kind: 'refused', why: 'it grants nothing' };
      const outcome = outcomeOf(reply);
      // Of no use to anybody, so it need not stay.
      if (outcome.kind === 'double-nat') await unmap(internalPort, reply.externalPort, signal);
      return outcome;
    },
    async check({ epoch: before }, signal) {
      const reply = await askGateway(context, encodePcpAnnounce(client), decodePcpReply, signal);
      if (reply === undefined) return { kind: 'silent' };
      const epoch = { sec: reply.epochSec, atMs: clock.monoMs() };
      return before !== undefined && hasEpochReset(before, epoch)
        ? { kind: 'lost' }
        : { kind: 'kept', epoch };
    },
    unmap: ({ internalPort }, signal) => unmap(internalPort, 0, signal),
  };
};
