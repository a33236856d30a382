import { createVirtualClock, silentLogger, type VirtualClock } from '@sidegate/kit';
import type { Cidr4, Host, Ip4, Mac, Scan } from '@sidegate/protocol';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentError } from '../../errors.ts';
import { createMemoryPlatform, type MemoryPlatform } from '../../platform/memory.ts';
import type { IfName } from '../../ports/index.ts';
import { HostKeeper } from './host-keeper.ts';
import { ScanDesk } from './scan-desk.ts';
import { ScopeKeeper } from './scope-keeper.ts';
import type { DiscoverySource } from './source.ts';
import { createDeviceFinder } from './sources/find-devices.ts';
import { createNeighbourSource } from './sources/neighbours.ts';

const [CAMERA, PRINTER] = ['44:47:cc:00:00:01' as Mac, '3c:2a:f4:00:00:02' as Mac];
const at = (last: number) => `192.168.1.${last}` as Ip4;

const source = (patch: Partial<DiscoverySource> & Pick<DiscoverySource, 'scan'>): DiscoverySource => ({
  name: 'arp',
  phase: 'Looking for devices',
  role: 'find',
  weight: 1,
  ...patch,
});

describe('a scan', () => {
  let platform: MemoryPlatform;
  let clock: VirtualClock;
  let keeper: HostKeeper;
  let scopes: ScopeKeeper;
  let told: { event: string; data: unknown }[];
  let scans: Scan[];
  let stop: AbortController;

  beforeEach(async () => {
    platform = createMemoryPlatform();
    platform.fakes.links.links = ['eth0', 'eth1'].map((name, at) => ({
      name: name as IfName,
      mac: undefined,
      isUp: true,
      isLoopback: false,
      addresses4: [`192.168.${at + 1}.2/24` as Cidr4],
      addresses6: [],
      linkKind: undefined,
    }));
    clock = createVirtualClock();
    told = [];
    scans = [];
    stop = new AbortController();
    keeper = new HostKeeper({
      vendorOf: () => undefined,
      files: platform.ports.files,
      clock,
      log: silentLogger,
      publish: () => {},
      emit: (event, data) => told.push({ event, data }),
    });
    scopes = new ScopeKeeper({
      links: platform.ports.links,
      files: platform.ports.files,
      publish: () => {},
      tunnelName: () => undefined,
      meshPrefix: () => undefined,
    });
    await scopes.load(stop.signal);
  });

  const openDesk = (...sources: DiscoverySource[]) =>
    new ScanDesk({
      sources,
      keeper,
      scopes,
      files: platform.ports.files,
      clock,
      log: silentLogger,
      signal: stop.signal,
      onChange: (scan) => scans.push(scan),
      prepare: async () => undefined,
    });
  const first = () => scopes.attached()[0]!;
  const codeOf = (run: () => unknown) => {
    try {
      run();
      return undefined;
    } catch (error) {
      return (error as AgentError).code;
    }
  };

  it('streams hosts while it runs, and ends done', async () => {
    const desk = openDesk(
      source({
        async scan(_scope, sink, signal) {
          sink.observe({ address: at(20), mac: CAMERA });
          sink.progress(0.5);
          await clock.sleep(1_000, signal);
          sink.observe({ address: at(30), mac: PRINTER });
        },
      }),
    );
    desk.start({ scopeId: first().id });
    await clock.advance(500);
    expect(told.map(({ data }) => (data as Host).mac)).toEqual([CAMERA]);
    expect(scans.at(-1)).toMatchObject({
      state: 'running',
      progress: 0.5,
      hostsFound: 1,
      phase: 'Looking for devices',
    });
    await clock.advance(1_000);
    expect(scans.at(-1)).toMatchObject({ state: 'done', progress: 1, hostsFound: 2, notices: [] });
    expect(scopes.list()[0]?.lastScanAt).toBeDefined();
  });

  it('gives examiners every address once, and ends them when the finders have', async () => {
    const seen: string[] = [];
    const desk = openDesk(
      source({
        async scan(_scope, sink) {
          for (const last of [20, 30, 20, 2]) sink.observe({ address: at(last) });
          sink.observe({ address: at(40), isSighting: false });
        },
      }),
      source({
        name: 'services',
        role: 'examine',
        async scan(_scope, sink) {
          for await (const address of sink.addresses) seen.push(address);
        },
      }),
    );
    desk.start({ scopeId: first().id });
    await clock.advance(10);
    // Neither the edge itself (.2) nor hearsay (.40).
    expect(seen).toEqual([at(20), at(30)]);
    expect(scans.at(-1)?.state).toBe('done');
  });

  it('never goes back with its progress', async () => {
    const desk = openDesk(
      source({
        async scan(_scope, sink, signal) {
          for (const share of [0.2, 0.6, 0.4, 0.9]) {
            sink.progress(share);
            await clock.sleep(200, signal);
          }
        },
      }),
      source({
        name: 'services',
        role: 'examine',
        async scan(_scope, sink, signal) {
          for (const share of [1, 0.3, 0.5]) {
            sink.progress(share);
            await clock.sleep(300, signal);
          }
        },
      }),
    );
    desk.start({ scopeId: first().id });
    await clock.advance(5_000);
    const shares = scans.map(({ progress }) => progress);
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect(shares.at(-1)).toBe(1);
  });

  it('is one at a time for each scope', async () => {
    const desk = openDesk(source({ scan: (_scope, _sink, signal) => clock.sleep(1_000, signal) }));
    const [one, other] = scopes.attached();
    desk.start({ scopeId: one!.id });
    expect(codeOf(() => desk.start({ scopeId: one!.id }))).toBe('SCAN_RUNNING');
    expect(codeOf(() => desk.start({}))).toBe('SCAN_RUNNING');
    expect(codeOf(() => desk.start({ scopeId: other!.id }))).toBeUndefined();
    await clock.advance(2_000);
    expect(codeOf(() => desk.start({}))).toBeUndefined();
    expect(desk.list()[0]?.scopeIds).toHaveLength(2);
  });

  it('is cancelled at once, and what comes late changes nothing', async () => {
    let say = () => {};
    const desk = openDesk(
      source({
        async scan(_scope, sink) {
          sink.observe({ address: at(20), mac: CAMERA });
          await new Promise<void>((resolve) => {
            say = () => {
              sink.observe({ address: at(30), mac: PRINTER });
              resolve();
            };
          });
        },
      }),
    );
    keeper.note(
      keeper.book.observe({ source: 'arp', at: 1, scopeId: first().id, address: at(50), mac: PRINTER }),
    );
    const { id } = desk.start({ scopeId: first().id });
    await clock.advance(10);
    expect(desk.cancel(id)).toMatchObject({ state: 'cancelled', hostsFound: 1 });
    say();
    await clock.advance(100);
    expect(scans.at(-1)).toMatchObject({ state: 'cancelled' });
    // Half a scan proves nobody's absence.
    expect(keeper.book.atAddress(at(50))?.online).toBe(true);
    expect(keeper.book.atAddress(at(30))).toBeUndefined();
    expect(desk.cancel(id).state).toBe('cancelled');
    expect(codeOf(() => desk.cancel('s_zzzzzzzzzzzzzzzz' as Scan['id']))).toBe('SCAN_NOT_FOUND');
  });

  it('is partial, and says why, when a source fails half-way', async () => {
    keeper.note(
      keeper.book.observe({ source: 'arp', at: 1, scopeId: first().id, address: at(50), mac: PRINTER }),
    );
    const stderr = 'pcap_activate: eth0: No such device exists\n(No such device exists)';
    const desk = openDesk(
      source({
        async scan(_scope, sink) {
          sink.observe({ address: at(20), mac: CAMERA });
          throw new AgentError('COMMAND_FAILED', 'arp-scan failed', { details: { stderr } });
        },
      }),
    );
    desk.start({ scopeId: first().id });
    await clock.advance(10);
    expect(scans.at(-1)).toMatchObject({
      state: 'partial',
      hostsFound: 1,
      notices: ['Looking for devices: pcap_activate: eth0: No such device exists'],
    });
    expect(keeper.book.atAddress(at(50))?.online).toBe(true);
  });

  it('has failed where nothing worked', async () => {
    const desk = openDesk(
      source({
        async scan() {
          throw new Error('no');
        },
      }),
    );
    desk.start({ scopeId: first().id });
    await clock.advance(10);
    expect(scans.at(-1)).toMatchObject({ state: 'failed', notices: ['Looking for devices: no'] });
  });

  it('ends with the plugin', async () => {
    const desk = openDesk(source({ scan: (_scope, _sink, signal) => clock.sleep(1_000, signal) }));
    desk.start({});
    stop.abort();
    expect(desk.list()[0]?.state).toBe('cancelled');
  });

  it('finds devices by arp-scan, first in small blocks, then patiently', async () => {
    platform.fakes.run.scripts.set('arp-scan', (args) =>
      args.at(-1) === '192.168.1.0/26' ? `192.168.1.20\t${CAMERA}\n10.0.0.9\t${PRINTER}\n` : '',
    );
    const missing: (string | undefined)[] = [];
    const finder = createDeviceFinder({ ...platform.ports, clock, onArpScan: (is) => missing.push(is) });
    openDesk(finder).start({ scopeId: first().id });
    await vi.waitFor(() => expect(scans.at(-1)).toMatchObject({ state: 'done', hostsFound: 1 }));
    expect(platform.fakes.run.calls.map(({ args }) => args.at(-1))).toEqual([
      '192.168.1.0/26',
      '192.168.1.64/26',
      '192.168.1.128/26',
      '192.168.1.192/26',
      '192.168.1.0/24',
    ]);
    expect(platform.fakes.run.calls[0]?.args).toContain('--interface=eth0');
    expect(missing).toEqual([undefined]);
  });

  it('says how long it will take, when that can be told', async () => {
    const desk = openDesk(
      source({
        async scan(_scope, sink, signal) {
          sink.progress(0.01);
          await clock.sleep(1_000, signal);
          sink.progress(0.25);
          await clock.sleep(3_000, signal);
        },
      }),
    );
    desk.start({ scopeId: first().id });
    await clock.advance(500);
    expect(scans.at(-1)).not.toHaveProperty('remainingSec');
    await clock.advance(1_000);
    // As long again for each quarter, and what the last device takes.
    expect(scans.at(-1)?.remainingSec).toBe(5);
    await clock.advance(5_000);
    expect(scans.at(-1)).not.toHaveProperty('remainingSec');
  });

  it.each([
    ['pcap_activate: eth0: You do not have permission', 'not-permitted'],
    ['socket: Operation not permitted', 'not-permitted'],
  ])('goes on where arp-scan fails with %s', async (stderr, trouble) => {
    const troubles: (string | undefined)[] = [];
    const neighbour = { address: at(20), mac: CAMERA, interfaceName: 'eth0' as IfName, state: 'REACHABLE' };
    platform.fakes.links.neighbours = [neighbour];
    const finder = createDeviceFinder({
      ...platform.ports,
      clock,
      run: async () => {
        throw new AgentError('COMMAND_FAILED', 'arp-scan failed', { details: { stderr } });
      },
      onArpScan: (is) => troubles.push(is),
    });
    openDesk(finder).start({ scopeId: first().id });
    await clock.advance(5_000);
    expect(scans.at(-1)).toMatchObject({
      state: 'partial',
      notices: [expect.stringContaining('raw sockets')],
    });
    expect(troubles).toEqual([trouble]);
  });

  it('goes on without arp-scan, by the neighbour table, and is partial', async () => {
    const missing: (string | undefined)[] = [];
    const finder = createDeviceFinder({ ...platform.ports, clock, onArpScan: (is) => missing.push(is) });
    platform.fakes.links.neighbours = [
      { address: at(20), mac: CAMERA, interfaceName: 'eth0' as IfName, state: 'REACHABLE' },
      { address: at(30), mac: PRINTER, interfaceName: 'eth0' as IfName, state: 'STALE' },
    ];
    openDesk(finder, createNeighbourSource(platform.ports.links)).start({ scopeId: first().id });
    await clock.advance(5_000);
    expect(scans.at(-1)).toMatchObject({
      state: 'partial',
      hostsFound: 1,
      notices: ['arp-scan is not installed: devices that answer nothing but ARP may be missing.'],
    });
    expect(keeper.book.atAddress(at(20))).toMatchObject({ mac: CAMERA, online: true });
    expect(keeper.book.atAddress(at(30))).toMatchObject({ mac: PRINTER, online: false });
    expect(missing).toEqual(['missing']);
  });
});
