import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '@sidegate/kit';
import type { Ip } from '@sidegate/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import type { Beacon } from './beacon.ts';
import { isWebSocket } from './types.ts';
import { startUdpServer, type UdpListen, type UdpServer } from './udp-server.ts';

/** Answers with where it was reached and from; `to <address> <port>` has the answer sent there from beacon 1. */
const echo: Pick<Beacon, 'handleDatagram' | 'sweep'> = {
  sweep: () => {},
  handleDatagram(beaconIndex, bytes, from) {
    const [, address, port] = /^to (\S+) (\d+)$/.exec(Buffer.from(bytes).toString()) ?? [];
    const answer = Buffer.from(`${beaconIndex} ${isWebSocket(from) ? from : from.address}`);
    if (address === undefined) return [{ beaconIndex, to: from, bytes: answer }];
    return [{ beaconIndex: 1, to: { address: address as Ip, port: Number(port) }, bytes: answer }];
  },
};

describe('UDP server', () => {
  const servers: UdpServer[] = [];
  const clients: Socket[] = [];
  const start = async (listen: readonly UdpListen[], signal?: AbortSignal): Promise<UdpServer> => {
    const options = { beacon: echo as Beacon, listen, clock: systemClock };
    const server = await startUdpServer(signal === undefined ? options : { ...options, signal });
    servers.push(server);
    return server;
  };
  const createClient = async (address: string): Promise<Socket> => {
    const client = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    clients.push(client);
    client.bind(0, address);
    await once(client, 'listening');
    return client;
  };
  const ask = async (address: string, port: number, text = 'hello'): Promise<string> => {
    const client = await createClient(address);
    client.send(text, port, address);
    const [bytes] = (await once(client, 'message', { signal: AbortSignal.timeout(2_000) })) as [Buffer];
    return bytes.toString();
  };
  const entry = (beaconIndex: number, address: string, port = 0): UdpListen => ({
    beaconIndex,
    address: address as Ip,
    port,
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const server of servers.splice(0)) await server.stop();
  });

  it('serves several addresses and both families, each from its own socket', async () => {
    const { bound } = await start([entry(0, '127.0.0.1'), entry(0, '::1'), entry(1, '127.0.0.2')]);
    expect(await ask('127.0.0.1', bound[0]!.port)).toBe('0 127.0.0.1');
    expect(await ask('::1', bound[1]!.port)).toBe('0 ::1');
    const client = await createClient('127.0.0.1');
    const other = await createClient('127.0.0.1');
    client.send(`to 127.0.0.1 ${other.address().port}`, bound[0]!.port, '127.0.0.1');
    const [, remote] = (await once(other, 'message')) as [Buffer, { address: string; port: number }];
    expect(remote).toMatchObject({ address: '127.0.0.2', port: bound[2]!.port });
  });

  it('leaves nothing open when one address cannot be bound', async () => {
    const { bound } = await start([entry(0, '127.0.0.1')]);
    const taken = start([entry(0, '127.0.0.3', 47_382), entry(1, '127.0.0.1', bound[0]!.port)]);
    await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(start([entry(0, '127.0.0.3', 47_382)])).resolves.toBeDefined();
  });

  it('goes on after a datagram that cannot be sent', async () => {
    const { bound } = await start([entry(0, '127.0.0.1'), entry(1, '127.0.0.2')]);
    const client = await createClient('127.0.0.1');
    client.send('to 255.255.255.255 9', bound[0]!.port, '127.0.0.1');
    expect(await ask('127.0.0.1', bound[0]!.port)).toBe('0 127.0.0.1');
  });

  it('stops when aborted, and any number of times', async () => {
    const controller = new AbortController();
    const server = await start([entry(0, '127.0.0.1', 47_383)], controller.signal);
    controller.abort();
    await server.stop();
    await server.stop();
    await expect(start([entry(0, '127.0.0.1', 47_383)])).resolves.toBeDefined();
    await expect(start([entry(0, '127.0.0.1')], controller.signal)).rejects.toThrow();
  });
});
