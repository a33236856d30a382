/**
 * The relay where UDP is blocked: a UDP socket on loopback that WireGuard takes for the relay, and a WebSocket to the
 * broker that carries its datagrams. Reconnects by itself; what comes while it does is held for a moment. Only
 * WireGuard's own port is listened to, and only WireGuard's messages pass.
 */
import {
  type Clock,
  createReturnPace,
  createScope,
  formatEndpoint,
  type Logger,
  type Secret,
} from '@sidegate/kit';
import { type Endpoint, type Ip, LIMITS } from '@sidegate/protocol';
import type { MessageSocket, Sockets } from '../../../ports/index.ts';

const LOOPBACK = '127.0.0.1' as Ip;
const RETRY = { minMs: 250, maxMs: 15_000 } as const;
/** A connection that ends sooner is as good as none: somebody refuses us after all. */
const LASTING_MS = 10_000;
const DIAL_TIMEOUT_MS = 8_000;
/** The broker pings every 15 s: two lost pings and a bit. */
const DEAD_AFTER_MS = 35_000;
/** Packets that wait longer than this takes to drain are of no use to what is inside the tunnel. */
const BUFFER_LIMIT_BYTES = 256 * 1024;
/** Handshakes of a start or a reconnect; anything older was repeated meanwhile. */
const HELD_MAX = 64;
const HELD_MS = 3_000;

export interface RelayShim extends AsyncDisposable {
  /** Where WireGuard finds it. */
  readonly endpoint: Endpoint;
  isOpen(): boolean;
  /** The way to the broker may have changed: connect anew, at once. */
  restart(): void;
}

/** Types 1 to 4 and three zero bytes (whitepaper section 5.4). */
const isWireGuard = (bytes: Uint8Array): boolean =>
  bytes.length >= 32 &&
  bytes.length <= LIMITS.relayMessageSizeBytes &&
  bytes[0]! >= 1 &&
  bytes[0]! <= 4 &&
  (bytes[1]! | bytes[2]! | bytes[3]!) === 0;

/** Binds the socket and begins to connect. */
export const openRelayShim = async (options: {
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly log: Logger;
  readonly brokerUrl: string;
  readonly token: Secret;
  readonly wireguardPort: number;
  /** A WebSocket is open, for the first time or again: the broker does not know yet that we are behind it. */
  readonly onOpen: () => void;
}): Promise<RelayShim> => {
  const { sockets, clock, log, brokerUrl, token, wireguardPort, onOpen } = options;
  const url = new URL('v1/nodes/self/relay', brokerUrl.endsWith('/') ? brokerUrl : `${brokerUrl}/`).href;
  const udp = await sockets.bindUdp({ family: 4, address: LOOPBACK });
  const scope = createScope();
  const pace = createReturnPace({ clock, ...RETRY });
  let socket: MessageSocket | undefined;
  let attempt = new AbortController();
  let held: { readonly bytes: Uint8Array; readonly atMs: number }[] = [];

  const listener = udp.onMessage((bytes, from) => {
    if (from.address !== LOOPBACK || from.port !== wireguardPort || !isWireGuard(bytes)) return;
    if (socket === undefined) held = [...held, { bytes, atMs: clock.monoMs() }].slice(-HELD_MAX);
    else if (socket.bufferedBytes() <= BUFFER_LIMIT_BYTES) socket.send(bytes);
  });
  const toWireGuard = (bytes: Uint8Array): void => {
    if (isWireGuard(bytes)) udp.send(bytes, { address: LOOPBACK, port: wireguardPort });
  };
  const release = (to: MessageSocket): void => {
    const fresh = held.filter(({ atMs }) => clock.monoMs() - atMs < HELD_MS);
    held = [];
    for (const { bytes } of fresh) to.send(bytes);
  };
  /** One connection, from dialling to its end. */
  const connectOnce = async (): Promise<void> => {
    const ended = new AbortController();
    const signal = AbortSignal.any([scope.signal, attempt.signal, ended.signal]);
    let timer = clock.after(DIAL_TIMEOUT_MS, () => ended.abort());
    const expectLife = (): void => {
      timer[Symbol.dispose]();
      timer = clock.after(DEAD_AFTER_MS, () => ended.abort());
    };
    try {
      using opened = await sockets.dialWebSocket({
        url,
        headers: { authorization: `Bearer ${token.reveal()}` },
        maxMessageBytes: LIMITS.relayMessageSizeBytes,
        onMessage: toWireGuard,
        onAlive: expectLife,
        onClosed: () => ended.abort(),
        signal,
      });
      expectLife();
      socket = opened;
      const openedAtMs = clock.monoMs();
      release(opened);
      onOpen();
      if (!signal.aborted)
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
      if (clock.monoMs() - openedAtMs >= LASTING_MS) pace.noteLost();
    } finally {
      socket = undefined;
      timer[Symbol.dispose]();
    }
  };
  const run = async (): Promise<void> => {
    while (!scope.signal.aborted) {
      attempt = new AbortController();
      const { signal } = attempt;
      await connectOnce().catch((error: unknown) => {
        if (!scope.signal.aborted) log.debug('there is no WebSocket to the relay', { error });
      });
      if (!signal.aborted)
        await clock.sleep(pace.nextMs(), AbortSignal.any([scope.signal, signal])).catch(() => {});
    }
  };
  const running = run();
  return {
    endpoint: formatEndpoint({ address: LOOPBACK, port: udp.localPort }),
    isOpen: () => socket !== undefined,
    restart() {
      pace.noteLost();
      attempt.abort();
    },
    async [Symbol.asyncDispose]() {
      await scope.end();
      await running;
      listener[Symbol.dispose]();
      await udp[Symbol.asyncDispose]();
    },
  };
};
