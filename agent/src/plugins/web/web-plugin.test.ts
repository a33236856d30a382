import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Access, Cidr4, Ip, Ip4, Ip6 } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import type { ApiRequest } from '../../plugin-api/index.ts';
import type { IfName, Link } from '../../ports/index.ts';
import { planListening } from './listen-plan.ts';
import { openWebBench, testMap } from './testing/web-bench.ts';

const canConnect = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isOpen;
};

const link = (name: string, addresses4: readonly string[]): Link => ({
  name: name as IfName,
  mac: undefined,
  isUp: true,
  isLoopback: false,
  addresses4: addresses4 as readonly Cidr4[],
  addresses6: [],
  linkKind: undefined,
});
const map = {
  ...testMap(),
  self: { ...testMap().self, address4: '100.64.0.1' as Ip4, address6: 'fd00::1' as Ip6 },
  peers: [{ address4: '100.64.0.2', address6: 'fd00:0::2', inbound: { kind: 'all' } }],
} as unknown as ReturnType<typeof testMap>;
const links = [link('lan0', ['192.168.1.1/24']), link('wan0', ['198.51.100.7/24'])];
const plan = (change: Partial<Parameters<typeof planListening>[0]> = {}) =>
  planListening({ map, links, lanInterfaces: [], onClients: false, port: 7380, ...change });
const listed = (from: ReturnType<typeof plan>) => from.addresses.map(({ address }) => address);

describe('planListening', () => {
  test('an edge listens on its mesh addresses only', () => {
    expect(listed(plan())).toEqual(['100.64.0.1', 'fd00::1']);
  });

  test('only nodes of the map may connect there', () => {
    const accepts = plan().addresses[0]!.accepts;
    const answers = ['100.64.0.2', 'fd00::2', '100.64.0.1', '100.64.0.3', '192.168.1.9'].map((source) =>
      accepts(source as Ip),
    );
    expect(answers).toEqual([true, true, true, false, false]);
  });

  test.each<[Access, boolean]>([
    [{ kind: 'none' }, false],
    [{ kind: 'ports', ports: [{ protocol: 'tcp', from: 8001, to: 8010 }] }, false],
    [{ kind: 'ports', ports: [{ protocol: 'udp', from: 1, to: 65_535 }] }, false],
    [{ kind: 'ports', ports: [{ protocol: 'tcp', from: 7000, to: 8000 }] }, true],
    // Who may open the one port of a service may open the other.
    [{ kind: 'ports', ports: [{ protocol: 'tcp', from: 80, to: 80 }] }, true],
  ])('a node that may open %j may connect: %s', (inbound, expected) => {
    const peers = [{ ...map.peers[0]!, inbound }];
    expect(plan({ map: { ...map, peers } }).addresses[0]!.accepts('100.64.0.2' as Ip)).toBe(expected);
  });

  test('a LAN address is listened on where it was asked for, for that LAN', () => {
    const asked = plan({ lanInterfaces: ['lan0' as IfName] });
    expect(listed(asked)).toEqual(['100.64.0.1', 'fd00::1', '192.168.1.1']);
    expect(asked.addresses[2]!.accepts('192.168.1.77' as Ip)).toBe(true);
    expect(asked.addresses[2]!.accepts('100.64.0.2' as Ip)).toBe(false);
  });

  test('a public address is never listened on, and that is said', () => {
    const asked = plan({ lanInterfaces: ['wan0' as IfName, 'none0' as IfName] });
    expect([listed(asked), asked.unsuitable]).toEqual([
      ['100.64.0.1', 'fd00::1'],
      ['wan0', 'none0'],
    ]);
  });

  test('no map, or a client that was not asked to, listens nowhere', () => {
    const client = { ...map, self: { ...map.self, role: 'client' as const } };
    expect(listed(plan({ map: undefined }))).toEqual([]);
    expect(listed(plan({ map: client }))).toEqual([]);
    expect(listed(plan({ map: client, onClients: true }))).toHaveLength(2);
  });
});

