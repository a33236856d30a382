/** Port mapping by UPnP: the gateway is searched for on its own link, and nobody else is believed. */
import { formatEndpoint, splitEndpoint } from '@sidegate/kit';
import type { Ip } from '@sidegate/protocol';
import { isPublic4, LEASE_SEC, type MapOutcome } from '../../port-mapping/mapping.ts';
import {
  addMappingCall,
  deleteMappingCall,
  describeIgdError,
  externalAddressCall,
  findMappingCall,
  GATEWAY_DEVICE,
  IGD_CONFLICT,
  type IgdAnswer,
  type IgdCall,
  type IgdService,
  parseIgdAnswer,
  parseIgdServices,
  renderIgdCall,
} from '../../port-mapping/upnp-igd.ts';
import { parseHttpBody, parseHttpMessage } from '../../strangers/http-message.ts';
import { type OwnUrl, parseOwnUrl } from '../../strangers/own-url.ts';
import { parseSsdpReply, renderSsdpSearch, SSDP_GROUP } from '../../strangers/ssdp.ts';
import { connectTcp } from '../../tcp/connect-tcp.ts';
import { exchange } from '../../tcp/exchange.ts';
import { askUntilAnswered } from './ask-gateway.ts';
import type { GatewayContext, MappingClient } from './mapping-client.ts';

/** Asked twice; a gateway takes up to a second to answer (MX). */
const SEARCH_WAITS_MS = [700, 1_300] as const;
const HTTP_TIMEOUT_MS = 3_000;
const HURRIED_TIMEOUT_MS = 800;
const BODY_BYTES = 64 * 1024;
/** Ports that are tried when others have taken the one that was wished. */
const CONFLICT_TRIES = 4;
const FIRST_PORT = 20_000;
const PORTS = 40_000;

/** The next port to try: far away, so that two machines do not chase each other. */
const otherPort = (port: number): number => FIRST_PORT + ((port * 7 + 4_999) % PORTS);

const findDescription = (context: GatewayContext, signal: AbortSignal): Promise<OwnUrl | undefined> => {
  const { gateway } = context;
  const question = Buffer.from(renderSsdpSearch(GATEWAY_DEVICE));
  return askUntilAnswered(
    context,
    {
      ask: (socket) => {
        // Some gateways answer only the group, some only what is sent to themselves.
        for (const address of [SSDP_GROUP.address as Ip, gateway])
          socket.send(question, { address, port: SSDP_GROUP.port });
      },
      waitsMs: SEARCH_WAITS_MS,
      read: (bytes) => parseOwnUrl(parseSsdpReply(bytes)?.location ?? '', gateway),
    },
    signal,
  );
};

const fetchBytes = async (
  { gateway, clock }: GatewayContext,
  port: number,
  request: string,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Uint8Array | undefined> => {
  const connection = await connectTcp(gateway, port, { timeoutMs, signal });
  signal.throwIfAborted();
  if (connection.kind !== 'open') return undefined;
  return await exchange(connection.socket, {
    request,
    limitBytes: BODY_BYTES,
    timeoutMs,
    isEnough: (heard) => /<\/(?:root|\w+:Envelope)>\s*$/.test(heard.subarray(-64).toString('latin1')),
    signal,
    clock,
  });
};

const findServices = async (context: GatewayContext, signal: AbortSignal): Promise<readonly IgdService[]> => {
  const { gateway } = context;
  const url = await findDescription(context, signal);
  if (url === undefined) return [];
  const request = `GET ${url.path} HTTP/1.0\r\nHost: ${gateway}:${url.port}\r\nUser-Agent: sidegate\r\nConnection: close\r\n\r\n`;
  const bytes = await fetchBytes(context, url.port, request, signal, HTTP_TIMEOUT_MS);
  const xml = bytes === undefined ? undefined : parseHttpBody(bytes);
  return xml === undefined ? [] : parseIgdServices(xml, gateway, url.port);
};

/** A client of one gateway. */
export const createUpnpClient = (context: GatewayContext): MappingClient => {
  const { gateway, ownAddress, clock } = context;
  /** The service that has our mapping: gateways with two lines have two. */
  let service: IgdService | undefined;
  const call = async (
    to: IgdService,
    what: IgdCall,
    signal: AbortSignal,
    timeoutMs = HTTP_TIMEOUT_MS,
  ): Promise<IgdAnswer | undefined> => {
    const bytes = await fetchBytes(context, to.port, renderIgdCall(to, gateway, what), signal, timeoutMs);
    const message = bytes === undefined ? undefined : parseHttpMessage(bytes);
    return message === undefined ? undefined : parseIgdAnswer(message.status, message.body);
  };
  const mapAt = async (
    to: IgdService,
    { internalPort, externalPort }: Parameters<MappingClient['map']>[0],
    signal: AbortSignal,
  ): Promise<MapOutcome> => {
    const outside = await call(to, externalAddressCall, signal);
    if (outside === undefined) return { kind: 'silent' };
    const address = outside.kind === 'done' ? outside.externalAddress : undefined;
    if (address === undefined) return { kind: 'double-nat' };
    if (!isPublic4(address)) return { kind: 'double-nat', external: address };
    let port = externalPort;
    let code: number = IGD_CONFLICT;
    for (let tries = 0; tries < CONFLICT_TRIES && code === IGD_CONFLICT; tries++) {
      const mapping = { externalPort: port, internalPort, client: ownAddress, leaseSec: LEASE_SEC };
      const added = await call(to, addMappingCall(mapping), signal);
      if (added === undefined) return { kind: 'silent' };
      if (added.kind === 'done') {
        service = to;
        const external = formatEndpoint({ address, port });
        const [leaseSec, grantedAtMs] = [LEASE_SEC, clock.monoMs()];
        return {
          kind: 'mapped',
          mapping: { protocol: 'upnp', external, internalPort, leaseSec, grantedAtMs },
        };
      }
      code = added.code;
      port = otherPort(port);
    }
    return { kind: 'refused', why: describeIgdError(code) };
  };
  return {
    async map(wish, signal) {
      let outcome: MapOutcome = { kind: 'silent' };
      for (const candidate of await findServices(context, signal)) {
        outcome = await mapAt(candidate, wish, signal);
        if (outcome.kind === 'mapped') break;
      }
      return outcome;
    },
    async check({ external, internalPort }, signal) {
      if (service === undefined) return { kind: 'lost' };
      const { address, port } = splitEndpoint(external);
      const [outside, entry] = [
        await call(service, externalAddressCall, signal),
        await call(service, findMappingCall(port), signal),
      ];
      // A gateway that restarted may have another port for its page as well: it is searched for anew.
      const isSame =
        outside?.kind === 'done' &&
        outside.externalAddress === address &&
        entry?.kind === 'done' &&
        entry.client === ownAddress &&
        entry.internalPort === internalPort;
      return { kind: isSame ? 'kept' : 'lost' };
    },
    async unmap({ external }, signal) {
      if (service === undefined) return;
      await call(service, deleteMappingCall(splitEndpoint(external).port), signal, HURRIED_TIMEOUT_MS);
    },
  };
};
