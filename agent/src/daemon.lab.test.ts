/**
 * The daemon as a process of its own, on the real kernel, with one plugin that wants a tunnel, a firewall, a name and
 * forwarding: what it makes outlives it, and being down takes it all away.
 *
 *   board 192.168.1.2 ── lan ── router
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLab, type Home, type Lab, type LabProcess, type Machine, requireLab } from '@sidegate/lab';
import type { EdgeStatus } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Runs inside the board: a stand-in for the mesh plugin that is up, or down, as it is told. */
const PROGRAM = `
import { Secret } from '@sidegate/kit';
import * as v from 'valibot';
import { runDaemon } from ${JSON.stringify(join(import.meta.dirname, 'daemon.ts'))};
const self = { address4: '100.64.0.1', address6: 'fd00::1' };
const interfaceName = 'sg0';
const privateKey = new Secret('oNXubZXk10sBZgtpvGpofFSeZKygE05woyiLJ711KF4=');
const life = { brokerConnected: false, beaconReachable: false };
const plugin = {
  name: 'mesh', apiVersion: 1, summary: 'A stand-in', config: v.strictObject({ up: v.optional(v.boolean(), true) }),
  setup: (host, { up }) => ({
    async start() {
      const claim = host.facts.claim('life');
      const { tunnel, sysctl } = host.ports;
      const down = async () => {
        host.hooks.firewall.clear();
        host.hooks.names.clear();
        await tunnel.remove(interfaceName);
        claim.publish({ ...life, state: 'down' });
      };
      host.hooks.api.add({ method: 'POST', path: '/down', summary: 'Down', reach: 'local', handler: down });
      if (!up) return claim.publish({ ...life, state: 'down' });
      await tunnel.ensure({ interfaceName, privateKey, listenPort: 41820, mtuBytes: 1280, ...self }, host.signal);
      await tunnel.ensureRoutes(interfaceName, ['100.64.0.2/32'], host.signal);
      await sysctl.ensureForwarding(host.signal);
      host.hooks.firewall.replace({ tunnel: { interfaceName, role: 'edge', self, peers: [] } });
      host.hooks.names.replace([{ name: 'home.acme.sidegate.internal', address: self.address4 }]);
      claim.publish({ ...life, state: 'up' });
    },
  }),
};
await runDaemon({ plugins: [{ name: 'mesh', load: async () => ({ plugin }) }], onReady: () => console.log('ready') });
console.log('ended');
`;

const ask = async (board: Machine, method: string, path: string): Promise<unknown> => {
  const argv = [
    '-s',
    '-X',
    method,
    '--unix-socket',
    '/run/sidegate/sidegate.sock',
    `http://agent/api${path}`,
  ];
  const { stdout } = await board.run('curl', argv);
  return stdout === '' ? undefined : JSON.parse(stdout);
};
const statusOf = async (board: Machine) => (await ask(board, 'GET', '/status')) as EdgeStatus;

const startDaemon = async (board: Machine): Promise<LabProcess> => {
  const daemon = board.spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    cwd: import.meta.dirname,
  });
  await daemon.waitForOutput(/ready/, 15_000);
  return daemon;
};

/** Everything a daemon makes in the system, as text. */
const readSystem = async (board: Machine) => {
  const texts = await Promise.all([
    board.run('ip', ['-o', 'link', 'show']),
    board.run('ip', ['route', 'show', 'table', 'all']),
    board.run('nft', ['-a', 'list', 'ruleset']),
    board.run('sysctl', ['net.ipv4.ip_forward']),
  ]);
  return [await readFile(board.path('/etc/hosts'), 'utf8'), ...texts.map(({ stdout }) => stdout)].join('\n');
};
const hasTable = async (board: Machine) =>
  (await board.run('nft', ['list', 'tables'])).stdout.includes('table inet sidegate');

describe.skipIf(await requireLab())('the daemon', () => {
  let lab: Lab;
  let home: Home;
  let boards = 0;
  beforeAll(async () => {
    lab = await createLab();
    home = await lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2' });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());
  const addBoard = () => home.addMachine(`board-${++boards}`, { address: '192.168.1.2' });

  it('leaves the data plane alone when it stops, and takes it over when it starts again', async () => {
    await using board = await addBoard();
    const first = await startDaemon(board);
    await board.waitFor(() => hasTable(board));
    const made = await readSystem(board);
    expect(made).toContain('100.64.0.1 home.acme.sidegate.internal');
    first.kill('SIGTERM');
    expect(await first.exited).toMatchObject({ code: 0 });
    expect(first.output()).toContain('ended');
    expect(await readSystem(board)).toBe(made);
    const links = (await board.run('ip', ['-o', 'link', 'show'])).stdout;
    await startDaemon(board);
    expect((await statusOf(board)).state).toBe('up');
    expect((await board.run('ip', ['-o', 'link', 'show'])).stdout).toBe(links);
  });

  it('survives kill -9: the data plane stays, the socket is replaced, a second daemon is refused', async () => {
    await using board = await addBoard();
    const first = await startDaemon(board);
    await board.waitFor(() => hasTable(board));
    const made = await readSystem(board);
    first.kill('SIGKILL');
    await first.exited;
    expect(await readSystem(board)).toBe(made);
    await startDaemon(board);
    const second = board.spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      cwd: import.meta.dirname,
    });
    expect((await second.exited).code).not.toBe(0);
    expect(second.output()).toContain('DAEMON_RUNNING');
    expect((await statusOf(board)).state).toBe('up');
  });

  it('puts its table back within a second when another program flushes everything', async () => {
    await using board = await addBoard();
    await startDaemon(board);
    await board.waitFor(() => hasTable(board));
    await board.run('nft', ['flush', 'ruleset']);
    await board.waitFor(() => hasTable(board), 1_000);
  });

  it('leaves the machine as it was when it goes down', async () => {
    await using board = await addBoard();
    const before = await readSystem(board);
    await startDaemon(board);
    await board.waitFor(() => hasTable(board));
    await ask(board, 'POST', '/down');
    await board.waitFor(async () => (await readSystem(board)) === before);
    await board.waitFor(async () => (await board.run('ls', ['/var/lib/sidegate'])).stdout === '');
  });

  it('clears up after a daemon that was killed, when it starts and is to be down', async () => {
    await using board = await addBoard();
    const before = await readSystem(board);
    const first = await startDaemon(board);
    await board.waitFor(() => hasTable(board));
    first.kill('SIGKILL');
    await first.exited;
    await board.run('mkdir', ['-p', '/etc/sidegate']);
    await board.writeFile('/etc/sidegate/config.json', '{ "mesh": { "up": false } }');
    await startDaemon(board);
    await board.waitFor(async () => (await readSystem(board)) === before);
  });
});
