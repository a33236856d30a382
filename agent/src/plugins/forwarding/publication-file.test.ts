import { createVirtualClock, type VirtualClock } from '@sidegate/kit';
import {
  type Address,
  type Forward,
  type HostAddress,
  type ImportPlan,
  LIMITS,
  PublicationFile,
  type Scope,
} from '@sidegate/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentError } from '../../errors.ts';
import { SCOPES } from '../../forwarding/testing/sample-wishes.ts';
import type { MemoryPlatform } from '../../platform/memory.ts';
import { codeFrom, type TestHost } from '../testing/test-host.ts';
import { CAMERA, mapWith, openMemorySite } from './testing/memory-site.ts';

const MAP = mapWith([
  { key: CAMERA.mac!, name: 'camera', address4: '100.64.0.50', address6: 'fd00::32' },
] as unknown as HostAddress[]);
const TO_CAMERA = { target: { kind: 'host', hostId: CAMERA.id }, targetPort: 80 };
const TO_PRINTER = { target: { kind: 'address', address: '192.168.1.30' }, targetPort: 631, label: 'ink' };

let clock: VirtualClock;
let platform: MemoryPlatform;
let host: TestHost;

const open = async (cidr = '192.168.1.0/24', hosts = [CAMERA]) => {
  const scopes = SCOPES.map((scope) => ({ ...scope, cidr: cidr as Scope['cidr'] }));
  clock = createVirtualClock(1_000_000);
  ({ platform, host } = await openMemorySite({ map: MAP, hosts, scopes, clock }));
};
/** Another edge with nothing on it. */
const reopen = async (...where: Parameters<typeof open>) => {
  await host[Symbol.asyncDispose]();
  await open(...where);
};

const exported = () => host.call<PublicationFile>('GET', '/publications');
const take = (file: unknown, query = '', from?: string) =>
  host.call<ImportPlan>('POST', `/publications/import${query}`, file, from);
const forwards = () => host.call<Forward[]>('GET', '/forwards');
const words = ({ steps }: ImportPlan) => steps.map(({ what, title }) => `${what} ${title}`);

beforeEach(() => open());
afterEach(() => host[Symbol.asyncDispose]());

const publishAll = async () => {
  await host.call('POST', '/forwards', { ...TO_CAMERA, allow: { tags: ['support'] }, label: 'door' });
  const { id } = await host.call<Forward>('POST', '/forwards', { ...TO_PRINTER, expiresAt: 9_000_000 });
  await host.call('PATCH', `/forwards/${id}`, { enabled: false });
  await host.call<Address>('POST', '/addresses', { target: TO_CAMERA.target });
};

describe('export', () => {
  it('names hosts by hardware address and network, and keeps ids, owners and counters out', async () => {
    await publishAll();
    expect(await exported()).toEqual({
      format: 'sidegate-publications',
      version: 1,
      edge: 'home.acme.sidegate.internal',
      exportedAt: 1_000_000,
      forwards: [
        {
          protocol: 'tcp',
          edgePort: 8001,
          targetPort: 80,
          target: {
            mac: '44:47:cc:00:00:01',
            address: '192.168.1.20',
            scope: '192.168.1.0/24',
            name: 'camera',
          },
          label: 'door',
          note: '',
          enabled: true,
          allow: { nodes: [], tags: ['support'], users: [] },
        },
        {
          protocol: 'tcp',
          edgePort: expect.any(Number),
          targetPort: 631,
          target: { address: '192.168.1.30', scope: '192.168.1.0/24' },
          label: 'ink',
          note: '',
          enabled: false,
          expiresAt: 9_000_000,
        },
      ],
      addresses: [expect.objectContaining({ name: 'camera', target: expect.anything() })],
    });
  });

  it('is what another edge takes over, and then exports alike', async () => {
    await publishAll();
    const file = await exported();
    await reopen();
    expect(words(await take(file))).toEqual([
      'added 8001/tcp to 192.168.1.20:80',
      expect.stringMatching(/^added \d+\/tcp to 192\.168\.1\.30:631$/),
      'added camera to 192.168.1.20',
    ]);
    expect({ ...(await exported()), exportedAt: file.exportedAt }).toEqual(file);
  });
});

