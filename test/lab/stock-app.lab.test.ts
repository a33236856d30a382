/**
 * Devices that run nothing of ours: a profile made over the portal's API, `wg-quick up`, and names, an edge's UI and a
 * published camera work; through two port-restricted NATs over the relay, and directly where the device's NAT lets the
 * edge in.
 *
 *   phone 192.168.1.2 - NAT 198.51.100.20 ---- internet ---- NAT 198.51.100.2 - board 192.168.1.2 - camera .64
 *   tablet 192.168.1.2 - full cone 198.51.100.24 --'  '-- broker 203.0.113.10
 */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { createLab, type Lab, type LabProcess, type Machine } from '@sidegate/lab';
import { startAgentOn } from '@sidegate/lab/demo';
import {
  type PeerStatus,
  type PortalNode,
  type PortalSession,
  type ProfileCreated,
  profileFileName,
  renderProfile,
} from '@sidegate/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const BROKER = join(ROOT, 'broker/dist/sidegate-broker.mjs');
const DATA = ['--data', '/var/lib/sidegate-broker'];
const URL = 'http://203.0.113.10';
const UDP = '203.0.113.10:7382';
const PASSWORD = 'a long password';
const ALDER = 'alder.acme.sidegate.internal';
const node = process.execPath;

let lab: Lab;
let broker: Machine;
let serving: LabProcess;
let edge: Awaited<ReturnType<typeof startAgentOn>>;
let phone: Machine;
let tablet: Machine;
let portal: Awaited<ReturnType<typeof logIn>>;

const serve = async (): Promise<LabProcess> => {
  const places = ['--http', '203.0.113.10:80', '--udp', UDP, '--public-udp', UDP, '--public-url', URL];
  const args = [BROKER, 'serve', ...DATA, ...places, '--dns-upstream', '203.0.113.53'];
  const started = broker.spawn(node, args, { log: join(lab.directory, 'broker.log') });
  await broker.waitFor({ tcp: 80 }, 20_000);
  return started;
};

/** The portal's API as a browser on the phone's network would use it. */
const logIn = async (machine: Machine) => {
  const call = async (method: string, path: string, body: unknown, headers: readonly string[]) => {
    const args = [
      '-sS',
      '-i',
      '-X',
      method,
      `${URL}/v1/portal${path}`,
      '-H',
      'content-type: application/json',
    ];
    const extra = headers.flatMap((header) => ['-H', header]);
    const input = body === undefined ? [] : ['--data', JSON.stringify(body)];
    const { stdout } = await machine.run('curl', [...args, ...extra, ...input]);
    const at = stdout.indexOf('\r\n\r\n');
    return { head: stdout.slice(0, at), body: stdout.slice(at + 4) };
  };
  const opened = await call('POST', '/session', { email: 'tess@acme.example', password: PASSWORD }, []);
  const { csrf } = JSON.parse(opened.body) as PortalSession;
  const cookie = /set-cookie: ([^;]+)/i.exec(opened.head)![1]!;
  const headers = [`cookie: ${cookie}`, `x-sidegate-csrf: ${csrf}`];
  return async <T>(method: string, path: string, body?: unknown): Promise<T | undefined> => {
    const answer = await call(method, path, body, headers);
    return answer.body === '' ? undefined : (JSON.parse(answer.body) as T);
  };
};

/** What the portal's page does: the key pair is made on the device, the public half goes to the broker. */
const addDevice = async (name: string, machine: Machine): Promise<ProfileCreated> => {
  const jwk = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  const toBase64 = (text: string) => Buffer.from(text, 'base64url').toString('base64');
  const created = (await portal<ProfileCreated>('POST', '/profiles', { name, publicKey: toBase64(jwk.x!) }))!;
  const file = `/etc/wireguard/${profileFileName(created.node.name)}`;
  await machine.run('mkdir', ['-p', '/etc/wireguard']);
  await machine.writeFile(file, renderProfile(created.profile, { privateKey: toBase64(jwk.d!) }));
  await machine.run('chmod', ['600', file]);
  return created;
};

/** A resolvconf(8) that does what Debian's do with one interface: its servers are the machine's. */
const RESOLVCONF = `#!/bin/sh
case "$1" in -a) cat > /etc/resolv.conf ;; -d) : > /etc/resolv.conf ;; esac
`;
const wgQuick = async (machine: Machine, verb: 'up' | 'down', name: string): Promise<void> => {
  const script = `ulimit -n 1024; PATH=/etc/wireguard:$PATH WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go exec wg-quick ${verb} ${name}`;
  await machine.writeFile('/etc/wireguard/resolvconf', RESOLVCONF);
  await machine.run('chmod', ['755', '/etc/wireguard/resolvconf']);
  await machine.run('sh', ['-c', script], { timeoutMs: 15_000 });
};

const addressOf = async (name: string): Promise<string> =>
  (await portal<PortalNode[]>('GET', '/nodes'))!.find((one) => one.name === name)!.address4;
const statusOf = async (machine: Machine, url: string, patienceSec = 3): Promise<string> => {
  const args = ['-sS', '--max-time', String(patienceSec), '-o', '/dev/null', '-w', '%{http_code}', url];
  return (await machine.run('curl', args, { reject: false })).stdout;
};
const pathOf = async (name: string): Promise<PeerStatus | undefined> =>
  (JSON.parse(await edge.sidegate('peers', '--json')) as PeerStatus[]).find((peer) => peer.name === name);

