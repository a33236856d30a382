/** The beacon's sockets: one for each beacon address and family, feeding the pure core. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Clock, UdpEndpoint } from '@sidegate/kit';
import type { Ip, NodeId } from '@sidegate/protocol';
import type { Beacon } from './beacon.ts';
import { isWebSocket, type Outgoing, type Way } from './types.ts';

/** Where a beacon listens. Its IPv4 and its IPv6 address share a `beaconIndex`, and so a key. */
export interface UdpListen {
  readonly beaconIndex: number;
  /** An own address, or `0.0.0.0` or `::` for all of a family. */
  readonly address: Ip;
  /** 0 picks a free one. */
  readonly port: number;
}

/** Bound sockets. */
export interface UdpServer extends AsyncDisposable {
  /** Where each of the `listen` entries is bound, in their order. */
  readonly bound: readonly UdpEndpoint[];
  /** Takes a datagram that came another way than by these sockets, and sends what follows from it. */
  receive(beaconIndex: number, bytes: Uint8Array, from: Way): void;
  /** Sends what the core encoded outside of a datagram's turn. */
  send(outgoing: readonly Outgoing[]): void;
  /** Closes the sockets; more than once does nothing. */
  stop(): Promise<void>;
}

/** A core, its sockets' addresses by `beaconIndex`, and the signal that ends them. */
export interface UdpServerOptions {
  readonly beacon: Beacon;
  readonly listen: readonly UdpListen[];
  readonly clock: Clock;
  /** Sends into a node's WebSocket; without it there are none. Must not throw. */
  readonly sendToWebSocket?: (node: NodeId, bytes: Uint8Array) => void;
  readonly signal?: AbortSignal;
}

/** A burst of full-sized packets at 1 Gbit/s for some 30 ms; the kernel may grant less. */
const SOCKET_BUFFER_SIZE_BYTES = 4 * 2 ** 20;
const SWEEP_INTERVAL_MS = 10_000;

const isIp6 = (address: string): boolean => address.includes(':');

/** Addresses are never names here. Answering at once spares each packet a trip through the event loop. */
const lookup = (
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void => done(null, address, isIp6(address) ? 6 : 4);

const openSocket = async ({ address, port }: UdpListen): Promise<Socket> => {
  const type = isIp6(address) ? 'udp6' : 'udp4';
  const socket = createSocket({ type, ipv6Only: type === 'udp6', lookup: lookup as never });
  try {
    // Listening may be announced before `bind` returns, as the look-up answers at once.
    const listening = once(socket, 'listening');
    socket.bind({ address, port, exclusive: true });
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  // Later errors are those of single sends, such as an unreachable network: the peer tries again.
  socket.on('error', () => {});
  socket.setRecvBufferSize(SOCKET_BUFFER_SIZE_BYTES);
  socket.setSendBufferSize(SOCKET_BUFFER_SIZE_BYTES);
  return socket;
};

/** Sends each datagram from the socket of its beacon and family; a missing family is a lost packet. */
const createSender = (
  sockets: readonly Socket[],
  listen: readonly UdpListen[],
  sendToWebSocket: NonNullable<UdpServerOptions['sendToWebSocket']>,
) => {
  const pick = (beaconIndex: number, wantsIp6: boolean): Socket | undefined =>
    sockets[
      listen.findIndex((entry) => entry.beaconIndex === beaconIndex && isIp6(entry.address) === wantsIp6)
    ];
  const count = Math.max(...listen.map(({ beaconIndex }) => beaconIndex)) + 1;
  const v4 = Array.from({ length: count }, (_, beaconIndex) => pick(beaconIndex, false));
  const v6 = Array.from({ length: count }, (_, beaconIndex) => pick(beaconIndex, true));
  return ({ beaconIndex, to, bytes }: Outgoing): void =>
    isWebSocket(to)
      ? sendToWebSocket(to, bytes)
      : (isIp6(to.address) ? v6 : v4)[beaconIndex]?.send(bytes, to.port, to.address);
};

/** `::ffff:192.0.2.1` is 192.0.2.1, whatever socket it came in by. */
const sourceOf = (remote: RemoteInfo): UdpEndpoint =>
  remote.address.startsWith('::ffff:')
    ? { address: remote.address.slice(7) as Ip, port: remote.port }
    : (remote as unknown as UdpEndpoint);

/** Binds the sockets and serves until stopped or aborted. Rejects, with nothing left open, where one cannot bind. */
export const startUdpServer = async ({
  beacon,
  listen,
  clock,
  sendToWebSocket = () => {},
  signal,
}: UdpServerOptions): Promise<UdpServer> => {
  signal?.throwIfAborted();
  const opened = await Promise.allSettled(listen.map(openSocket));
  const sockets = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    for (const socket of sockets) socket.close();
    throw failed.reason;
  }
  const send = createSender(sockets, listen, sendToWebSocket);
  const receive = (beaconIndex: number, bytes: Uint8Array, from: Way): void => {
    for (const outgoing of beacon.handleDatagram(beaconIndex, bytes, from)) send(outgoing);
  };
  sockets.forEach((socket, at) => {
    const { beaconIndex } = listen[at]!;
    socket.on('message', (bytes, remote) => receive(beaconIndex, bytes, sourceOf(remote)));
  });

  let timer = clock.after(SWEEP_INTERVAL_MS, function sweep() {
    beacon.sweep();
    timer = clock.after(SWEEP_INTERVAL_MS, sweep);
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    timer[Symbol.dispose]();
    stopped ??= Promise.all(
      sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))),
    ).then(() => undefined);
    return stopped;
  };
  signal?.addEventListener('abort', () => void stop(), { once: true });
  const bound = sockets.map((socket) => {
    const { address, port } = socket.address();
    return { address: address as Ip, port };
  });
  const sendAll = (outgoing: readonly Outgoing[]): void => {
    if (stopped === undefined) for (const one of outgoing) send(one);
  };
  return { bound, receive, send: sendAll, stop, [Symbol.asyncDispose]: stop };
};
