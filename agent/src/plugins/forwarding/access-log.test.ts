import type { AccessLog, Address, Forward, HostAddress, Ip4 } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { EDGE, TECHNICIAN } from '../../forwarding/testing/sample-wishes.ts';
import type { Connection } from '../../ports/index.ts';
import { CAMERA, type MemorySite, mapWith, openMemorySite, TUNNEL } from './testing/memory-site.ts';

const FILE = 'access-log.json';
const OWN = '100.64.0.50' as Ip4;
const MAP = mapWith([
  { key: CAMERA.mac, name: 'camera', address4: OWN, address6: 'fd00::32' } as unknown as HostAddress,
]);
const connection = (sport: number, patch: Partial<Connection> = {}): Connection => ({
  key: `tcp ${sport}`,
  protocol: 'tcp',
  source: TECHNICIAN.address4,
  destination: EDGE.address4,
  port: 8001,
  idleMs: 0,
  isOver: false,
  ...patch,
});
const target = { kind: 'host', hostId: CAMERA.id };
const add = ({ host }: MemorySite) =>
  host.call<Forward>('POST', '/forwards', { target, targetPort: 80, label: 'Door' });
const read = ({ host }: MemorySite, query = '') => host.call<AccessLog>('GET', `/access-log${query}`);
/** Every file that is written from here on, by its path. */
const watchWrites = ({ platform: { fakes } }: MemorySite): string[] => {
  const writes: string[] = [];
  const { writeText } = fakes.files;
  fakes.files.writeText = async (area, name, ...rest) => {
    writes.push(`${area}/${name}`);
    await writeText(area, name, ...rest);
  };
  return writes;
};

describe('the access log', () => {
  it('says who opened which publication, by name', async () => {
    await using site = await openMemorySite({ map: MAP });
    const { connections } = site.platform.fakes;
    const forward = await add(site);
    const address = await site.host.call<Address>('POST', '/addresses', { target });
    connections.begin(connection(1));
    connections.begin(connection(2, { destination: OWN, port: 554 }));
    connections.begin(connection(3, { port: 8002 }));
    connections.end(connection(1, { bytes: 4_000 }));
    const { entries, notice } = await read(site);
    expect(entries).toHaveLength(2);
    expect(entries).toContainEqual(
      expect.objectContaining({
        kind: 'forward',
        publicationId: forward.id,
        name: 'http://home.acme.sidegate.internal:8001/',
        label: 'Door',
        node: 'laptop',
        address: TECHNICIAN.address4,
        services: ['tcp/8001'],
        isOpen: false,
        bytes: 4_000,
      }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        kind: 'address',
        publicationId: address.id,
        name: 'camera.home.acme.sidegate.internal',
        services: ['tcp/554'],
        isOpen: true,
      }),
    );
    expect(notice).toBeUndefined();
    expect((await read(site, '?publication=camera&node=laptop')).entries).toHaveLength(1);
    expect((await read(site, '?node=phone')).entries).toEqual([]);
  });

  it('keeps what it knows of a publication that is gone', async () => {
    await using site = await openMemorySite();
    const { id } = await add(site);
    site.platform.fakes.connections.begin(connection(1));
    await site.host.call('DELETE', `/forwards/${id}`);
    expect((await read(site)).entries).toMatchObject([{ publicationId: id, label: 'Door' }]);
  });

  it('follows nothing while nothing is published, or the tunnel is away', async () => {
    await using site = await openMemorySite();
    const { connections } = site.platform.fakes;
    expect(connections.watchers).toBe(0);
    const { id } = await add(site);
    expect(connections.watchers).toBe(1);
    site.host.setFact('tunnel', undefined);
    await site.clock.advance(10);
    expect(connections.watchers).toBe(0);
    site.host.setFact('tunnel', TUNNEL);
    await site.clock.advance(10);
    expect(connections.watchers).toBe(1);
    await site.host.call('PATCH', `/forwards/${id}`, { enabled: false });
    expect(connections.watchers).toBe(0);
  });

  it('notes connections that were open before it looked', async () => {
    await using site = await openMemorySite();
    site.platform.fakes.connections.begin(connection(1));
    await add(site);
    expect((await read(site)).entries).toMatchObject([{ isOpen: true, connections: 1 }]);
  });

  it('is in memory soon after a visit, on flash hardly ever, and nowhere while nothing happens', async () => {
    await using site = await openMemorySite();
    const { clock, platform } = site;
    await add(site);
    const writes = watchWrites(site);
    await clock.advance(2 * 3_600_000);
    expect(writes).toEqual([]);
    platform.fakes.connections.begin(connection(1));
    platform.fakes.connections.end(connection(1, { bytes: 1 }));
    await clock.advance(60_000);
    expect(writes).toEqual([`runtime/${FILE}`, `state/${FILE}`]);
    for (let minute = 0; minute < 59; minute++) {
      platform.fakes.connections.begin(connection(minute));
      await clock.advance(60_000);
    }
    expect(writes.filter((path) => path === `state/${FILE}`)).toHaveLength(1);
  });

  it('survives the agent, and a broken file does not keep it from starting', async () => {
    const first = await openMemorySite();
    await add(first);
    first.platform.fakes.connections.begin(connection(1));
    await first[Symbol.asyncDispose]();
    const files = new Map(first.platform.fakes.files.texts);
    expect([...files.keys()]).toEqual(expect.arrayContaining([`runtime/${FILE}`, `state/${FILE}`]));
    // As after a reboot.
    files.delete(`runtime/${FILE}`);
    await using second = await openMemorySite({ files });
    expect((await read(second)).entries).toMatchObject([{ node: 'laptop', connections: 1, isOpen: false }]);
    await using third = await openMemorySite({ files: new Map([[`state/${FILE}`, '{"version":1']]) });
    expect((await read(third)).entries).toEqual([]);
  });

  it('says so where nothing can tell of connections, and all else goes on', async () => {
    await using site = await openMemorySite();
    site.platform.fakes.connections.isMissing = true;
    await add(site);
    expect(site.host.health()).toMatchObject([{ code: 'access-log-off', severity: 'info' }]);
    expect(await read(site)).toEqual({
      entries: [],
      notice: expect.stringContaining('conntrack is missing'),
    });
    expect(site.platform.fakes.connections.watchers).toBe(0);
  });
});
