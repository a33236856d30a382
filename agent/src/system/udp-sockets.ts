import { createSocket, type Socket } from 'node:dgram';
import { type Logger, parseIp } from '@sidegate/kit';
import { AgentError } from '../errors.ts';
import type { Sockets, UdpSocket } from '../ports/index.ts';
import { dialWebSocket } from './web-socket-client.ts';

const bind = (
  socket: Socket,
  options: { readonly address?: string; readonly port?: number },
): Promise<void> =>
  new Promise((resolve, reject) => {
    const refuse = (cause: Error) => {
      socket.close();
      reject(
        new AgentError(
          'SOCKET_IN_USE',
          `Bind a UDP socket to ${options.address ?? '*'}:${options.port ?? 0}`,
          {
            cause,
            details: { code: (cause as NodeJS.ErrnoException).code },
          },
        ),
      );
    };
    socket.once('error', refuse);
    socket.bind({ ...options, exclusive: true }, () => {
      socket.off('error', refuse);
      resolve();
    });
  });

/** UDP through `node:dgram`. A datagram that cannot be sent is lost, as datagrams are; never an exception. */
export const createUdpSockets = (log: Logger): Sockets => ({
  dialWebSocket,
  async bindUdp({ family, isBroadcast = false, ...where }): Promise<UdpSocket> {
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
    await bind(socket, where);
    if (isBroadcast) socket.setBroadcast(true);
    const lose = (error: Error | null) => {
      if (error !== null) log.debug('a datagram was not sent', { error });
    };
    let leaving = 0;
    let onAllGone: (() => void)[] = [];
    const leave = (error: Error | null) => {
      lose(error);
      leaving -= 1;
      if (leaving > 0) return;
      for (const goOn of onAllGone) goOn();
      onAllGone = [];
    };
    socket.on('error', lose);
    let isClosed = false;
    // Node sends in a later turn, after programs that are started in this one.
    const sent = async (): Promise<void> => {
      if (leaving > 0) await new Promise<void>((resolve) => onAllGone.push(resolve));
    };
    return {
      sent,
      localPort: socket.address().port,
      send(bytes, { address, port }) {
        if (isClosed) return;
        leaving += 1;
        try {
          socket.send(bytes, port, address, leave);
        } catch (error) {
          leave(error as Error);
        }
      },
      onMessage(listener) {
        const hear = (bytes: Uint8Array, from: { readonly address: string; readonly port: number }) => {
          const address = parseIp(from.address);
          if (address !== undefined) listener(bytes, { address, port: from.port });
        };
        socket.on('message', hear);
        return { [Symbol.dispose]: () => void socket.off('message', hear) };
      },
      async [Symbol.asyncDispose]() {
        if (isClosed) return;
        isClosed = true;
        // A closed socket sends nothing.
        await sent();
        await new Promise<void>((resolve) => socket.close(() => resolve()));
      },
    };
  },
});
