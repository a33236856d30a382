/**
 * A technician's laptop whose map has ten thousand edges: how long until they can be reached, what it costs to have
 * them, and what it costs to have them lie idle. The broker is played: it says nothing but the map.
 *
 *    laptop 203.0.113.20 ---- broker 203.0.113.10 (HTTP played; real beacon and relay) ---- edge 203.0.113.30
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@sidegate/kit';
import { createLab, type Lab, type LabProcess, type Machine, requireLab } from '@sidegate/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, SOCKET } from './paths-site.ts';

const ROOT = join(import.meta.dirname, '../..');
const AGENT = join(ROOT, 'agent/dist/sidegate.mjs');
const BROKER = join(import.meta.dirname, 'silent-broker.ts');
const node = process.execPath;
const EDGES = 10_000;
const IDLE_MS = 12_000;
/** `sysconf(_SC_CLK_TCK)`: what /proc counts CPU time in. */
const TICK_MS = 10;

/** A response, and an initiation with the keepalive that follows it (WireGuard messages.h). */
const HANDSHAKE_BYTES = { received: 92, sent: 148 + 32 } as const;

/** User and system time of a process and of the children it waited for, milliseconds. */
const cpuMs = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field) * TICK_MS, 0);
};
const rssMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** What the played broker says of the one edge that exists. */
interface Played {
  readonly privateKey: string;
  readonly beaconKey: string;
  readonly address: string;
}

describe.skipIf(await requireLab())('ten thousand peers', () => {
  let lab: Lab;
  let laptop: Machine;
  let broker: Machine;
  let edge: Machine;
  let agent: LabProcess;
  let played: Played;

  /** The last edge, a WireGuard without an agent; it answers no heartbeat. */
  const addEdge = async ({ privateKey, beaconKey, address }: Played, laptopKey: string) => {
    await edge.run('prlimit', ['--nofile=1024:1024', 'setsid', 'wireguard-go', 'edge0']);
    await edge.writeFile('/run/edge.key', privateKey);
    const relay = ['endpoint', '203.0.113.10:7382'];
    const beacon = ['peer', beaconKey, ...relay, 'persistent-keepalive', '25'];
    const peer = ['peer', laptopKey, ...relay, 'allowed-ips', '100.64.0.1/32'];
    await edge.configure([`address add ${address}/32 dev edge0`, 'link set edge0 up mtu 1280']);
    await edge.configure(['route add 100.64.0.1/32 dev edge0']);
    await edge.run('wg', ['set', 'edge0', 'private-key', '/run/edge.key', ...beacon, ...peer]);
  };
  const ownKey = async () => {
    const { stdout, exitCode } = await laptop.run('wg', ['show', 'sg0', 'public-key'], { reject: false });
    return exitCode === 0 ? stdout.trim() : undefined;
  };

  beforeAll(async () => {
    lab = await createLab();
    [broker, laptop, edge] = await Promise.all([
      lab.addServer('broker', { addresses: ['203.0.113.10'] }),
      lab.addServer('laptop', { addresses: ['203.0.113.20'] }),
      lab.addServer('edge', { addresses: ['203.0.113.30'] }),
    ]);
    agent = laptop.spawn(node, [AGENT, 'daemon'], { log: join(lab.directory, 'laptop.log') });
    await laptop.waitFor(() => existsSync(laptop.path(SOCKET)), 20_000);
    const playing = broker.spawn(node, [BROKER, String(EDGES)]);
    const [, line] = await playing.waitForOutput(/^(\{.*\})$/m, 20_000);
    played = JSON.parse(line!) as Played;
  }, 60_000);
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  test('are in the tunnel seconds after the map', async () => {
    const up = ['--broker', 'http://203.0.113.10', '--key', `sgk_${'x'.repeat(32)}`, '--role', 'client'];
    const startedAtMs = systemClock.monoMs();
    const joining = laptop.run(node, [AGENT, 'up', ...up], { timeoutMs: 60_000 });
    await laptop.waitFor(async () => (await ownKey()) !== undefined, 20_000);
    const countRoutes = async () =>
      (await laptop.run('ip', ['route', 'show', 'dev', 'sg0'])).stdout.split('\n').length - 1;
    await laptop.waitFor(async () => (await countRoutes()) >= EDGES, 30_000);
    const usableMs = systemClock.monoMs() - startedAtMs;
    await joining;
    console.log(`map to usable: ${Math.round(usableMs)} ms, with enrolment`);
    expect((await ask<unknown[]>(laptop, '/peers')).length).toBe(EDGES);
    expect(usableMs).toBeLessThan(25_000);
  }, 60_000);

  test('cost little while nobody talks to them', async () => {
    const idle = async (ms: number) => {
      const before = cpuMs(agent.pid);
      await systemClock.sleep(ms);
      return ((cpuMs(agent.pid) - before) / ms) * 100;
    };
    const share = await idle(IDLE_MS);
    console.log(`idle: ${share.toFixed(2)} % of a core, agent ${rssMiB(agent.pid).toFixed(0)} MiB`);
    expect(share).toBeLessThan(4);
  }, 60_000);

  test('the first packet to any of them is answered at once', async () => {
    await addEdge(played, (await ownKey())!);
    // The beacon knows it by the first packet after the handshake.
    const isKnown = async () => {
      const { stdout } = await edge.run('wg', ['show', 'edge0', 'transfer']);
      const [, received, sent] = stdout.split(played.beaconKey)[1]?.split(/\s/) ?? [];
      return Number(received) >= HANDSHAKE_BYTES.received && Number(sent) >= HANDSHAKE_BYTES.sent;
    };
    await edge.waitFor(isKnown, 10_000);
    await systemClock.sleep(300);
    const { stdout } = await laptop.run('ping', ['-n', '-c', '1', '-W', '5', played.address]);
    const firstMs = Number(/time=([\d.]+) ms/.exec(stdout)?.[1]);
    console.log(`first packet: ${firstMs} ms`);
    expect(firstMs).toBeLessThan(1000);
  }, 30_000);
});