describe('import', () => {
  it('changes nothing the second time, nor in a dry run', async () => {
    await publishAll();
    const file = await exported();
    const before = await forwards();
    expect((await take(file)).steps.map(({ what }) => what)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect(await forwards()).toEqual(before);
    file.forwards[0]!.label = 'back';
    expect(await take(file, '?dryRun=1')).toMatchObject({
      isApplied: false,
      steps: [{ what: 'changed', why: 'label' }, {}, {}],
    });
    expect(await forwards()).toEqual(before);
  });

  it('changes a publication in place and removes what is not named only when told to', async () => {
    await publishAll();
    const [door, ink] = await forwards();
    const file = await exported();
    file.forwards = [{ ...file.forwards[0]!, targetPort: 443 }];
    file.addresses = [];
    expect((await take(file)).steps).toMatchObject([{ what: 'changed', why: 'port' }]);
    expect(await forwards()).toMatchObject([{ id: door!.id, targetPort: 443 }, { id: ink!.id }]);
    expect(platform.fakes.firewall.cuts).toContainEqual(expect.objectContaining({ port: 8001 }));
    expect(words(await take(file, '?replace=1')).filter((line) => line.startsWith('removed'))).toHaveLength(
      2,
    );
    expect(await forwards()).toMatchObject([{ id: door!.id }]);
    expect(await host.call('GET', '/addresses')).toEqual([]);
  });

  it('is all or nothing, and says which entry is refused and why', async () => {
    await host.call('POST', '/forwards', { ...TO_PRINTER, edgePort: 9000, protocol: 'tcp' });
    const file = {
      format: 'sidegate-publications',
      version: 1,
      forwards: [
        { edgePort: 8001, targetPort: 80, target: { address: '192.168.1.20' } },
        { edgePort: 8990, portCount: 20, targetPort: 80, target: { address: '192.168.1.20' } },
        { edgePort: 8002, targetPort: 80, target: { address: '10.9.9.9' } },
        { edgePort: 8001, targetPort: 81, target: { address: '192.168.1.20' } },
      ],
    };
    expect((await take(file, '?dryRun=1')).steps).toMatchObject([
      { what: 'added' },
      {
        what: 'refused',
        code: 'FORWARD_PORT_IN_USE',
        why: 'Port 9000 of the edge is taken by the forward ink',
      },
      { what: 'refused', code: 'FORWARD_TARGET_OUTSIDE_SCOPES' },
      { what: 'refused', code: 'FORWARD_PORT_IN_USE' },
    ]);
    expect(await codeFrom(take(file))).toBe('IMPORT_REFUSED');
    expect(await forwards()).toHaveLength(1);
  });

  it('leaves forwards alone where an address is refused, and what has ended out', async () => {
    const own = { target: { address: '192.168.1.20' }, name: 'door' };
    const file = {
      format: 'sidegate-publications',
      version: 1,
      forwards: [
        { targetPort: 80, target: { address: '192.168.1.20' } },
        { targetPort: 81, target: { address: '192.168.1.20' }, expiresAt: 5 },
      ],
      addresses: [own, { ...own, target: { address: '192.168.1.21' } }],
    };
    expect(await codeFrom(take(file))).toBe('IMPORT_REFUSED');
    expect(await forwards()).toEqual([]);
    file.addresses.pop();
    expect((await take(file)).steps.map(({ what }) => what)).toEqual(['added', 'skipped', 'added']);
    // Without a port of the edge, what leads there already is that forward.
    expect((await take(file)).steps.map(({ what }) => what)).toEqual(['unchanged', 'skipped', 'unchanged']);
  });

  it('waits for a device that was never seen here, by its hardware address', async () => {
    await publishAll();
    const file = await exported();
    await reopen('10.20.0.0/24', []);
    file.forwards.pop();
    await take(file);
    expect((await forwards())[0]!.targetAddress).toBeUndefined();
    host.setFact('hosts', [{ ...CAMERA, id: 'h_bbbbbbbbbbbbbbbb', addresses: ['10.20.0.9'] } as never]);
    await clock.advance(200);
    await host.settled();
    await expect
      .poll(async () => (await forwards())[0])
      .toMatchObject({
        targetAddress: '10.20.0.9',
        target: { kind: 'host', hostId: 'h_bbbbbbbbbbbbbbbb' },
      });
  });

  it('is put back unless confirmed where it cuts the way its author came by', async () => {
    await publishAll();
    const before = await forwards();
    const empty = { format: 'sidegate-publications', version: 1 };
    await take(empty, '?replace=1', '192.168.1.20');
    expect(await forwards()).toEqual([]);
    expect(host.fact('pending-changes')).toHaveLength(2);
    await clock.advance(61_000);
    await expect.poll(forwards).toEqual(before);
  });

  it('puts nothing through that nft refuses', async () => {
    await publishAll();
    const file = await exported();
    await reopen();
    platform.ports.firewall.apply = async () => {
      throw new AgentError('NFT_REJECTED', 'nft refused the rules');
    };
    expect(await codeFrom(take(file))).toBe('NFT_REJECTED');
    expect(await forwards()).toEqual([]);
    expect(await host.call('GET', '/addresses')).toEqual([]);
  });
});

describe('the decoder', () => {
  it('takes every file that it writes, and nothing of another version or larger than an edge', () => {
    const target = fc.oneof(
      fc.record({ mac: fc.constant('02:00:00:00:00:01') }),
      fc.record({ address: fc.ipV4(), name: fc.constantFrom('a camera', '') }),
    );
    const port = fc.integer({ min: 1, max: 65_535 });
    const file = fc.record({
      format: fc.constant('sidegate-publications'),
      version: fc.constant(1),
      forwards: fc.array(fc.record({ target, targetPort: port }, { requiredKeys: ['target', 'targetPort'] })),
      addresses: fc.array(fc.record({ target })),
    });
    fc.assert(
      fc.property(file, (given) => {
        const read = v.parse(PublicationFile, given);
        expect(v.parse(PublicationFile, JSON.parse(JSON.stringify(read)))).toEqual(read);
        expect(v.is(PublicationFile, { ...given, version: 2 })).toBe(false);
        expect(v.is(PublicationFile, { ...given, secret: 'x' })).toBe(false);
      }),
    );
    const forward = { targetPort: 80, target: { address: '192.168.1.20' } };
    const many = Array.from({ length: LIMITS.forwardsPerEdge + 1 }, () => forward);
    expect(v.is(PublicationFile, { format: 'sidegate-publications', version: 1, forwards: many })).toBe(
      false,
    );
  });

  it('answers anything whatever with a verdict', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(v.safeParse(PublicationFile, anything).success).toBe(false);
        v.safeParse(PublicationFile, { format: 'sidegate-publications', version: 1, forwards: anything });
      }),
    );
  });
});
