/** A datagram to the gateway's port mapping service, repeated until it is answered. */
import { GATEWAY_PORT } from '../../port-mapping/nat-pmp.ts';
import type { GatewayContext } from './mapping-client.ts';

/** A LAN loses little: four seconds of RFC 6886 section 3.1's doubling tell whether anybody is there. */
const PATIENT = [250, 500, 1000] as const;
/** For taking a mapping back while somebody waits for the daemon to stop; the lease ends it anyway. */
const HURRIED = [200, 400] as const;

/** The first answer that `read` understands, from the gateway alone; `undefined` where none came. */
export const askGateway = async <T>(
  { gateway, ownAddress, sockets, clock }: GatewayContext,
  request: Uint8Array,
  read: (bytes: Uint8Array) => T | undefined,
  signal: AbortSignal,
  pace: 'patient' | 'hurried' = 'patient',
): Promise<T | undefined> => {
  signal.throwIfAborted();
  // Our address may be gone already: then there is nobody to ask.
  const socket = await sockets.bindUdp({ address: ownAddress, family: 4 }).catch(() => undefined);
  if (socket === undefined) return undefined;
  await using _socket = socket;
  const enough = new AbortController();
  const waiting = AbortSignal.any([signal, enough.signal]);
  let answer: T | undefined;
  using _listening = socket.onMessage((bytes, from) => {
    if (from.address !== gateway || from.port !== GATEWAY_PORT || answer !== undefined) return;
    answer = read(bytes);
    if (answer !== undefined) enough.abort();
  });
  for (const waitMs of pace === 'patient' ? PATIENT : HURRIED) {
    socket.send(request, { address: gateway, port: GATEWAY_PORT });
    await clock.sleep(waitMs, waiting).catch(() => {});
    signal.throwIfAborted();
    if (answer !== undefined) break;
  }
  return answer;
};
