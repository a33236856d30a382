import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret, silentLogger, splitEndpoint, systemClock } from '@sidegate/kit';
import type { Ip } from '@sidegate/protocol';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { openRelayShim } from '../plugins/mesh/underlay/relay-shim.ts';
import { createUdpSockets } from './udp-sockets.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** WireGuard's port, a shim, and a broker that is the well-known library. */
const setUp = async (status = 101) => {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  const tokens: (string | undefined)[] = [];
  http.on('upgrade', (request, socket, head) => {
    tokens.push(request.headers.authorization);
    if (status !== 101) return socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  closers.push(() => http.close());
  const sockets = createUdpSockets(silentLogger);
  const bind = async () => {
    const socket = await sockets.bindUdp({ family: 4, address: '127.0.0.1' as Ip });
    closers.push(() => socket[Symbol.asyncDispose]());
    return socket;
  };
  const wireguard = await bind();
  const heard: number[] = [];
  wireguard.onMessage((bytes) => heard.push(bytes.length));
  const shim = await openRelayShim({
    sockets,
    clock: systemClock,
    log: silentLogger,
    brokerUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    token: new Secret('sgn_token'),
    wireguardPort: wireguard.localPort,
    onOpen: () => {},
  });
  closers.push(() => shim[Symbol.asyncDispose]());
  const accept = async (): Promise<WebSocket> => {
    const [socket] = (await once(server, 'connection')) as [WebSocket];
    closers.push(() => socket.terminate());
    return socket;
  };
  return { shim, wireguard, heard, bind, accept, tokens, to: splitEndpoint(shim.endpoint) };
};
const packet = (sizeBytes: number): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, at) => (at === 0 ? 4 : 0));

test('the shim carries datagrams both ways, and what came before the WebSocket was open', async () => {
  const { wireguard, heard, accept, to, tokens } = await setUp();
  wireguard.send(packet(148), to);
  const socket = await accept();
  const [held] = await once(socket, 'message');
  expect([(held as Buffer).length, tokens]).toEqual([148, ['Bearer sgn_token']]);
  for (const size of [32, 125, 126, 1400]) socket.send(packet(size));
  await expect.poll(() => heard).toEqual([32, 125, 126, 1400]);
});

test('nobody but WireGuard is heard, nothing but WireGuard passes', async () => {
  const { wireguard, heard, bind, accept, to } = await setUp();
  const socket = await accept();
  const carried: number[] = [];
  socket.on('message', (bytes: Buffer) => carried.push(bytes.length));
  (await bind()).send(packet(100), to);
  wireguard.send(packet(31), to);
  wireguard.send(new Uint8Array(64).fill(9), to);
  wireguard.send(packet(3000), to);
  socket.send('text');
  socket.send(new Uint8Array(64));
  wireguard.send(packet(64), to);
  socket.send(packet(48));
  await expect.poll(() => [carried, heard]).toEqual([[64], [48]]);
});

test('it comes back after the end of a connection, and after a refusal', async () => {
  const { shim, accept } = await setUp();
  (await accept()).terminate();
  await accept();
  await expect.poll(() => shim.isOpen()).toBe(true);
  const refused = await setUp(401);
  await expect.poll(() => refused.tokens.length, { timeout: 5_000 }).toBeGreaterThan(2);
  expect(refused.shim.isOpen()).toBe(false);
});
