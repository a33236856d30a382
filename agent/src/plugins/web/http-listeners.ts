/** The TCP sockets of the web UI: one server per address, brought to what the plan says. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { parseIp } from '@sidegate/kit';
import type { ListenAddress } from './listen-plan.ts';

/** One browser keeps six connections and an event stream; this is a house, not a data centre. */
const CONNECTIONS_LIMIT = 128;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Why an address could not be listened on: `EADDRNOTAVAIL`, `EADDRINUSE`, ... */
export interface ListenFailure {
  readonly address: ListenAddress;
  readonly reason: string;
}

interface HttpListeners {
  /**
   * Listens on exactly these addresses, and hangs up on whom they no longer accept; what cannot be had is named. Not
   * to be called twice at once.
   */
  apply(addresses: readonly ListenAddress[]): Promise<readonly ListenFailure[]>;
  close(): Promise<void>;
}

const createHttpServer = (listener: RequestListener): Server => {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: 16 * 1024 },
    listener,
  );
  server.maxConnections = CONNECTIONS_LIMIT;
  return server;
};

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject);
      resolve();
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

interface Entry {
  wanted: ListenAddress;
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

const hangUpOnStrangers = ({ wanted, sockets }: Entry): void => {
  for (const socket of sockets) {
    const source = parseIp(socket.remoteAddress ?? '');
    if (source === undefined || !wanted.accepts(source)) socket.destroy();
  }
};

/** Sockets on `port` that hand requests to `listener`. */
export const createHttpListeners = (port: number, listener: RequestListener): HttpListeners => {
  const open = new Map<string, Entry>();
  const add = async (wanted: ListenAddress): Promise<ListenFailure | undefined> => {
    const entry: Entry = { wanted, server: createHttpServer(listener), sockets: new Set() };
    entry.server.on('connection', (socket) => {
      entry.sockets.add(socket);
      socket.once('close', () => entry.sockets.delete(socket));
      hangUpOnStrangers(entry);
    });
    try {
      await listen(entry.server, wanted.address, port);
      open.set(wanted.address, entry);
      return undefined;
    } catch (error) {
      return { address: wanted, reason: reasonOf(error) };
    }
  };
  const apply = async (addresses: readonly ListenAddress[]): Promise<readonly ListenFailure[]> => {
    const wanted = new Map(addresses.map((each) => [each.address as string, each]));
    for (const [address, entry] of [...open]) {
      const still = wanted.get(address);
      if (still !== undefined) {
        entry.wanted = still;
        hangUpOnStrangers(entry);
        continue;
      }
      open.delete(address);
      await close(entry.server);
    }
    const added = await Promise.all(
      [...wanted.values()].filter(({ address }) => !open.has(address)).map(add),
    );
    return added.filter((failure) => failure !== undefined);
  };
  return { apply, close: async () => void (await apply([])) };
};
