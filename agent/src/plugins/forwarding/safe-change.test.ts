import type { VirtualClock } from '@sidegate/kit';
import type { Address, Forward, HostAddress, Ip4 } from '@sidegate/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TECHNICIAN } from '../../forwarding/testing/sample-wishes.ts';
import type { MemoryPlatform } from '../../platform/memory.ts';
import type { TestHost } from '../testing/test-host.ts';
import { mapWith, openMemorySite } from './testing/memory-site.ts';

const PC = '192.168.1.30' as Ip4;
const MAP = mapWith([
  { key: PC, name: 'pc', address4: '100.64.0.50', address6: 'fd00::32' } as unknown as HostAddress,
]);
const FILE = 'state/unconfirmed.json';

describe('a change by somebody who came by what it changes', () => {
  let files: MemoryPlatform['fakes']['files']['texts'];
  let clock: VirtualClock;
  let host: TestHost;
  let forward: Forward;

  const open = async (left = new Map<string, string>()) => {
    const site = await openMemorySite({ files: left, map: MAP, hosts: [] });
    ({ clock, host } = site);
    files = site.platform.fakes.files.texts;
  };
  beforeEach(async () => {
    await open();
    const target = { kind: 'address', address: PC };
    forward = await host.call<Forward>('POST', '/forwards', { target, targetPort: 3389 });
  });
  afterEach(() => host[Symbol.asyncDispose]());

  const path = () => `/forwards/${forward.id}`;
  const list = () => host.call<Forward[]>('GET', '/forwards');
  const pending = () => host.fact('pending-changes') ?? [];

  it.each([
    ['DELETE', {}],
    ['PATCH', { enabled: false }],
    ['PATCH', { allow: { nodes: ['phone'] } }],
  ])('is applied, and put back when nobody confirms it: %s %j', async (method, body) => {
    const [before] = await list();
    await host.call(method, path(), body, PC);
    expect(pending()).toEqual([{ id: forward.id, what: forward.url, endsAt: clock.wallMs() + 60_000 }]);
    expect(await list()).not.toEqual([before]);
    await clock.advance(59_000);
    expect(await list()).not.toEqual([before]);
    await clock.advance(1_000);
    await host.settled();
    expect(await list()).toEqual([before]);
    expect([pending(), files.has(FILE)]).toEqual([[], false]);
  });

  it('stays when it is confirmed', async () => {
    await host.call('DELETE', path(), {}, PC);
    await host.call('POST', '/pending/confirm');
    await clock.advance(120_000);
    expect([await list(), pending(), files.has(FILE)]).toEqual([[], [], false]);
  });

  it('is put back at once when asked, to what was before the first of several', async () => {
    await host.call('PATCH', path(), { allow: { nodes: ['phone'] } }, PC);
    await host.call('PATCH', path(), { enabled: false }, PC);
    expect(pending()).toHaveLength(1);
    await host.call('POST', '/pending/undo');
    expect(await list()).toEqual([forward]);
  });

  it('is put back by the next agent where this one died', async () => {
    await host.call('DELETE', path(), {}, PC);
    const asLeft = new Map(files);
    await host[Symbol.asyncDispose]();
    await open(asLeft);
    expect(await list()).toMatchObject([{ id: forward.id, edgePort: forward.edgePort, enabled: true }]);
    expect(files.has(FILE)).toBe(false);
    expect(JSON.parse(files.get('state/forwards.json')!).forwards).toHaveLength(1);
  });

  it('is no matter where the author sits elsewhere, or nothing is narrowed', async () => {
    await host.call('PATCH', path(), { label: 'PC' }, PC);
    await host.call('PATCH', path(), { enabled: false }, TECHNICIAN.address4);
    await host.call('DELETE', path());
    expect([pending(), files.has(FILE)]).toEqual([[], false]);
  });

  describe('by a file', () => {
    const target = { address: PC };
    const entry = { target, protocol: 'tcp', label: '', note: '', enabled: true };
    const file = (...forwards: readonly object[]) => ({
      format: 'sidegate-publications',
      version: 1,
      edge: 'home',
      exportedAt: 1,
      forwards,
      addresses: [],
    });
    // The forward has 3389, too.
    const range = { ...entry, edgePort: 3387, targetPort: 3000, portCount: 5 };
    const replace = () =>
      host.call(
        'POST',
        '/publications/import?replace=1',
        file(range, { ...entry, edgePort: 9500, targetPort: 5 }),
        PC,
      );

    it('is put back whole, though ports of the one lie among those of the other', async () => {
      await host.call('POST', '/forwards', { target: { kind: 'address', address: PC }, targetPort: 81 });
      const before = await list();
      await replace();
      expect((await list()).map(({ edgePort }) => edgePort)).toEqual([range.edgePort, 9500]);
      expect(pending().map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      await clock.advance(60_000);
      await host.settled();
      expect(await list()).toEqual(before);
      expect([pending(), files.has(FILE)]).toEqual([[], false]);
    });

    it('is put back whole by the next agent', async () => {
      const before = await list();
      await replace();
      const asLeft = new Map(files);
      await host[Symbol.asyncDispose]();
      await open(asLeft);
      expect((await list()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    });

    it('goes back to what was before the first of two, and takes away what came in between on its port', async () => {
      const before = await list();
      await replace();
      await host.call('POST', '/publications/import?replace=1', file(), PC);
      await host.call('POST', '/forwards', {
        target: { kind: 'address', address: PC },
        targetPort: 1,
        edgePort: forward.edgePort,
      });
      const other = await host.call<Forward>('POST', '/forwards', {
        target: { kind: 'address', address: PC },
        targetPort: 2,
        edgePort: 9600,
      });
      await host.call('POST', '/pending/undo');
      expect(await list()).toEqual([other, ...before]);
    });
  });

  it('is the same with addresses of hosts', async () => {
    const target = { kind: 'address', address: PC };
    const address = await host.call<Address>('POST', '/addresses', { target, name: 'pc' });
    const patch = { ports: [{ protocol: 'tcp', from: 80, to: 80 }] };
    await host.call('PATCH', `/addresses/${address.id}`, patch, PC);
    expect(pending()).toMatchObject([{ id: address.id, what: 'pc.home.acme.sidegate.internal' }]);
    await clock.advance(60_000);
    await host.settled();
    expect((await host.call<Address[]>('GET', '/addresses'))[0]).not.toHaveProperty('ports');
  });

  it('is not held up by a spoilt file', async () => {
    await host[Symbol.asyncDispose]();
    await open(new Map([...files, [FILE, '{"version":1,"changes":[{"noun":"scope"}]}']]));
    expect(await list()).toHaveLength(1);
    expect(files.has(FILE)).toBe(false);
  });
});
