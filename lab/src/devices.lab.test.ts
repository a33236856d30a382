import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Home, type Lab, type Machine, requireLab } from './index.ts';

/*
 *   board .2   camera .64   printer .65   nas .66   thing .67   phone (DHCP)
 *     └──────────┴────────────┴────────── lan0 ───────┴───────────┘
 *                              router 192.168.1.1 ── internet
 */
describe.skipIf(await requireLab())('devices of a home', () => {
  let lab: Lab;
  let home: Home;
  let board: Machine;
  let phone: Machine;
  beforeAll(async () => {
    lab = await createLab();
    home = await lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2' });
    [board, phone] = await Promise.all([
      home.addMachine('board', { address: '192.168.1.2' }),
      home.addPhone('phone'),
      home.addCamera('camera', { address: '192.168.1.64' }),
      home.addPrinter('printer', { address: '192.168.1.65' }),
      home.addNas('nas', { address: '192.168.1.66' }),
      home.addThing('thing', { address: '192.168.1.67' }),
    ]);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const fetchText = async (...args: string[]) =>
    (await board.run('curl', ['--silent', '--show-error', '--max-time', '5', '--include', ...args])).stdout;

  it('finds each of them and its vendor by arp-scan', async () => {
    const { stdout } = await board.run('arp-scan', [
      '--localnet',
      '--interface=eth0',
      '--plain',
      '--retry=1',
    ]);
    const found = new Map(
      stdout.split('\n').map((line) => [line.split('\t')[0], line.split('\t').slice(1).join(' ')]),
    );
    expect(found.get('192.168.1.1')).toMatch(/^54:a7:03.* TP-LINK/);
    expect(found.get('192.168.1.64')).toMatch(/^44:47:cc.* Hangzhou Hikvision/);
    expect(found.get('192.168.1.65')).toMatch(/^3c:2a:f4.* Brother/);
    expect(found.get('192.168.1.66')).toMatch(/^90:09:d0.* Synology/);
    expect(found.get('192.168.1.67')).toMatch(/^24:6f:28.* Espressif/);
    expect(found.get((await phone.address()) ?? '')).toMatch(/^02:/);
  });

  it('shows a camera page, a still of a megabyte and a status', async () => {
    const page = await fetchText('http://192.168.1.64/');
    expect(page).toMatch(/^server: App-webs\//im);
    expect(page).toContain('<title>IP CAMERA</title>');
    const size = await board.run('curl', [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{size_download}',
      'http://192.168.1.64/snapshot.ppm',
    ]);
    expect(Number(size.stdout)).toBeGreaterThan(1_000_000);
    expect(await fetchText('http://192.168.1.64/status.json')).toContain('"name":"camera"');
    expect(await fetchText('http://192.168.1.64/etc/passwd')).toMatch(/^HTTP\/1.1 404/);
  });

  it('answers RTSP on the camera', async () => {
    const options = 'OPTIONS rtsp://192.168.1.64/live RTSP/1.0\r\nCSeq: 7\r\n\r\n';
    const answer = await board.run('socat', ['-t', '0.2', '-', 'TCP:192.168.1.64:554'], { input: options });
    expect(answer.stdout).toMatch(/^RTSP\/1\.0 200 OK\r\nCSeq: 7\r\n.*Public: OPTIONS/s);
  });

  it('announces the printer over mDNS, from a real Avahi', async () => {
    const query = `
      import createMdns from 'multicast-dns';
      const mdns = createMdns({ interface: '192.168.1.2', bind: '0.0.0.0' });
      const asked = () => mdns.query('_ipp._tcp.local', 'PTR');
      mdns.on('response', ({ answers, additionals }) => {
        const records = [...answers, ...additionals];
        const txt = records.find(({ type }) => type === 'TXT');
        if (txt === undefined) return;
        console.log(JSON.stringify({ name: txt.name, txt: txt.data.map(String) }));
        process.exit(0);
      });
      mdns.on('ready', () => { asked(); setInterval(asked, 500); });`;
    const { stdout } = await board.run(process.execPath, ['--input-type=module', '--eval', query], {
      cwd: join(import.meta.dirname, '..'),
      timeoutMs: 8_000,
    });
    const { name, txt } = JSON.parse(stdout) as { name: string; txt: string[] };
    expect(name).toBe('Brother HL-L2350DW._ipp._tcp.local');
    expect(txt).toEqual(
      expect.arrayContaining(['ty=Brother HL-L2350DW', 'adminurl=http://printer.local:631/']),
    );
    expect(await fetchText('http://192.168.1.65:631/')).toContain('<title>Brother HL-L2350DW series</title>');
  });

  it('has an SSH server and a certificate with its name on the storage box', async () => {
    const keys = await board.run('ssh-keyscan', ['-T', '5', '-t', 'ed25519', '192.168.1.66']);
    expect(`${keys.stdout}${keys.stderr}`).toMatch(/SSH-2\.0-dropbear/);
    expect(keys.stdout).toContain('192.168.1.66 ssh-ed25519 ');
    const hello = await board.run('openssl', ['s_client', '-connect', '192.168.1.66:443'], {
      input: '',
      reject: false,
    });
    expect(hello.stdout).toMatch(/subject=O = Synology Inc., CN = nas/);
    expect(await fetchText('--insecure', 'https://192.168.1.66/')).toContain(
      '<title>nas - DiskStation</title>',
    );
  });

  it('hears nothing from the thing but ARP', async () => {
    const ping = await board.run('ping', ['-c', '1', '-W', '0.3', '192.168.1.67'], { reject: false });
    expect(ping.exitCode).not.toBe(0);
    const neighbour = await board.run('ip', ['neighbour', 'show', '192.168.1.67']);
    expect(neighbour.stdout).toMatch(/lladdr 24:6f:28/);
  });

  it('leases the phone its address and names it', async () => {
    const leases = await readFile(home.router.path(home.leasesPath), 'utf8');
    expect(leases).toContain(` ${await phone.address()} phone `);
    const { stdout } = await board.run('getent', ['ahostsv4', 'phone.lan']);
    expect(stdout).toContain(await phone.address());
  });

  it('keeps each machine out of the host: name, names, state', async () => {
    await board.run('sh', ['-c', 'echo "10.0.0.1 x" > /etc/hosts.new && mv /etc/hosts.new /etc/hosts']);
    await board.run('touch', ['/etc/sidegate/mine', '/var/lib/sidegate/mine', '/run/wireguard/mine']);
    expect(await readFile(board.path('/etc/hosts'), 'utf8')).toBe('10.0.0.1 x\n');
    expect(await readFile('/etc/hosts', 'utf8')).not.toContain('10.0.0.1 x');
    expect((await board.run('hostname')).stdout).toBe('board\n');
    await expect(readFile('/var/lib/sidegate/mine')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
