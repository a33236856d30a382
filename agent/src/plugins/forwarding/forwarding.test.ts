import type { VirtualClock } from '@sidegate/kit';
import type { Forward, ForwardPlan, HostId, Ip4, Mac } from '@sidegate/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentError } from '../../errors.ts';
import { connectionsCounter, trafficCounter } from '../../forwarding/rules/publication-words.ts';
import { EDGE, TECHNICIAN } from '../../forwarding/testing/sample-wishes.ts';
import type { MemoryPlatform } from '../../platform/memory.ts';
import type { Firewall } from '../../ports/index.ts';
import { codeFrom, type TestHost } from '../testing/test-host.ts';
import { CAMERA, type MemorySite, mapWith, openMemorySite, TUNNEL } from './testing/memory-site.ts';

const MAP = mapWith();
const TO_CAMERA = { target: { kind: 'host', hostId: CAMERA.id }, targetPort: 80 };
const FILE = 'state/forwards.json';

describe('the forwarding plugin', () => {
  let platform: MemoryPlatform;
  let clock: VirtualClock;
  let host: TestHost;
  let ruleset: MemorySite['ruleset'];

  const open = async (files = new Map<string, string>()) => {
    ({ platform, clock, host, ruleset } = await openMemorySite({ files }));
  };
  beforeEach(() => open());
  afterEach(() => host[Symbol.asyncDispose]());

  const saved = async () => (await platform.ports.files.readText('state', 'forwards.json')) ?? '';
  const add = (patch: object = {}) => host.call<Forward>('POST', '/forwards', { ...TO_CAMERA, ...patch });
  const refuse = (error: Error): Firewall['apply'] => {
    const { apply } = platform.ports.firewall;
    platform.ports.firewall.apply = async () => {
      throw error;
    };
    return apply;
  };

  it('is in the kernel, on disk and in the list when the answer comes', async () => {
    const forward = await add({ label: 'Front door' });
    expect(forward).toMatchObject({
      edgePort: 8001,
      owner: 'anna',
      targetAddress: '192.168.1.20',
      url: 'http://home.acme.sidegate.internal:8001/',
      enabled: true,
    });
    expect(ruleset()).toContain('[{"concat":["tcp",8001]},"192.168.1.20"]');
    expect(JSON.parse(await saved()).forwards).toHaveLength(1);
    expect(await host.call('GET', '/forwards')).toEqual([forward]);
    expect(host.fact('forwards')).toEqual([forward]);
    expect(host.events).toContainEqual(expect.objectContaining({ event: 'forward.changed', data: forward }));
    expect(platform.fakes.sysctl.isForwarding).toBe(true);
  });

  it('changes nothing in a dry run, and shows the maps', async () => {
    const before = ruleset();
    const plan = await host.call<ForwardPlan>('POST', '/forwards?dryRun=1', {
      ...TO_CAMERA,
      protocol: 'both',
    });
    expect(plan.ruleset).toMatchInlineSnapshot(`
      "table inet sidegate {
        map forward_addresses {
          type inet_proto . inet_service : ipv4_addr
          elements = { tcp . 8001 : 192.168.1.20, udp . 8001 : 192.168.1.20 }
        }
        map forward_ports {
          type inet_proto . inet_service : inet_service
          elements = { tcp . 8001 : 80, udp . 8001 : 80 }
        }
      }"
    `);
    expect(ruleset()).toBe(before);
    expect(await saved()).toBe('');
    expect(await host.call('GET', '/forwards')).toEqual([]);
  });

  it('undoes a forward that nft refuses, and says so', async () => {
    await add();
    const [before, file] = [ruleset(), await saved()];
    const apply = refuse(new AgentError('NFT_REJECTED', 'nft refused the rules'));
    expect(await codeFrom(add({ targetPort: 81 }))).toBe('NFT_REJECTED');
    platform.ports.firewall.apply = apply;
    await host.settled();
    expect(ruleset()).toBe(before);
    expect(await saved()).toBe(file);
    expect(await host.call('GET', '/forwards')).toHaveLength(1);
  });

  it('undoes a forward where IP forwarding cannot be turned on', async () => {
    const before = ruleset();
    const { ensureForwarding } = platform.ports.sysctl;
    platform.ports.sysctl.ensureForwarding = async () => {
      throw new AgentError('COMMAND_FAILED', 'sysctl failed');
    };
    expect(await codeFrom(add())).toBe('COMMAND_FAILED');
    platform.ports.sysctl.ensureForwarding = ensureForwarding;
    expect(ruleset()).toBe(before);
    expect(await host.call('GET', '/forwards')).toEqual([]);
  });

  it('undoes a forward that the disk refuses', async () => {
    const before = ruleset();
    const { writeText } = platform.ports.files;
    platform.ports.files.writeText = async () => {
      throw new Error('no space left on device');
    };
    await expect(add()).rejects.toThrow('no space left');
    platform.ports.files.writeText = writeText;
    expect(ruleset()).toBe(before);
    expect(host.fact('forwards')).toEqual([]);
  });

  it('follows its host to a new address, and cuts what led to the old one', async () => {
    await add();
    host.setFact('hosts', [{ ...CAMERA, addresses: ['192.168.1.77' as Ip4] }]);
    await clock.advance(200);
    await host.settled();
    expect(ruleset()).toContain('"192.168.1.77"');
    expect(ruleset()).not.toContain('"192.168.1.20"');
    expect(platform.fakes.firewall.cuts).toEqual([
      { protocol: 'tcp', port: 8001, destination: EDGE.address4 },
    ]);
    expect(await saved()).toContain('192.168.1.77');
  });

  it('leads nowhere while a stranger has the address', async () => {
    await add();
    const stranger = { ...CAMERA, id: 'h_bbbbbbbbbbbbbbbb' as HostId, mac: '44:47:cc:00:00:02' as Mac };
    host.setFact('hosts', [{ ...CAMERA, addresses: [] }, stranger]);
    await clock.advance(200);
    await host.settled();
    expect(ruleset()).not.toContain('192.168.1.20');
    expect(host.fact('forwards')?.[0]).not.toHaveProperty('targetAddress');
  });

  it('turns off and on again, and keeps the label', async () => {
    const { id } = await add({ protocol: 'both' });
    await host.call('PATCH', `/forwards/${id}`, { enabled: false, label: 'old camera' });
    expect(ruleset()).not.toContain('192.168.1.20');
    expect(platform.fakes.firewall.cuts.map(({ protocol }) => protocol)).toEqual(['tcp', 'udp']);
    expect(platform.fakes.sysctl.isForwarding).toBe(false);
    await host.call('PATCH', `/forwards/${id}`, { enabled: true });
    expect(ruleset()).toContain('192.168.1.20');
    expect(host.fact('forwards')?.[0]?.label).toBe('old camera');
  });

  it('keeps IP forwarding through a restart of the tunnel, and turns it on again after', async () => {
    await add();
    host.setFact('tunnel', undefined);
    await clock.advance(10);
    expect(platform.fakes.sysctl.isForwarding).toBe(true);
    // What the core does while the agent is down.
    await platform.ports.sysctl.restore();
    host.setFact('tunnel', TUNNEL);
    await clock.advance(10);
    expect(platform.fakes.sysctl.isForwarding).toBe(true);
  });

  it('removes a forward, cuts its connections, and forgets it', async () => {
    const { id } = await add();
    await host.call('DELETE', `/forwards/${id}`);
    expect(ruleset()).not.toContain('192.168.1.20');
    expect(platform.fakes.firewall.cuts).toEqual([
      { protocol: 'tcp', port: 8001, destination: EDGE.address4 },
    ]);
    expect(JSON.parse(await saved()).forwards).toEqual([]);
    expect(host.events.at(-1)).toMatchObject({ event: 'forward.removed', data: { id } });
    expect(await codeFrom(host.call('DELETE', `/forwards/${id}`))).toBe('FORWARD_NOT_FOUND');
    expect(await codeFrom(host.call('DELETE', '/forwards/nonsense'))).toBe('FORWARD_NOT_FOUND');
  });

  it('ends a forward at its time: out of kernel, list and file, its connections cut', async () => {
    const { id } = await add({ expiresAt: clock.wallMs() + 7_200_000 });
    const kept = await add();
    expect(ruleset()).toContain('"timeout":7200');
    await clock.advance(7_199_000);
    expect(await host.call('GET', '/forwards')).toHaveLength(2);
    await clock.advance(1_000);
    await host.settled();
    expect(ruleset()).not.toContain('{"concat":["tcp",8001]}');
    expect(host.fact('forwards')).toMatchObject([{ id: kept.id }]);
    expect(platform.fakes.firewall.cuts).toEqual([
      { protocol: 'tcp', port: 8001, destination: EDGE.address4 },
    ]);
    expect(JSON.parse(await saved()).forwards).toHaveLength(1);
    expect(host.events.at(-1)).toMatchObject({ event: 'forward.removed', data: { id } });
  });

  it('notices within a minute that the clock jumped past an end', async () => {
    await add({ expiresAt: clock.wallMs() + 7_200_000 });
    clock.jumpWall(86_400_000);
    await clock.advance(60_000);
    expect(await host.call('GET', '/forwards')).toEqual([]);
  });

  it('drops what ended while nothing ran', async () => {
    await add({ expiresAt: clock.wallMs() + 1_000 });
    const text = (await saved()).replace(/"expiresAt": \d+/, '"expiresAt": 1');
    await host[Symbol.asyncDispose]();
    await open(new Map([[FILE, text]]));
    await clock.advance(1);
    await host.settled();
    expect(ruleset()).not.toContain('192.168.1.20');
    expect(await host.call('GET', '/forwards')).toEqual([]);
  });

  it('removes an ended forward later where the disk refuses just now', async () => {
    await add({ expiresAt: clock.wallMs() + 1_000 });
    const { writeText } = platform.ports.files;
    platform.ports.files.writeText = async () => {
      throw new Error('no space left on device');
    };
    await clock.advance(2_000);
    expect(ruleset()).not.toContain('192.168.1.20');
    expect(await host.call('GET', '/forwards')).toHaveLength(1);
    platform.ports.files.writeText = writeText;
    await clock.advance(5_000);
    expect(await host.call('GET', '/forwards')).toEqual([]);
  });

  it('lets a forward end at another time, or never, but not in the past', async () => {
    const { id } = await add({ expiresAt: clock.wallMs() + 10_000 });
    await host.call('PATCH', `/forwards/${id}`, { expiresAt: clock.wallMs() + 3_600_000 });
    expect(ruleset()).toContain('"timeout":3600');
    await host.call('PATCH', `/forwards/${id}`, { expiresAt: null });
    expect(host.fact('forwards')?.[0]).not.toHaveProperty('expiresAt');
    await clock.advance(86_400_000);
    expect(ruleset()).toContain('192.168.1.20');
    const past = clock.wallMs() - 1;
    expect(await codeFrom(host.call('PATCH', `/forwards/${id}`, { expiresAt: past }))).toBe(
      'FORWARD_EXPIRED',
    );
    expect(await codeFrom(add({ expiresAt: past }))).toBe('FORWARD_EXPIRED');
  });

  it('is for those who were named, by ids that outlive names', async () => {
    const allow = { nodes: ['laptop'], users: ['anna'] };
    expect(await add({ allow })).toMatchObject({
      allow: { nodes: ['n_technician123456'], tags: [], users: ['u_annaannaannaanna'] },
      allowWords: ['laptop', 'user:Anna'],
    });
    const sources = '{"concat":["100.64.0.2","tcp",8001]},{"concat":["100.64.0.3","tcp",8001]}';
    expect(ruleset()).toContain(sources);
    for (const who of [{ nodes: ['nobody'] }, { users: ['bob'] }]) {
      expect(await codeFrom(add({ allow: who }))).toBe('FORWARD_SOURCE_UNKNOWN');
    }
    expect(await codeFrom(add({ allow: {} }))).toBe('BODY_INVALID');
    expect(await codeFrom(add({ allow: { tags: ['No tag'] } }))).toBe('BODY_INVALID');
  });

  it('cuts off who is no longer meant, and nobody else', async () => {
    const { id } = await add();
    await host.call('PATCH', `/forwards/${id}`, { allow: { tags: ['support'] } });
    expect(platform.fakes.firewall.cuts).toEqual([
      { protocol: 'tcp', port: 8001, destination: EDGE.address4, notFrom: [TECHNICIAN.address4] },
    ]);
    const peers = MAP.peers.map((peer) => ({ ...peer, tags: [] }));
    host.setFact('network-map', { ...MAP, peers });
    await clock.advance(200);
    await host.settled();
    expect(ruleset()).not.toContain('["100.64.0.2","tcp",8001]');
    expect(platform.fakes.firewall.cuts.at(-1)).toMatchObject({ notFrom: [] });
    await host.call('PATCH', `/forwards/${id}`, { allow: null });
    expect(ruleset()).not.toContain('{"concat":["tcp",8001]}]}}');
    expect(platform.fakes.firewall.cuts).toHaveLength(2);
  });

  it('shows in a dry run what a change would make of it, and changes nothing', async () => {
    const forward = await add({ label: 'door' });
    const before = ruleset();
    const path = `/forwards/${forward.id}?dryRun=1`;
    const change = { label: 'gate', allow: { nodes: ['phone'] }, enabled: false };
    expect(await host.call('PATCH', path, change)).toEqual({
      forward: expect.objectContaining({
        id: forward.id,
        label: 'gate',
        allowWords: ['phone'],
        enabled: false,
      }),
      ruleset: '',
    });
    expect(await codeFrom(host.call('PATCH', path, { expiresAt: 1 }))).toBe('FORWARD_EXPIRED');
    expect(await host.call('DELETE', path)).toMatchObject({ forward: { id: forward.id } });
    expect(host.fact('forwards')).toEqual([forward]);
    expect([ruleset(), platform.fakes.firewall.cuts]).toEqual([before, []]);
  });

  it('shuts nobody out while the map is away', async () => {
    await add({ allow: { nodes: ['phone'] } });
    host.setFact('network-map', undefined);
    await clock.advance(200);
    await host.settled();
    expect(ruleset()).toContain('["100.64.0.3","tcp",8001]');
    expect(platform.fakes.firewall.cuts).toEqual([]);
  });

  it('gives two requests at once two ports', async () => {
    const forwards = await Promise.all([add(), add(), add()]);
    expect(forwards.map(({ edgePort }) => edgePort)).toEqual([8001, 8002, 8003]);
  });

  it('refuses ports of the edge itself', async () => {
    for (const edgePort of [80, 7380]) expect(await codeFrom(add({ edgePort }))).toBe('FORWARD_PORT_IN_USE');
    for (const edgePort of [7381, 51_000]) {
      expect(await codeFrom(add({ edgePort, protocol: 'udp' }))).toBe('FORWARD_PORT_IN_USE');
    }
    expect(await codeFrom(add({ targetPort: 0 }))).toBe('BODY_INVALID');
  });

  it('comes back after a restart with what was on disk', async () => {
    await add({ label: 'kept' });
    const text = await saved();
    await host[Symbol.asyncDispose]();
    await open(new Map([[FILE, text]]));
    expect(ruleset()).toContain('"192.168.1.20"');
    expect(host.fact('forwards')?.[0]).toMatchObject({ label: 'kept', edgePort: 8001 });
  });

  it.each([['{'], ['{"version":2,"forwards":[]}'], ['{"version":1,"forwards":[{"id":"x"}]}']])(
    'sets a file aside that it cannot read: %s',
    async (text) => {
      await host[Symbol.asyncDispose]();
      await open(new Map([[FILE, text]]));
      expect(host.health()).toContainEqual(expect.objectContaining({ code: 'FORWARDS_UNREADABLE' }));
      expect(await platform.ports.files.readText('state', 'forwards.json.broken')).toBe(text);
      expect((await add()).edgePort).toBe(8001);
    },
  );

  it('counts while somebody looks, and no longer', async () => {
    const { id } = await add();
    const reads = () => readings;
    let readings = 0;
    const { readCounters } = platform.ports.firewall;
    platform.ports.firewall.readCounters = (signal) => {
      readings++;
      return readCounters(signal);
    };
    await clock.advance(60_000);
    expect(reads()).toBe(0);
    platform.fakes.firewall.count(connectionsCounter(id), 3, 180);
    platform.fakes.firewall.count(trafficCounter(id), 40, 5_000);
    await clock.advance(2_000);
    expect(await host.call('GET', '/forwards')).toMatchObject([{ connections: 3, bytes: 5_000 }]);
    platform.fakes.firewall.count(trafficCounter(id), 50, 7_000);
    await clock.advance(4_000);
    expect(host.events.at(-1)).toMatchObject({ event: 'forward.changed', data: { bytes: 7_000 } });
    await clock.advance(60_000);
    const before = reads();
    await clock.advance(60_000);
    expect(reads()).toBe(before);
  });
});
