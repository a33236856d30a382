import { createVirtualClock, type VirtualClock } from '@sidegate/kit';
import type { Cidr4, Forward, Host, HostChanges, HostId, Ip4, Mac, Scan, Scope } from '@sidegate/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryPlatform, type MemoryPlatform } from '../../platform/memory.ts';
import type { IfName } from '../../ports/index.ts';
import { codeFrom, createTestHost, type TestHost } from '../testing/test-host.ts';
import { plugin } from './index.ts';

const CAMERA: Host = {
  id: 'h_aaaaaaaaaaaaaaaa' as HostId,
  mac: '44:47:cc:00:00:01' as Mac,
  addresses: ['192.168.1.20' as Ip4],
  name: '192.168.1.20',
  note: '',
  kind: 'unknown',
  services: [],
  online: true,
  firstSeenAt: 1,
  lastSeenAt: 2,
  evidence: [],
};
const PRINTER: Host = {
  ...CAMERA,
  id: 'h_bbbbbbbbbbbbbbbb' as HostId,
  mac: '3c:2a:f4:00:00:02' as Mac,
  addresses: ['192.168.1.30' as Ip4],
};
const hostsFile = (...hosts: Host[]) => JSON.stringify({ version: 1, hosts });
const link = (name: string, cidr: string) => ({
  name: name as IfName,
  mac: undefined,
  isUp: true,
  isLoopback: false,
  addresses4: [cidr as Cidr4],
  addresses6: [],
  linkKind: undefined,
});

