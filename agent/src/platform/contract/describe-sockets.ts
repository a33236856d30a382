import type { Ip } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import type { Sockets, UdpSocket } from '../../ports/index.ts';

/** Sockets of a machine that reaches itself by 127.0.0.1. */
export interface SocketsHarness extends AsyncDisposable {
  readonly sockets: Sockets;
}

const LOOPBACK = '127.0.0.1' as Ip;
const nextMessage = (socket: UdpSocket) =>
  new Promise<{ bytes: number[]; from: { address: Ip; port: number } }>((resolve) => {
    const listening = socket.onMessage((bytes, from) => {
      listening[Symbol.dispose]();
      resolve({ bytes: [...bytes], from });
    });
  });

/** Adds the suite of sockets. */
export const describeSockets = (title: string, open: () => Promise<SocketsHarness>): void => {
  describe(`${title} has UDP sockets`, () => {
    it('carry datagrams and name their sender', async () => {
      await using machine = await open();
      await using one = await machine.sockets.bindUdp({ address: LOOPBACK, family: 4 });
      await using other = await machine.sockets.bindUdp({ address: LOOPBACK, family: 4 });
      const heard = nextMessage(other);
      one.send(Uint8Array.of(1, 2, 3), { address: LOOPBACK, port: other.localPort });
      expect(await heard).toEqual({ bytes: [1, 2, 3], from: { address: LOOPBACK, port: one.localPort } });
    });

    it('send what they were given before they were closed', async () => {
      await using machine = await open();
      await using other = await machine.sockets.bindUdp({ address: LOOPBACK, family: 4 });
      const heard = nextMessage(other);
      const one = await machine.sockets.bindUdp({ address: LOOPBACK, family: 4 });
      one.send(Uint8Array.of(7), { address: LOOPBACK, port: other.localPort });
      await one[Symbol.asyncDispose]();
      expect((await heard).bytes).toEqual([7]);
    });

    it('say when all is on its way', async () => {
      await using machine = await open();
      await using one = await machine.sockets.bindUdp({ address: LOOPBACK, family: 4 });
      await using other = await machine.sockets.bindUdp({ address: LOOPBACK, family: 4 });
      const heard = nextMessage(other);
      await one.sent();
      one.send(Uint8Array.of(7), { address: LOOPBACK, port: other.localPort });
      await Promise.all([one.sent(), one.sent()]);
      expect((await heard).bytes).toEqual([7]);
    });

    it('refuse a port that is taken, and free it when closed', async () => {
      await using machine = await open();
      const first = await machine.sockets.bindUdp({ address: LOOPBACK, family: 4 });
      const again = { address: LOOPBACK, port: first.localPort, family: 4 } as const;
      await expect(machine.sockets.bindUdp(again)).rejects.toMatchObject({ code: 'SOCKET_IN_USE' });
      await first[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      await using second = await machine.sockets.bindUdp(again);
      expect(second.localPort).toBe(first.localPort);
    });

    it('lose what cannot be sent, without a word', async () => {
      await using machine = await open();
      const socket = await machine.sockets.bindUdp({ address: LOOPBACK, family: 4 });
      socket.send(Uint8Array.of(1), { address: 'fd00::1' as Ip, port: 9 });
      socket.send(Uint8Array.of(1), { address: LOOPBACK, port: 9 });
      await socket[Symbol.asyncDispose]();
      socket.send(Uint8Array.of(1), { address: LOOPBACK, port: 9 });
    });
  });
};
