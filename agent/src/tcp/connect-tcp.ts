/** One TCP connection to a stranger, and what came of it. */
import { connect, type Socket } from 'node:net';
import type { Ip4 } from '@sidegate/protocol';

/** What came of it. */
export type Connection =
  | { readonly kind: 'open'; readonly socket: Socket }
  /** Somebody is there and said no. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' };

/** Never throws: an abort or a failure is silence. The caller destroys the socket of an open connection. */
export const connectTcp = (
  address: Ip4,
  port: number,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Connection> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'silent' });
    const socket = connect({ host: address, port, family: 4 });
    let isSettled = false;
    const settle = (connection: Connection) => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', giveUp);
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      if (connection.kind !== 'open') socket.destroy();
      resolve(connection);
    };
    const giveUp = () => settle({ kind: 'silent' });
    // A busy process hears its timers before its sockets: what has come meanwhile is looked at first.
    const giveUpAfterAll = () => void setImmediate(giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    // The listener stays: a socket without one brings the process down when the other side resets it later.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      settle({ kind: error.code === 'ECONNREFUSED' ? 'refused' : 'silent' }),
    );
    socket.setTimeout(timeoutMs, giveUpAfterAll);
    socket.once('connect', () => settle({ kind: 'open', socket }));
  });
