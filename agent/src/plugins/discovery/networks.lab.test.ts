/**
 * Networks that are not simply attached, and tools that are not there:
 *
 *   edge .2 ┐                              modem .1
 *           ├─ lan 192.168.1.0/24 ── router ── 192.168.100.0/24 ── internet
 *   camera .20, printer .30 (Avahi), and on the same wire a stranded camera 192.168.55.64
 */
import { join } from 'node:path';
import { createLab, type Home, type Lab, type Machine, requireLab } from '@sidegate/lab';
import type { HealthWarning, Host, Scan, ScopeSuggestion } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'testing', 'scan-here.ts');
const STRAY = { cidr: '192.168.55.0/24', interfaceName: 'eth0', senderAddress: '192.168.55.1' };

interface Result {
  readonly scan: Scan;
  readonly hosts: readonly Host[];
  readonly health: readonly HealthWarning[];
}

describe.skipIf(await requireLab())('networks nearby', () => {
  let lab: Lab;
  let home: Home;
  let runs = 0;
  beforeAll(async () => {
    lab = await createLab();
    const modem = await lab.addModem('modem', { wan: '198.51.100.2' });
    home = await lab.addHome('alder', { lan: '192.168.1.0/24', wan: '192.168.100.2', cgnat: modem });
    const [, , stranded] = await Promise.all([
      home.addCamera('camera', { address: '192.168.1.20' }),
      home.addPrinter('printer', { address: '192.168.1.30' }),
      home.addCamera('stranded', { address: '192.168.1.64' }),
    ]);
    await stranded.configure(['addr flush dev eth0', 'addr add 192.168.55.64/24 dev eth0']);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const addEdge = () => home.addMachine(`edge-${++runs}`, { address: `192.168.1.${1 + runs}` });
  const start = async <T>(edge: Machine, argv: readonly string[]): Promise<T> => {
    const [file = '', ...args] = argv;
    return JSON.parse((await edge.run(file, args, { timeoutMs: 40_000 })).stdout) as T;
  };
  const scan = (edge: Machine, ...args: string[]) =>
    start<Result>(edge, [process.execPath, SCRIPT, '/run', ...args]);
  const at = ({ hosts }: Result, address: string) =>
    hosts.find((host) => host.addresses.includes(address as never));
  const without = (edge: Machine, file: string) => edge.run('mount', ['--bind', '/dev/null', file]);

  // What is beyond the router is asked in parallel: mostly it is a matter of waiting for nobody.
  it.concurrent('suggests the network of the modem, and a scan of it finds the modem and names it', async () => {
    await using edge = await addEdge();
    const suggestions = await start<ScopeSuggestion[]>(edge, [process.execPath, SCRIPT, '/run', 'suggest']);
    expect(suggestions).toMatchObject([{ cidr: '192.168.100.0/24', from: 'modem', label: 'Modem' }]);
    // A part of it will do here.
    const result = await scan(edge, '192.168.100.0/28');
    expect(result.scan).toMatchObject({ state: 'done', notices: [] });
    expect(at(result, '192.168.100.1')).toMatchObject({
      name: 'TC4400 Cable Modem',
      kind: 'modem',
      online: true,
      suggestions: [{ label: 'Web interface', port: 80 }],
    });
  });

  it.concurrent('sees the router in front of the router even where no modem answers', async () => {
    await using edge = await addEdge();
    const rules =
      'table inet deaf {\n  chain output {\n    type filter hook output priority 0;\n    tcp dport { 80, 443 } drop\n  }\n}\n';
    await edge.run('nft', ['-f', '-'], { input: rules });
    const suggestions = await start<ScopeSuggestion[]>(edge, [process.execPath, SCRIPT, '/run', 'suggest']);
    expect(suggestions).toMatchObject([{ cidr: '192.168.100.0/24', from: 'path' }]);
  });

  it.concurrent('goes on behind routers without ping, and looks for networks without traceroute and ping', async () => {
    await using edge = await addEdge();
    // Nor is there a traceroute in the lab.
    await without(edge, '/usr/bin/ping');
    // First, for a network that was added is not suggested any more.
    const suggestions = await start<ScopeSuggestion[]>(edge, [process.execPath, SCRIPT, '/run', 'suggest']);
    const result = await scan(edge, '192.168.100.0/28');
    expect(result.scan).toMatchObject({
      state: 'partial',
      notices: [expect.stringMatching(/^ping is not installed/)],
    });
    expect(at(result, '192.168.100.1')).toMatchObject({ kind: 'modem', online: true });
    expect(suggestions).toMatchObject([{ cidr: '192.168.100.0/24', from: 'modem' }]);
  });

  it.concurrent('finds nobody where no route leads, and says so', async () => {
    await using edge = await addEdge();
    await edge.configure(['route del default']);
    const refused = await edge.run(process.execPath, [SCRIPT, '/run', '10.9.0.0/24'], { reject: false });
    expect(refused.stderr).toMatch(/SCOPE_UNROUTED/);
  });

  it('finds a device stranded in a foreign subnet by asking in a name of that subnet, and in nobody else’s', async () => {
    await using edge = await addEdge();
    await using other = await addEdge();
    const [result, refused] = await Promise.all([
      scan(edge, JSON.stringify(STRAY)),
      scan(other, JSON.stringify({ ...STRAY, senderAddress: '192.168.55.64' })),
    ]);
    expect(result.scan).toMatchObject({ state: 'done', hostsFound: 1, notices: [] });
    expect(at(result, '192.168.55.64')).toMatchObject({
      vendor: expect.stringContaining('Hikvision'),
      kind: 'camera',
      services: [],
    });
    expect(refused.scan.notices.join()).toMatch(/192\.168\.55\.64 is the address of 44:47:cc/);
  });

  it.each([
    ['arp-scan', ['/usr/sbin/arp-scan'], 'partial', 'ARP_SCAN_MISSING', /^arp-scan is not installed/],
    [
      'a vendor table',
      ['/usr/share/arp-scan/ieee-oui.txt', '/usr/share/ieee-data/oui.txt'],
      'done',
      'VENDOR_TABLE_MISSING',
      /^There is no vendor table/,
    ],
  ] as const)(
    'goes on without %s, and says that it is missing',
    async (_tool, files, state, code, notice) => {
      await using edge = await addEdge();
      await Promise.all(files.map((file) => without(edge, file)));
      const result = await scan(edge);
      expect(result.scan).toMatchObject({ state, notices: [expect.stringMatching(notice)] });
      expect(result.health).toMatchObject([{ code, hint: expect.stringContaining('apt install') }]);
      expect(at(result, '192.168.1.30')).toMatchObject({ name: 'Brother HL-L2350DW', kind: 'printer' });
      for (const last of [1, 20]) expect(at(result, `192.168.1.${last}`)).toMatchObject({ online: true });
    },
  );

  it('goes on where raw sockets or multicast are not permitted, and says so', async () => {
    await using edge = await addEdge();
    await using still = await addEdge();
    const chain = 'type filter hook output priority 0; policy accept;';
    const rules = `table inet still {\n  chain output {\n    ${chain}\n    ip daddr 224.0.0.0/4 drop\n  }\n}\n`;
    await still.run('nft', ['-f', '-'], { input: rules });
    const drop = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'];
    const [noRaw, noMulticast] = await Promise.all([
      start<Result>(edge, [...drop, process.execPath, SCRIPT, '/run']),
      scan(still),
    ]);
    expect(noRaw.scan).toMatchObject({
      state: 'partial',
      notices: [expect.stringContaining('raw sockets')],
    });
    expect(noRaw.health).toMatchObject([
      { code: 'ARP_SCAN_NOT_PERMITTED', hint: expect.stringContaining('setcap') },
    ]);
    expect(noMulticast.scan.state).toBe('partial');
    expect(noMulticast.scan.notices.join()).toMatch(/may not send multicast/);
    for (const result of [noRaw, noMulticast]) {
      expect(at(result, '192.168.1.30')).toMatchObject({ kind: 'printer', online: true });
    }
  });
});
