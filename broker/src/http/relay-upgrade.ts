/**
 * `GET /v1/nodes/self/relay` as a WebSocket (RFC 6455): WireGuard datagrams of a node whose UDP is blocked, one in
 * each binary message. Who is no node is refused in HTTP, with the same errors as everywhere; who sends anything but
 * small binary messages is cut off; who sends too many waits.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, HttpError, type Logger, toErrorReply } from '@sidegate/kit';
import { LIMITS } from '@sidegate/protocol';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { BrokerError } from '../errors.ts';
import type { Node } from '../service/node.ts';
import { RELAY_CLOSE } from '../service/relay-sockets.ts';
import { type BucketRate, createTokenBuckets } from '../service/token-buckets.ts';
import { createNodeGuard } from './node-guard.ts';
import { addressOf, type HttpDeps } from './request-context.ts';

const PATH = '/v1/nodes/self/relay';
/** A node reconnects with back-off; more than this is no node of ours. */
export const RELAY_OPEN_RATE: BucketRate = { burst: 10, perSec: 0.2 };
/** Under the idle timeouts of proxies. One that is not answered before the next ends the socket. */
const PING_INTERVAL_MS = 15_000;
/** More than the relay carries for one node; what is above waits in the sender's TCP. */
const MESSAGES_PER_SEC = 50_000;
const PAUSE_MS = 100;
/** RFC 6455 section 7.4.1. */
const UNSUPPORTED_DATA = 1003;

/** Listener of the HTTP server's `upgrade`. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const refuse = (socket: Duplex, error: unknown): void => {
  const { status, body } = toErrorReply(error);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
};

/** Ends a socket whose other side is silent. */
const keepAlive = (socket: WebSocket, clock: Clock): Disposable => {
  let isAnswered = true;
  socket.on('pong', () => {
    isAnswered = true;
  });
  let timer = clock.after(PING_INTERVAL_MS, function ping() {
    if (!isAnswered) return socket.terminate();
    isAnswered = false;
    socket.ping();
    timer = clock.after(PING_INTERVAL_MS, ping);
  });
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
};

/** Makes a sender of too many messages wait. */
const createBrake = (socket: WebSocket, clock: Clock) => {
  let count = 0;
  let sinceMs = clock.monoMs();
  return (): void => {
    if (++count < (MESSAGES_PER_SEC * PAUSE_MS) / 1000) return;
    const leftMs = PAUSE_MS - (clock.monoMs() - sinceMs);
    count = 0;
    sinceMs = clock.monoMs() + Math.max(0, leftMs);
    if (leftMs <= 0) return;
    socket.pause();
    clock.after(leftMs, () => socket.resume());
  };
};

/** Creates the listener. */
export const createRelayUpgrade = (deps: HttpDeps & { readonly clock: Clock; readonly logger: Logger }) => {
  const { service, config, clock, logger } = deps;
  const nodeOf = createNodeGuard(service);
  const budget = createTokenBuckets(RELAY_OPEN_RATE, clock);
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LIMITS.relayMessageSizeBytes,
  });

  const serve = (node: Node, address: string, socket: WebSocket): void => {
    const opened = service.relaySockets.open(node, address, {
      send: (bytes) => socket.send(bytes),
      bufferedBytes: () => socket.bufferedAmount,
      close: (reason) => {
        socket.close(RELAY_CLOSE[reason], reason);
        // Whoever does not read does not read that either, and would be waited for.
        socket.terminate();
      },
    });
    const alive = keepAlive(socket, clock);
    const brake = createBrake(socket, clock);
    socket.on('message', (data: RawData, isBinary) => {
      if (!isBinary) return socket.close(UNSUPPORTED_DATA, 'binary messages only');
      opened.receive(data as Buffer);
      brake();
    });
    // What the other side does against the protocol: ws has closed the socket with the right code.
    socket.on('error', (error) => logger.debug('a WebSocket broke', { error }));
    socket.on('close', () => {
      alive[Symbol.dispose]();
      opened[Symbol.dispose]();
    });
  };

  const admit = (request: IncomingMessage): Node => {
    if (new URL(request.url ?? '/', 'http://broker').pathname !== PATH)
      throw new HttpError('NOT_FOUND', 'There is nothing here');
    // Browsers always name one, agents never do: no page may speak for a node.
    if (request.headers.origin !== undefined)
      throw new BrokerError('ORIGIN_REJECTED', 'This is not for web pages');
    const node = nodeOf(request);
    const taken = budget.take(node.id);
    if (!taken.ok) throw new BrokerError('RATE_LIMITED', 'Too many connections of this node');
    return node;
  };

  return ((request, socket, head) => {
    const lose = (): void => void socket.destroy();
    socket.on('error', lose);
    try {
      const node = admit(request);
      server.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off('error', lose);
        serve(node, addressOf(request, config), webSocket);
      });
    } catch (error) {
      refuse(socket, error);
    }
  }) satisfies UpgradeListener;
};
