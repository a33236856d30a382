import type { Ip } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { Sockets, UdpSocket } from '../../ports/index.ts';

type Listener = (bytes: Uint8Array, from: { readonly address: Ip; readonly port: number }) => void;

/** A UDP network without loss, shared by every platform that is given it. */
export interface MemoryNetwork {
  /** Sockets of a machine whose own address is `self`. */
  sockets(self?: Ip): Sockets;
  readonly open: number;
}

const FIRST_EPHEMERAL_PORT = 49_152;

/** Nobody is bound yet. */
export const createMemoryNetwork = (): MemoryNetwork => {
  const bound = new Map<string, Set<Listener>>();
  let nextPort = FIRST_EPHEMERAL_PORT;
  const bind = (own: Ip, port: number): UdpSocket => {
    const key = `${own} ${port}`;
    if (bound.has(key)) {
      throw new AgentError('SOCKET_IN_USE', `Bind a UDP socket to ${own}:${port}`, { details: { port } });
    }
    const listeners = new Set<Listener>();
    bound.set(key, listeners);
    return {
      localPort: port,
      send(bytes, to) {
        if (bound.get(key) !== listeners) return;
        const copy = Uint8Array.from(bytes);
        queueMicrotask(() => {
          for (const hear of bound.get(`${to.address} ${to.port}`) ?? []) hear(copy, { address: own, port });
        });
      },
      sent: async () => {},
      onMessage(listener) {
        listeners.add(listener);
        return { [Symbol.dispose]: () => void listeners.delete(listener) };
      },
      async [Symbol.asyncDispose]() {
        if (bound.get(key) === listeners) bound.delete(key);
      },
    };
  };
  return {
    sockets: (self = '127.0.0.1' as Ip) => ({
      dialWebSocket: async ({ url }) => {
        throw new AgentError('BROKER_UNREACHABLE', `Open a WebSocket to ${url}`);
      },
      bindUdp: async ({ address, port = 0 }) => bind(address ?? self, port === 0 ? nextPort++ : port),
    }),
    get open() {
      return bound.size;
    },
  };
};
