/**
 * Discovery on a real wire, with the very programs that devices run:
 *
 *   edge .2 ┐
 *           ├─ lan 192.168.1.0/24 ── router .1 ── dmz 10.20.0.0/28 ── shed .5
 *   camera .20, printer .30 (Avahi), nas .40, thing .50 (ARP only), phone (DHCP)
 */
import { join } from 'node:path';
import { createLab, type Home, type Lab, type Machine, requireLab } from '@sidegate/lab';
import type { HealthWarning, Host, Scan } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'testing', 'scan-here.ts');

interface Result {
  readonly scan: Scan;
  readonly hosts: readonly Host[];
  readonly health: readonly HealthWarning[];
  readonly tookMs: number;
  readonly events: readonly { readonly event: string; readonly data: unknown; readonly atMs: number }[];
}

describe.skipIf(await requireLab())('a scan of a home', () => {
  let lab: Lab;
  let home: Home;
  let runs = 0;
  beforeAll(async () => {
    lab = await createLab();
    home = await lab.addHome('alder', {
      lan: '192.168.1.0/24',
      wan: '198.51.100.2',
      dmz: { cidr: '10.20.0.0/28' },
    });
    await Promise.all([
      home.addCamera('camera', { address: '192.168.1.20' }),
      home.addPrinter('printer', { address: '192.168.1.30' }),
      home.addNas('nas', { address: '192.168.1.40' }),
      home.addThing('thing', { address: '192.168.1.50' }),
      home.addPhone('phone'),
      home.addCamera('shed', { address: '10.20.0.5', segment: 'dmz' }),
    ]);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  /** A fresh board; it is gone when the test is over. */
  const addEdge = () => home.addMachine(`edge-${++runs}`, { address: '192.168.1.2' });
  const scan = async (edge: Machine, ...args: string[]): Promise<Result> => {
    const { stdout } = await edge.run(process.execPath, [SCRIPT, '/run', ...args], { timeoutMs: 40_000 });
    return JSON.parse(stdout) as Result;
  };
  const at = ({ hosts }: Result, address: string) =>
    hosts.find((host) => host.addresses.includes(address as never));
  const services = (host: Host | undefined) => host?.services.map(({ name, port }) => `${name} ${port}`);

  it('finds every device, what it is, and what it offers', async () => {
    await using edge = await addEdge();
    const result = await scan(edge);
    expect(result.scan).toMatchObject({ state: 'done', progress: 1, notices: [], hostsFound: 6 });
    expect(at(result, '192.168.1.20')).toMatchObject({
      name: 'IP CAMERA',
      kind: 'camera',
      vendor: expect.stringContaining('Hikvision'),
      online: true,
    });
    expect(services(at(result, '192.168.1.20'))).toEqual(['http 80', 'rtsp 554']);
    expect(at(result, '192.168.1.30')).toMatchObject({ name: 'Brother HL-L2350DW', kind: 'printer' });
    expect(services(at(result, '192.168.1.30'))).toEqual(['ipp 631']);
    expect(at(result, '192.168.1.40')).toMatchObject({
      kind: 'nas',
      vendor: expect.stringContaining('Synology'),
    });
    expect(services(at(result, '192.168.1.40'))).toEqual(['ssh 22', 'https 443']);
    expect(at(result, '192.168.1.40')?.services[0]?.banner).toMatch(/^SSH-2\.0-dropbear/);
    expect(at(result, '192.168.1.40')?.evidence).toContainEqual(
      expect.objectContaining({ source: 'services', field: 'tls-subject', value: 'nas' }),
    );
    expect(at(result, '192.168.1.50')).toMatchObject({
      vendor: expect.stringContaining('Espressif'),
      services: [],
    });
    expect(at(result, '192.168.1.1')).toMatchObject({ kind: 'router' });
    expect(result.hosts.find(({ kind }) => kind === 'phone')).toMatchObject({ online: true });
    expect(at(result, '192.168.1.2')).toBeUndefined();
    expect(result.health).toEqual([]);
  });

  it('streams hosts long before it ends, and its progress only grows', async () => {
    await using edge = await addEdge();
    const result = await scan(edge);
    const first = result.events.find(({ event }) => event === 'host.changed');
    expect(first!.atMs).toBeLessThan(result.tookMs / 2);
    const shares = result.events
      .filter(({ event }) => event === 'scan.changed')
      .map(({ data }) => (data as Scan).progress);
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect(shares.length).toBeGreaterThan(4);
  });

  it('ends partial when its interface vanishes', async () => {
    await using edge = await addEdge();
    const running = edge.spawn(process.execPath, [SCRIPT, '/run']);
    let said = '';
    running.stdout?.on('data', (text: string) => {
      said += text;
    });
    await running.waitForOutput(/scanning/);
    await edge.configure(['link del eth0']);
    expect((await running.exited).code).toBe(0);
    const { scan: ended, tookMs } = JSON.parse(said) as Result;
    expect(['partial', 'failed']).toContain(ended.state);
    expect(ended.notices.join()).toMatch(/eth0|device/i);
    expect(tookMs).toBeLessThan(20_000);
  });

  it('scans a routed network without ARP', async () => {
    await using edge = await addEdge();
    const result = await scan(edge, '10.20.0.0/28');
    expect(result.scan.state).toBe('done');
    expect(at(result, '10.20.0.5')).toMatchObject({ kind: 'camera', name: 'IP CAMERA' });
    expect(at(result, '10.20.0.5')).not.toHaveProperty('mac');
    expect(services(at(result, '10.20.0.5'))).toEqual(['http 80', 'rtsp 554']);
    expect(at(result, '192.168.1.20')).toBeUndefined();
  });

  it('hears UPnP, ONVIF and NetBIOS, and is not led astray', async () => {
    await Promise.all([
      home.addTelevision('oled', { address: '192.168.1.60' }),
      home.addTelevision('trickster', { address: '192.168.1.61', redirect: 'http://192.168.1.20/' }),
      home.addOnvifCamera('gate', { address: '192.168.1.62' }),
      home.addComputer('study', { address: '192.168.1.63' }),
    ]);
    await using edge = await addEdge();
    const result = await scan(edge);
    expect(result.scan).toMatchObject({ state: 'done', notices: [] });
    expect(at(result, '192.168.1.60')).toMatchObject({ name: '[LG] webOS TV oled', kind: 'tv' });
    expect(at(result, '192.168.1.61')?.evidence.map(({ field }) => field)).toContain('ssdp-server');
    expect(at(result, '192.168.1.61')?.evidence.map(({ field }) => field)).not.toContain('upnp-name');
    expect(at(result, '192.168.1.62')).toMatchObject({ name: 'Garden gate', kind: 'camera' });
    expect(services(at(result, '192.168.1.62'))).toEqual(['onvif 8899']);
    expect(at(result, '192.168.1.63')).toMatchObject({ name: 'DESKTOP-STUDY', kind: 'computer' });
  });
});
