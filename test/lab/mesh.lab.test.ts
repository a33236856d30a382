/**
 * The life of an edge and of a laptop that uses it, in order: they meet, are killed, the edge goes and leaves.
 *
 *   home (NAT) 192.168.1.2 edge ──┐
 *                                 ├── internet ── broker 203.0.113.10, .11 (two beacons: NAT kinds are told apart)
 *   office (NAT) 192.168.1.2 laptop ┘    │
 *                                   shop (NAT) 192.168.1.2 stranger
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@sidegate/kit';
import { requireLab, startPing } from '@sidegate/lab';
import type { EdgeStatus, PeerStatus } from '@sidegate/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPathSite, type MeshNode, type PathSite } from './paths-site.ts';

/** An agent that just started has much to do; packets might still get lost by that. */
const AFTERMATH_MS = 3_000;

describe.skipIf(await requireLab())('the mesh in real networks', () => {
  let site: PathSite;
  let edge: MeshNode;
  let laptop: MeshNode;
  let stranger: MeshNode;

  const startIn = async (home: string, name: string, wan: string): Promise<MeshNode> => {
    const built = await site.lab.addHome(home, { lan: '192.168.1.0/24', wan, nat: 'port-restricted' });
    return site.start(name, await built.addMachine('box', { address: '192.168.1.2' }));
  };
  const joinAs = async (role: 'edge' | 'client', node: MeshNode): Promise<void> => {
    await node.sidegate('up', ...site.enrolment(node.name, await site.createPass(role)), '--wait');
  };
  /** The path to the only peer. */
  const peerOf = async (node: MeshNode): Promise<PeerStatus | undefined> => (await node.peers())[0];
  const pathIs = (node: MeshNode, path: PeerStatus['path'], timeoutMs: number) =>
    node.machine.waitFor(async () => (await peerOf(node))?.path === path, timeoutMs);

  beforeAll(async () => {
    site = await createPathSite({ preset: 'service' });
    [edge, laptop, stranger] = await Promise.all([
      startIn('home', 'edge', '198.51.100.2'),
      startIn('office', 'laptop', '198.51.100.6'),
      startIn('shop', 'stranger', '198.51.100.10'),
    ]);
    await Promise.all([joinAs('edge', edge), joinAs('client', laptop)]);
    await laptop.machine.waitFor(async () => (await peerOf(laptop)) !== undefined, 10_000);
    await edge.machine.waitFor(async () => (await peerOf(edge)) !== undefined, 10_000);
  });
  afterEach(async (context) => {
    if (context.task.result?.state !== 'fail') return;
    for (const name of ['edge', 'laptop', 'stranger', 'broker'])
      console.log(name, await readFile(join(site.lab.directory, `${name}.log`), 'utf8').catch(() => ''));
  });
  afterAll(() => site?.[Symbol.asyncDispose]());

  test('two port-restricted NATs: relayed at once, direct within seconds, no packet lost', async () => {
    const address = (await peerOf(laptop))!.address4;
    const startedMs = systemClock.monoMs();
    const ping = startPing(laptop.machine, address);
    await pathIs(laptop, 'direct', 8000);
    await pathIs(edge, 'direct', 8000);
    const elapsedMs = systemClock.monoMs() - startedMs;
    const seen = await ping.stop();
    console.log('direct after', Math.round(elapsedMs), 'ms;', seen.lost, 'of', seen.sent, 'lost');
    expect(seen.lost).toBe(0);
    expect((await peerOf(laptop))?.endpoint).toMatch(/^198\.51\.100\.2:/);
    expect((await peerOf(edge))?.endpoint).toMatch(/^198\.51\.100\.6:/);
    expect((await peerOf(laptop))?.rttMs).toBeGreaterThan(0);
  }, 60_000);

  test('an agent that is killed and started again loses no packet, and keeps the direct path', async () => {
    const ping = startPing(laptop.machine, (await peerOf(laptop))!.address4);
    await pathIs(laptop, 'direct', 8000);
    await pathIs(edge, 'direct', 8000);
    for (const node of [edge, laptop]) {
      await node.agent.kill();
      await node.agent.start();
      await node.machine.waitFor(async () => (await node.status()).state === 'up', 10_000);
      await pathIs(node, 'direct', 8000);
    }
    await systemClock.sleep(AFTERMATH_MS);
    const seen = await ping.stop();
    console.log('killed twice:', seen.lost, 'of', seen.sent, 'lost');
    expect(seen.lost).toBe(0);
    const why = (await peerOf(laptop))?.explain.map((entry) => entry.why);
    expect(why).toEqual(['found direct at the start']);
  }, 90_000);

  test('`down` leaves nothing; `up` without a key comes back; `down --forget` leaves the account', async () => {
    const { machine } = edge;
    const leftovers = async () =>
      [
        (await machine.run('ip', ['-o', 'link', 'show', 'sg0'], { reject: false })).stdout,
        (await machine.run('nft', ['list', 'tables'])).stdout,
        (await machine.run('ip', ['route', 'show', 'table', 'all'])).stdout.match(/.*sg0.*/)?.[0] ?? '',
        (await readFile(machine.path('/etc/hosts'), 'utf8')).match(/sidegate/i)?.[0] ?? '',
      ].join('');
    expect(await leftovers()).not.toBe('');
    await edge.sidegate('down');
    await machine.waitFor(async () => (await leftovers()) === '', 5000);
    expect((await edge.status()).state).toBe('down');
    await edge.agent.kill();
    await edge.agent.start();
    // It answers before its plugins run.
    const hasSettled = ({ plugins, state }: EdgeStatus) =>
      state !== 'starting' && plugins.some((plugin) => plugin.name === 'mesh' && plugin.state === 'running');
    await machine.waitFor(async () => hasSettled(await edge.status()), 10_000);
    expect((await edge.status()).state).toBe('down');
    expect(await leftovers()).toBe('');

    await edge.sidegate('up', '--wait');
    const address = (await peerOf(laptop))!.address4;
    await laptop.machine.run('ping', ['-n', '-c1', '-W5', address]);

    await edge.sidegate('down', '--forget');
    await machine.waitFor(async () => (await leftovers()) === '', 5000);
    expect((await edge.status()).state).toBe('not-enrolled');
    await laptop.machine.waitFor(async () => (await peerOf(laptop)) === undefined, 5000);
  }, 90_000);

  test('a wrong key is refused with the broker’s code, and nothing is left of the try', async () => {
    const pass = { role: 'client', key: `sgk_${'A'.repeat(32)}` } as const;
    const [file, args] = stranger.command('up', ...site.enrolment('stranger', pass), '--json');
    const { exitCode, stderr } = await stranger.machine.run(file, args, { reject: false });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('ENROLMENT_KEY_UNKNOWN');
    expect((await stranger.status()).state).toBe('not-enrolled');
    expect(existsSync(stranger.machine.path('/var/lib/sidegate/mesh-identity.json'))).toBe(false);
  }, 60_000);
});
