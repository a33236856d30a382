/** Datagrams to the gateway, repeated until it answers. */
import { GATEWAY_PORT } from '../../port-mapping/nat-pmp.ts';
import type { UdpSocket } from '../../ports/index.ts';
import type { GatewayContext } from './mapping-client.ts';

/** A LAN loses little: four seconds of RFC 6886 section 3.1's doubling tell whether anybody is there. */
const PATIENT = [250, 500, 1000] as const;
/** For taking a mapping back while somebody waits for the daemon to stop; the lease ends it anyway. */
const HURRIED = [200, 400] as const;

/** How to ask, and what counts as an answer. */
export interface Question<T> {
  ask(socket: UdpSocket): void;
  /** Asked as often as there are waits here, of which the last is for the last answer. */
  readonly waitsMs: readonly number[];
  /** Of a datagram from the gateway's address, whatever its port. */
  read(bytes: Uint8Array, fromPort: number): T | undefined;
}

/** The first answer that `read` understands, from the gateway alone; `undefined` where none came. */
export const askUntilAnswered = async <T>(
  { gateway, ownAddress, sockets, clock }: GatewayContext,
  { ask, waitsMs, read }: Question<T>,
  signal: AbortSignal,
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
    if (from.address !== gateway || answer !== undefined) return;
    answer = read(bytes, from.port);
    if (answer !== undefined) enough.abort();
  });
  for (const waitMs of waitsMs) {
    ask(socket);
    await clock.sleep(waitMs, waiting).catch(() => {});
    signal.throwIfAborted();
    if (answer !== undefined) break;
  }
  return answer;
};

/** Asks the gateway's port mapping service (PCP or NAT-PMP). */
export const askGateway = <T>(
  context: GatewayContext,
  request: Uint8Array,
  read: (bytes: Uint8Array) => T | undefined,
  signal: AbortSignal,
  pace: 'patient' | 'hurried' = 'patient',
): Promise<T | undefined> =>
  askUntilAnswered(
    context,
    {
      ask: (socket) => socket.send(request, { address: context.gateway, port: GATEWAY_PORT }),
      waitsMs: pace === 'patient' ? PATIENT : HURRIED,
      read: (bytes, fromPort) => (fromPort === GATEWAY_PORT ? read(bytes) : undefined),
    },
    signal,
  );