describe('the web plugin', () => {
  test('asks the firewall for its port and for port 80 while it listens', async () => {
    await using bench = await openWebBench();
    expect(bench.wish()).toEqual({
      ownServices: [{ protocol: 'tcp', port: bench.port, alsoPort: 80, label: 'web UI' }],
    });
  });

  test('stops listening when the map is withdrawn, and comes back with it', async () => {
    await using bench = await openWebBench();
    bench.publish('network-map', undefined);
    await expect.poll(() => canConnect(bench.port)).toBe(false);
    expect(bench.wish()).toBeUndefined();
    bench.publish('network-map', testMap());
    await expect.poll(() => canConnect(bench.port)).toBe(true);
  });

  test('cuts off whoever is not in the map before a byte is read', async () => {
    await using bench = await openWebBench();
    const others = { ...testMap().self, address4: '127.0.0.2' as Ip4 };
    bench.publish('network-map', { ...testMap(), self: others });
    const ask = () =>
      new Promise<string>((resolve) => {
        // 127.0.0.1 calling 127.0.0.2: a source that the map does not know.
        const socket = connect({ port: bench.port, host: '127.0.0.2', localAddress: '127.0.0.1' });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
        socket.on('close', () => resolve('closed'));
        socket.on('data', () => resolve('answered'));
        socket.write('GET /api/login HTTP/1.1\r\nhost: home\r\n\r\n');
      });
    await expect.poll(ask).not.toBe('ECONNREFUSED');
    expect(['closed', 'ECONNRESET']).toContain(await ask());
  });

  test('hangs up on whom policy permits the page no longer, and on nobody else', async () => {
    const node = (address4: string, inbound: Access) => ({ address4, address6: '::2', inbound });
    const mapWith = (inbound: Access) =>
      ({
        ...testMap(),
        peers: [node('127.0.0.3', inbound), node('127.0.0.4', { kind: 'all' })],
      }) as unknown as ReturnType<typeof testMap>;
    await using bench = await openWebBench({ map: mapWith({ kind: 'all' }) });
    const open = async (localAddress: string) => {
      const socket = connect({ port: bench.port, host: '127.0.0.1', localAddress });
      await once(socket, 'connect');
      return socket;
    };
    const [narrowed, other, own] = await Promise.all(['127.0.0.3', '127.0.0.4', '127.0.0.1'].map(open));
    bench.publish('network-map', mapWith({ kind: 'ports', ports: [{ protocol: 'tcp', from: 22, to: 22 }] }));
    await once(narrowed!.resume(), 'close');
    for (const socket of [other!, own!]) {
      socket.write('GET /api/login HTTP/1.1\r\nhost: home\r\n\r\n');
      const [reply] = await once(socket, 'data');
      expect(String(reply)).toMatch(/^HTTP/);
      socket.destroy();
    }
  });

  test('says when another program has its port, and takes it once it is free', async () => {
    await using bench = await openWebBench();
    bench.publish('network-map', undefined);
    await expect.poll(() => canConnect(bench.port)).toBe(false);
    const squatter = createServer().listen(bench.port, '127.0.0.1');
    await once(squatter, 'listening');
    bench.publish('network-map', testMap());
    await expect.poll(() => bench.health.get('web-port-in-use')).toMatch(/another program/);
    squatter.close();
    await expect
      .poll(async () => {
        await bench.clock.advance(60_000);
        return bench.health.size;
      })
      .toBe(0);
    expect(await canConnect(bench.port)).toBe(true);
  });

  test('lets root set the password over the unix socket only', async () => {
    const files = new Map<string, string>();
    await using bench = await openWebBench({ files });
    const route = bench.routes.find(({ path }) => path === '/login/password');
    expect([route?.method, route?.reach]).toEqual(['PUT', 'local']);
    await route?.handler({ readBody: async () => ({ password: 'a new password' }) } as unknown as ApiRequest);
    expect(files.get('password')).toBe('a new password');
  });
});
