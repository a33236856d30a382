/** Listening, with limits on what a stranger's connection may cost, and an end that lets answers finish. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@sidegate/kit';
import { BrokerError } from '../errors.ts';
import type { UpgradeListener } from './relay-upgrade.ts';

/** Headers must be there after this, the whole request after that; event streams are answers, and not meant. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 20_000;
/** Longer than a check-in interval: a node's connection serves the next one too. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const HEADER_MAX_SIZE_BYTES = 16 * 1024;
/** Answers under way get this long when the broker stops. */
const CLOSE_TIMEOUT_MS = 3_000;

interface HttpServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly listener: RequestListener;
  readonly onUpgrade?: UpgradeListener;
  readonly clock: Clock;
  /** PEM texts; without them plain HTTP, for a proxy in front. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A listening server. */
export interface HttpServer {
  readonly port: number;
  stop(): Promise<void>;
}

const create = ({ listener, tls }: HttpServerOptions): Server => {
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: HEADER_MAX_SIZE_BYTES,
  };
  return tls === undefined
    ? createServer(limits, listener)
    : createTlsServer({ ...limits, ...tls }, listener);
};

/** Binds and serves. */
export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { host, port, clock } = options;
  try {
    const server = create(options);
    if (options.onUpgrade !== undefined) server.on('upgrade', options.onUpgrade);
    server.listen({ host, port });
    await once(server, 'listening');
    const stop = async (): Promise<void> => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      using _timer = clock.after(CLOSE_TIMEOUT_MS, () => server.closeAllConnections());
      await closed;
    };
    return { port: (server.address() as AddressInfo).port, stop };
  } catch (cause) {
    throw new BrokerError('LISTEN_FAILED', `listen on ${host}:${port}`, { cause });
  }
};
