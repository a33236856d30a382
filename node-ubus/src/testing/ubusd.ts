import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { encodeMessage, type Message } from '../codec/message.ts';
import { createMessageReader } from '../codec/message-reader.ts';
import { createBus } from './bus.ts';

/** A ubusd in this process. */
export interface TestUbusd extends AsyncDisposable {
  /** Its socket. */
  readonly path: string;
  readonly clientCount: number;
  /** Paths of all objects on the bus, sorted. */
  objectPaths(): string[];
  /** Cuts every connection, as a crash of ubusd would, and goes on listening with an empty bus. */
  dropClients(): void;
  /** Stops and removes the socket. */
  close(): Promise<void>;
}

/** How it presents its clients to each other: a Node server cannot ask the kernel who connects. */
export interface TestUbusdOptions {
  readonly user?: string;
  readonly group?: string;
  /** Sees every message, for assertions about the wire. */
  readonly onMessage?: (direction: 'in' | 'out', message: Message) => void;
}

/** Starts a bus that listens on the unix socket at `path`. */
export const startTestUbusd = async (path: string, options: TestUbusdOptions = {}): Promise<TestUbusd> => {
  const { user = 'root', group = 'root', onMessage } = options;
  const bus = createBus();
  const sockets = new Set<Socket>();
  const serve = (socket: Socket) => {
    sockets.add(socket);
    const reader = createMessageReader();
    const client = bus.connect({
      user,
      group,
      send(message) {
        onMessage?.('out', message);
        if (socket.writable) socket.write(encodeMessage(message));
      },
    });
    socket.on('data', (chunk) => {
      const messages = reader.push(chunk);
      if (messages === undefined) socket.destroy();
      for (const message of messages ?? []) {
        onMessage?.('in', message);
        bus.receive(client, message);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      bus.disconnect(client);
    });
  };
  const server = createServer(serve);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  const dropClients = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    dropClients();
    await closed;
    await rm(path, { force: true });
  };
  return {
    path,
    get clientCount() {
      return sockets.size;
    },
    objectPaths: () => bus.paths(),
    dropClients,
    close,
    [Symbol.asyncDispose]: close,
  };
};
