import type { VirtualClock } from '@sidegate/kit';
import type { Address, AddressPlan, Host, HostAddress, Ip4 } from '@sidegate/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HELPER } from '../../forwarding/testing/sample-wishes.ts';
import type { MemoryPlatform } from '../../platform/memory.ts';
import { codeFrom, type TestHost } from '../testing/test-host.ts';
import { CAMERA as BARE_CAMERA, type MemorySite, mapWith, openMemorySite } from './testing/memory-site.ts';

const CAMERA: Host = {
  ...BARE_CAMERA,
  name: 'Front Door',
  services: [
    { protocol: 'tcp', port: 554, name: 'rtsp' },
    { protocol: 'tcp', port: 80, name: 'http', scheme: 'http' },
  ],
};
const given = (key: string, name: string, at: number) =>
  ({ key, name, address4: `100.64.0.${at}`, address6: `fd00::${at}` }) as HostAddress;
const GIVEN = given(CAMERA.mac!, 'front-door', 50);

describe('addresses of hosts', () => {
  let platform: MemoryPlatform;
  let clock: VirtualClock;
  let host: TestHost;
  let ruleset: MemorySite['ruleset'];

  const open = async (files = new Map<string, string>()) => {
    const map = mapWith([GIVEN]);
    ({ platform, clock, host, ruleset } = await openMemorySite({ files, map, hosts: [CAMERA] }));
  };
  beforeEach(() => open());
  afterEach(() => host[Symbol.asyncDispose]());

  const give = (patch: object = {}) =>
    host.call<Address>('POST', '/addresses', { target: { kind: 'host', hostId: CAMERA.id }, ...patch });

  it('are known by name to this machine and its LAN, and lead straight to the host', async () => {
    const { id, fqdn } = await give();
    expect(host.names()).toEqual([{ name: fqdn, address: '192.168.1.20' }]);
    host.setFact('hosts', [{ ...CAMERA, addresses: ['192.168.1.77' as Ip4] }]);
    await clock.advance(200);
    expect(host.names()).toEqual([{ name: fqdn, address: '192.168.1.77' }]);
    host.setFact('network-map', undefined);
    expect(host.names()).toEqual([]);
    host.setFact('network-map', mapWith([GIVEN]));
    expect(host.names()).toEqual([{ name: fqdn, address: '192.168.1.77' }]);
    await host.call('PATCH', `/addresses/${id}`, { enabled: false });
    expect(host.names()).toEqual([]);
  });

  it('are wished for by hardware address and a name made from the host’s', async () => {
    expect(host.fact('host-wishes')).toEqual([]);
    expect(await give()).toMatchObject({
      name: 'front-door',
      fqdn: 'front-door.home.acme.sidegate.internal',
      address4: '100.64.0.50',
      targetAddress: '192.168.1.20',
      urls: [
        'http://front-door.home.acme.sidegate.internal/',
        'rtsp://front-door.home.acme.sidegate.internal/',
      ],
      owner: 'anna',
    });
    expect(host.fact('host-wishes')).toEqual([{ key: CAMERA.mac, name: 'front-door' }]);
    expect(ruleset()).toContain('["100.64.0.50","192.168.1.20"]');
    expect(platform.fakes.sysctl.isForwarding).toBe(true);
  });

  it('come later where the broker is away, and nothing is open until then', async () => {
    host.setFact('network-map', mapWith([]));
    let address: Address | undefined;
    void give().then((made) => {
      address = made;
    });
    await vi.waitFor(async () => {
      await clock.advance(6_000);
      expect(address).toMatchObject({ name: 'front-door' });
    });
    expect(address!.address4).toBeUndefined();
    expect(ruleset()).not.toContain('192.168.1.20');
    host.setFact('network-map', mapWith([GIVEN]));
    await clock.advance(200);
    await host.settled();
    expect(ruleset()).toContain('["100.64.0.50","192.168.1.20"]');
    expect(host.events.at(-1)).toMatchObject({ event: 'address.changed', data: { address4: '100.64.0.50' } });
  });

  it('stay while the map is away, and follow the host', async () => {
    await give();
    host.setFact('network-map', undefined);
    host.setFact('hosts', [{ ...CAMERA, addresses: ['192.168.1.77' as Ip4] }]);
    await clock.advance(200);
    await host.settled();
    expect(ruleset()).toContain('["100.64.0.50","192.168.1.77"]');
    expect(platform.fakes.firewall.cuts).toEqual([{ destination: '100.64.0.50' }]);
  });

  it('show in a dry run what would be, and change nothing', async () => {
    const before = ruleset();
    const plan = await host.call<AddressPlan>('POST', '/addresses?dryRun=1', {
      target: { kind: 'host', hostId: CAMERA.id },
      name: 'door',
    });
    expect(plan.address).toMatchObject({ fqdn: 'door.home.acme.sidegate.internal' });
    expect(plan.ruleset).toContain('100.64.0.50 : 192.168.1.20');
    expect(ruleset()).toBe(before);
    expect(host.fact('host-wishes')).toEqual([]);
  });

  it('are one a host, and one a name', async () => {
    await give();
    expect(await codeFrom(give())).toBe('ADDRESS_EXISTS');
    const other = { target: { kind: 'address', address: '192.168.1.30' } };
    expect(await codeFrom(give({ ...other, name: 'front-door' }))).toBe('ADDRESS_NAME_TAKEN');
    expect(await codeFrom(give({ ...other, name: 'front door!' }))).toBe('BODY_INVALID');
    expect(await codeFrom(give({ target: { kind: 'address', address: '10.0.0.1' } }))).toBe(
      'FORWARD_TARGET_OUTSIDE_SCOPES',
    );
    expect(host.fact('host-wishes')).toHaveLength(1);
  });

  it('keep their address when renamed or turned off, and let it go when removed', async () => {
    const { id } = await give();
    const renaming = host.call<Address>('PATCH', `/addresses/${id}`, { name: 'door', enabled: false });
    host.setFact('network-map', mapWith([given(CAMERA.mac!, 'door', 50)]));
    await clock.advance(200);
    expect(await renaming).toMatchObject({ name: 'door', enabled: false, address4: '100.64.0.50' });
    expect(host.fact('host-wishes')).toEqual([{ key: CAMERA.mac, name: 'door' }]);
    expect(ruleset()).not.toContain('192.168.1.20');
    expect(platform.fakes.sysctl.isForwarding).toBe(false);
    await host.call('DELETE', `/addresses/${id}`);
    expect(host.fact('host-wishes')).toEqual([]);
    expect(platform.fakes.firewall.cuts).toContainEqual({ destination: '100.64.0.50' });
    expect(await codeFrom(host.call('DELETE', `/addresses/${id}`))).toBe('ADDRESS_NOT_FOUND');
  });

  it('show in a dry run what a change would make of them', async () => {
    const { id } = await give();
    const before = host.fact('addresses');
    const change = { name: 'gate', ports: [{ protocol: 'tcp', from: 80, to: 80 }] };
    const plan = await host.call<AddressPlan>('PATCH', `/addresses/${id}?dryRun=1`, change);
    expect(plan.address).toMatchObject({ id, ...change });
    expect(host.fact('addresses')).toEqual(before);
  });

  it('end in time, and cut off whoever is no longer meant', async () => {
    const { id } = await give({ expiresAt: clock.wallMs() + 60_000, allow: { nodes: ['laptop', 'phone'] } });
    expect(ruleset()).toContain('"timeout":60');
    await host.call('PATCH', `/addresses/${id}`, { allow: { nodes: ['phone'] } });
    expect(platform.fakes.firewall.cuts).toEqual([
      { destination: '100.64.0.50', notFrom: [HELPER.address4] },
    ]);
    await clock.advance(61_000);
    await host.settled();
    expect(host.fact('addresses')).toEqual([]);
    expect(host.fact('host-wishes')).toEqual([]);
  });

  it('come back after a restart with what was on disk', async () => {
    await give({ label: 'kept' });
    const text = (await platform.ports.files.readText('state', 'addresses.json'))!;
    await host[Symbol.asyncDispose]();
    await open(new Map([['state/addresses.json', text]]));
    expect(ruleset()).toContain('["100.64.0.50","192.168.1.20"]');
    expect(host.fact('addresses')).toMatchObject([{ label: 'kept', address4: '100.64.0.50' }]);
  });

  it('are not given back because their file cannot be read', async () => {
    await host[Symbol.asyncDispose]();
    await open(new Map([['state/addresses.json', '{']]));
    expect(host.fact('host-wishes')).toBeUndefined();
    expect(host.health()).toContainEqual(expect.objectContaining({ code: 'FORWARDS_UNREADABLE' }));
  });
});