describe('the discovery plugin', () => {
  let platform: MemoryPlatform;
  let clock: VirtualClock;
  let host: TestHost;

  const open = async (files: ReadonlyMap<string, string>) => {
    platform = createMemoryPlatform({ files });
    platform.fakes.links.links = [link('eth0', '192.168.1.2/24')];
    platform.fakes.links.routes = [
      {
        destination: '10.0.0.0/8',
        family: 4,
        gateway: '192.168.1.1' as Ip4,
        interfaceName: 'eth0' as IfName,
      },
    ];
    clock = createVirtualClock();
    host = createTestHost(platform, clock);
    await host.start(plugin);
  };
  beforeEach(() => open(new Map([['runtime/hosts.json', hostsFile(CAMERA, PRINTER)]])));
  afterEach(() => host[Symbol.asyncDispose]());

  const stateFile = () => platform.ports.files.readText('state', 'hosts.json');

  it('comes back with the hosts it knew, whatever else is in the file', async () => {
    expect(host.fact('hosts')).toHaveLength(2);
    await host[Symbol.asyncDispose]();
    const text = JSON.stringify({ version: 1, hosts: [CAMERA, { id: 'x' }, 7] });
    await open(new Map([['runtime/hosts.json', text]]));
    expect(await host.call('GET', '/hosts')).toMatchObject([{ id: CAMERA.id }]);
    await host[Symbol.asyncDispose]();
    await open(new Map([['runtime/hosts.json', '{']]));
    expect(await host.call('GET', '/hosts')).toEqual([]);
  });

  it('names a host for good', async () => {
    const named = await host.call<Host>('PATCH', `/hosts/${CAMERA.id}`, {
      givenName: 'Front door',
      note: 'ladder',
    });
    expect(named).toMatchObject({ name: 'Front door', note: 'ladder' });
    expect(host.events.at(-1)).toMatchObject({ event: 'host.changed', data: { name: 'Front door' } });
    const file = (await stateFile())!;
    expect(JSON.parse(file).hosts).toMatchObject([{ id: CAMERA.id, givenName: 'Front door' }]);
    await host[Symbol.asyncDispose]();
    // After a reboot the runtime area is empty.
    await open(new Map([['state/hosts.json', file]]));
    expect(await host.call('GET', `/hosts/${CAMERA.id}`)).toMatchObject({ name: 'Front door' });
    expect(await codeFrom(host.call('PATCH', `/hosts/${CAMERA.id}`, { givenName: 'a\u0000b' }))).toBe(
      'BODY_INVALID',
    );
  });

  it('keeps published hosts on disk, and does not forget them by request', async () => {
    const forward = { target: { kind: 'host', hostId: PRINTER.id } } as Forward;
    host.setFact('forwards', [forward]);
    await clock.advance(10);
    expect(JSON.parse((await stateFile())!).hosts).toMatchObject([{ id: PRINTER.id }]);
    expect(await codeFrom(host.call('DELETE', `/hosts/${PRINTER.id}`))).toBe('HOST_IN_USE');
    await host.call('DELETE', `/hosts/${CAMERA.id}`);
    expect(host.events.at(-1)).toMatchObject({ event: 'host.removed', data: { id: CAMERA.id } });
    expect(await codeFrom(host.call('GET', `/hosts/${CAMERA.id}`))).toBe('HOST_NOT_FOUND');
    expect(await codeFrom(host.call('GET', '/hosts/nonsense'))).toBe('HOST_NOT_FOUND');
  });

  it('has the attached networks as scopes, and follows the interfaces', async () => {
    expect(host.fact('scopes')).toMatchObject([
      { cidr: '192.168.1.0/24', kind: 'attached', interfaceName: 'eth0' },
    ]);
    platform.fakes.links.links = [link('eth0', '10.1.2.3/24')];
    platform.fakes.links.notify('address');
    await clock.advance(500);
    expect(host.fact('scopes')).toMatchObject([{ cidr: '10.1.2.0/24' }]);
  });

  it('adds a routed network for good, and removes it', async () => {
    const scope = await host.call<Scope>('POST', '/scopes', { cidr: '10.9.0.0/24', label: 'DMZ' });
    expect(scope).toMatchObject({ cidr: '10.9.0.0/24', kind: 'routed', label: 'DMZ' });
    const file = (await platform.ports.files.readText('state', 'scopes.json'))!;
    await host[Symbol.asyncDispose]();
    await open(new Map([['state/scopes.json', file]]));
    expect(await host.call('GET', '/scopes')).toHaveLength(2);
    expect(await codeFrom(host.call('POST', '/scopes', { cidr: '10.9.0.0/25' }))).toBe('SCOPE_OVERLAPS');
    expect(await codeFrom(host.call('POST', '/scopes', { cidr: '8.8.8.0/24' }))).toBe('SCOPE_NOT_PRIVATE');
    expect(await codeFrom(host.call('POST', '/scopes', { cidr: 'nonsense' }))).toBe('BODY_INVALID');
    await host.call('DELETE', `/scopes/${scope.id}`);
    expect(await codeFrom(host.call('DELETE', `/scopes/${scope.id}`))).toBe('SCOPE_NOT_FOUND');
    const [attached] = await host.call<Scope[]>('GET', '/scopes');
    expect(await codeFrom(host.call('DELETE', `/scopes/${attached!.id}`))).toBe('SCOPE_ATTACHED');
  });

  it('says of a network that no route leads to it, or that its sender does not fit', async () => {
    const add = (body: object) => codeFrom(host.call('POST', '/scopes', body));
    expect(await add({ cidr: '172.20.0.0/24' })).toBe('SCOPE_UNROUTED');
    const stray = { cidr: '192.168.55.0/24', senderAddress: '192.168.55.1' };
    expect(await add({ ...stray, interfaceName: 'eth9' })).toBe('SCOPE_SENDER_UNFIT');
    expect(await host.call('POST', '/scopes', { ...stray, interfaceName: 'eth0' })).toMatchObject({
      kind: 'stray',
      senderAddress: '192.168.55.1',
    });
  });

  it('scans by a plan, which outlives a restart and can be taken back', async () => {
    platform.fakes.run.scripts.set('arp-scan', () => '');
    const [{ id } = { id: '' }] = await host.call<Scope[]>('GET', '/scopes');
    const plan = { everySec: 3600, packetsPerSec: 100, ports: [80, 8899] };
    expect(await host.call('PATCH', `/scopes/${id}`, plan)).toMatchObject({ plan });
    const file = (await platform.ports.files.readText('state', 'scopes.json'))!;
    await host[Symbol.asyncDispose]();
    await open(new Map([['state/scopes.json', file]]));
    platform.fakes.run.scripts.set('arp-scan', () => '');
    await clock.advance(3_500_000);
    expect(await host.call('GET', '/scans')).toEqual([]);
    await clock.advance(200_000);
    expect(await host.call('GET', '/scans')).toHaveLength(1);
    const slow = expect.arrayContaining(['--interval=10000u']);
    await vi.waitFor(() =>
      expect(platform.fakes.run.calls).toContainEqual(
        expect.objectContaining({ file: 'arp-scan', args: slow }),
      ),
    );
    expect(await host.call('PATCH', `/scopes/${id}`, { everySec: null, ports: null })).toMatchObject({
      plan: { packetsPerSec: 100 },
    });
    expect(await codeFrom(host.call('PATCH', `/scopes/${id}`, { everySec: 5 }))).toBe('BODY_INVALID');
    expect(await codeFrom(host.call('PATCH', `/scopes/${id}`, { label: 'x' }))).toBe('SCOPE_ATTACHED');
  });

  it('goes on with a scan that a restart cut short, and not with one that somebody cancelled', async () => {
    const scope = await host.call<Scope>('POST', '/scopes', { cidr: '10.9.0.0/30' });
    const stop = async (cancel: boolean) => {
      const scan = await host.call<Scan>('POST', '/scans', { scopeId: scope.id });
      if (cancel) await host.call('DELETE', `/scans/${scan.id}`);
      else await host.call('POST', '/scans');
      await clock.advance(10);
      await host[Symbol.asyncDispose]();
      const read = async (area: 'state' | 'runtime', name: string): Promise<[string, string]> => [
        `${area}/${name}`,
        (await platform.ports.files.readText(area, name)) ?? '',
      ];
      await open(new Map([await read('state', 'scopes.json'), await read('runtime', 'scans.json')]));
      return host.call<Scan[]>('GET', '/scans');
    };
    const resumed = await stop(false);
    expect(resumed.map(({ state }) => state)).toEqual(['running', 'running']);
    expect(resumed.map(({ scopeIds }) => scopeIds)).toContainEqual([scope.id]);
    for (const { id } of resumed) await host.call('DELETE', `/scans/${id}`);
    expect(await stop(true)).toEqual([]);
  });

  it('takes note of whom the kernel meets, on networks of its own only', async () => {
    const met = (address: string, state: string, interfaceName = 'eth0') =>
      platform.fakes.links.notify('neighbour', {
        address: address as Ip4,
        mac: '02:00:00:00:00:09' as Mac,
        interfaceName: interfaceName as IfName,
        state,
      });
    met('192.168.1.90', 'STALE');
    met('10.0.0.90', 'REACHABLE');
    met('192.168.1.91', 'REACHABLE', 'eth1');
    await clock.advance(100);
    expect(host.fact('hosts')).toHaveLength(2);
    met('192.168.1.92', 'REACHABLE');
    await vi.waitFor(async () => {
      await clock.advance(50);
      expect(host.fact('hosts')).toHaveLength(3);
    });
    expect(host.fact('hosts')?.at(-1)).toMatchObject({ addresses: ['192.168.1.92'], online: true });
  });

  it('tells what is different since somebody looked', async () => {
    const changes = () => host.call<HostChanges>('GET', '/changes');
    await host.call('POST', '/changes/seen');
    expect((await changes()).changes).toEqual([]);
    await clock.advance(1_000);
    platform.fakes.run.scripts.set('arp-scan', () => '192.168.1.44\t3c:2a:f4:00:00:44\n');
    await host.call('POST', '/scans');
    await vi.waitFor(async () => {
      await clock.advance(50);
      expect((await changes()).changes).toMatchObject([{ what: 'new', to: '192.168.1.44' }]);
    });
    await clock.advance(10);
    expect((await host.call<HostChanges>('POST', '/changes/seen')).changes).toEqual([]);
  });

  it('has nothing to scan without a private network', async () => {
    platform.fakes.links.links = [link('eth0', '203.0.113.7/24')];
    platform.fakes.links.notify('link');
    await clock.advance(500);
    expect(await codeFrom(host.call('POST', '/scans'))).toBe('SCOPE_NONE');
    expect(await codeFrom(host.call('POST', '/scans', { scopeId: 'c_zzzzzzzzzzzzzzzz' }))).toBe(
      'SCOPE_NOT_FOUND',
    );
  });

  it('finds a published host that moved, by asking for it now and then', async () => {
    const known = { ...CAMERA, scopeId: host.fact('scopes')![0]!.id };
    await host[Symbol.asyncDispose]();
    await open(new Map([['runtime/hosts.json', hostsFile(known)]]));
    host.setFact('forwards', [{ target: { kind: 'host', hostId: CAMERA.id } } as Forward]);
    platform.fakes.run.scripts.set('arp-scan', (args) =>
      args.at(-1) === '192.168.1.0/24' ? `192.168.1.77\t${CAMERA.mac}\n` : '',
    );
    await clock.advance(61_000);
    expect(host.fact('hosts')).toMatchObject([{ id: CAMERA.id, addresses: ['192.168.1.77'] }]);
    const searches = () =>
      platform.fakes.run.calls.filter(({ args }) => args.at(-1) === '192.168.1.0/24').length;
    expect(searches()).toBe(1);
    // Off for good: it is not searched for all the time.
    platform.fakes.run.scripts.set('arp-scan', () => '');
    await clock.advance(240_000);
    expect(searches()).toBe(1);
  });

  it('stops, and stops again, leaving no watcher', async () => {
    await host[Symbol.asyncDispose]();
    expect(platform.fakes.links.watchers).toBe(0);
  });
});