beforeAll(async () => {
  lab = await createLab();
  broker = await lab.addServer('broker', { addresses: ['203.0.113.10'] });
  const account = ['--account-name', 'Acme', '--label', 'acme', '--preset', 'service'];
  const owner = ['--name', 'Tess', '--email', 'tess@acme.example', '--password-stdin'];
  const run = async (args: readonly string[], input = '') =>
    (await broker.run(node, [BROKER, ...args, ...DATA], { input })).stdout;
  await run(['init', ...account, ...owner], `${PASSWORD}\n`);
  const addHome = (name: string, wan: string, nat: 'port-restricted' | 'full-cone') =>
    lab.addHome(name, { lan: '192.168.1.0/24', wan, nat });
  const [home, cafe, flat] = await Promise.all([
    addHome('alder', '198.51.100.2', 'port-restricted'),
    addHome('cafe', '198.51.100.20', 'port-restricted'),
    addHome('flat', '198.51.100.24', 'full-cone'),
  ]);
  serving = await serve();
  const key = JSON.parse(await run(['key', 'create', '--role', 'edge', '--json'])) as { secret: string };
  const board = await home.addMachine('board', { address: '192.168.1.2' });
  [phone, tablet] = await Promise.all([
    cafe.addMachine('phone', { address: '192.168.1.2' }),
    flat.addMachine('tablet', { address: '192.168.1.2' }),
    home.addCamera('camera', { address: '192.168.1.64' }),
  ]);
  edge = await startAgentOn(lab, 'alder', home, board);
  await edge.sidegate('up', '--broker', URL, '--key', key.secret, '--name', 'alder', '--wait');
  await edge.sidegate('forward', 'add', '192.168.1.64:80', '--port', '8001');
  portal = await logIn(phone);
}, 60_000);
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

test('names resolve through the beacon, and edge and camera open through two NATs over the relay', async () => {
  await addDevice('phone', phone);
  await wgQuick(phone, 'up', 'phone');
  const { stdout } = await phone.run('getent', ['ahosts', 'alder']);
  expect(stdout).toMatch(/^100\.64\./m);
  expect(stdout).toMatch(/^fd[0-9a-f]{2}:/m);
  await expect.poll(() => statusOf(phone, `http://${ALDER}/`), { timeout: 10_000 }).toBe('200');
  expect(await statusOf(phone, `http://${ALDER}:8001/`)).toBe('200');
  const peer = await pathOf('phone');
  expect([peer?.path, peer?.endpoint]).toEqual(['relayed', UDP]);
  const shown = await portal<{ name: string; online: boolean }[]>('GET', '/nodes');
  expect(shown).toContainEqual(expect.objectContaining({ name: 'phone', online: true }));
}, 30_000);

test('knocking at a NAT that stays shut costs the relayed path no packet', async () => {
  const { stdout } = await phone.run('ping', ['-c', '30', '-i', '0.1', '-W', '2', ALDER]);
  expect(stdout).toContain(' 0% packet loss');
  expect((await pathOf('phone'))?.path).toBe('relayed');
}, 15_000);

test('the path becomes direct where the device’s NAT lets the edge in', async () => {
  await addDevice('tablet', tablet);
  await wgQuick(tablet, 'up', 'tablet');
  const { stdout } = await tablet.run('ping', ['-c', '50', '-i', '0.1', '-W', '2', ALDER]);
  expect(stdout).toContain(' 0% packet loss');
  await expect
    .poll(
      async () => {
        const peer = await pathOf('tablet');
        return [peer?.path, peer?.endpoint?.split(':')[0]];
      },
      { timeout: 15_000 },
    )
    .toEqual(['direct', '198.51.100.24']);
  expect(await statusOf(tablet, `http://${ALDER}:8001/`)).toBe('200');
}, 30_000);

test('a broker that was killed and comes back knows where the device was, and names go on', async () => {
  const alder = await addressOf('alder');
  serving.kill('SIGKILL');
  await serving.exited;
  serving = await serve();
  const startedAtMs = performance.now();
  await expect
    .poll(() => statusOf(phone, `http://${alder}:8001/`, 1), { timeout: 20_000, interval: 100 })
    .toBe('200');
  const outageSec = (performance.now() - startedAtMs) / 1000;
  console.log(`stock app relayed again ${outageSec.toFixed(1)} s after the broker's start`);
  expect(outageSec).toBeLessThan(10);
  // The beacon made the session anew that names are asked for in; by itself the device would after fifteen seconds.
  expect(await statusOf(phone, `http://${ALDER}:8001/`)).toBe('200');
}, 40_000);

test('a device that is removed in the portal is cut off at once', async () => {
  const alder = await addressOf('alder');
  const nodes = (await portal<PortalNode[]>('GET', '/nodes'))!;
  // A page that stays open, as its events do.
  await using _page = phone.spawn('socat', ['-', `TCP:${alder}:80`], { stdin: 'pipe' });
  const pages = async () =>
    (await edge.machine.run('ss', ['-Htn', 'state', 'established', 'sport = :7380'])).stdout.trim();
  await edge.machine.waitFor(async () => (await pages()) !== '');
  for (const [name, machine] of [
    ['phone', phone],
    ['tablet', tablet],
  ] as const) {
    await portal('DELETE', `/nodes/${nodes.find((one) => one.name === name)!.id}`);
    await expect.poll(() => pathOf(name), { timeout: 3_000 }).toBeUndefined();
    expect(await statusOf(machine, `http://${alder}:8001/`, 1)).toBe('000');
  }
  expect(await pages()).toBe('');
}, 20_000);
