/**
 * Networks that mean harm, and networks without an end:
 *
 *   edge 10.66.0.2 ─┬─ lan 10.66.0.0/20 ── router ── dmz 10.99.0.0/16, where nobody lives
 *   liar 10.66.0.9 ─┘  has almost every other address of the LAN, and floods
 */
import { join } from 'node:path';
import { createLab, type Home, type Lab, type Machine, requireLab } from '@sidegate/lab';
import { LIMITS } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'testing', 'scan-briefly.ts');

interface Cost {
  readonly state: string;
  readonly remainingSec?: number;
  readonly hosts: number;
  readonly cancelMs: number;
  readonly lagMs: number;
  readonly grownBytes: number;
  readonly cores: number;
}

describe.skipIf(await requireLab())('a scan under fire', () => {
  let lab: Lab;
  let home: Home;
  let edge: Machine;
  beforeAll(async () => {
    lab = await createLab();
    home = await lab.addHome('alder', {
      lan: '10.66.0.0/20',
      wan: '198.51.100.2',
      dmz: { cidr: '10.99.0.0/16' },
    });
    edge = await home.addMachine('edge', { address: '10.66.0.2' });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const scanFor = async (ms: number, ...args: string[]): Promise<Cost> => {
    const { stdout } = await edge.run(process.execPath, [SCRIPT, '/run', String(ms), ...args], {
      timeoutMs: ms + 20_000,
    });
    return JSON.parse(stdout) as Cost;
  };

  it('of a /16 leaves room in the tables on the way, and knows how long it takes', async () => {
    await home.router.run('conntrack', ['-F']);
    const most = { neighbours: 0, connections: 0 };
    const watching = new AbortController();
    const watch = async () => {
      while (!watching.signal.aborted) {
        const asked = await home.router.run('ip', ['-4', 'neighbour', 'show', 'nud', 'incomplete']);
        const tracked = await home.router.run('conntrack', ['-C']);
        most.neighbours = Math.max(most.neighbours, asked.stdout.split('\n').length - 1);
        most.connections = Math.max(most.connections, Number(tracked.stdout));
      }
    };
    const watched = watch();
    const cost = await scanFor(5_000, '10.99.0.0/16');
    watching.abort();
    await watched;
    expect(cost.state).toBe('cancelled');
    // 64 Ki addresses, of which the tables on the way bear 4,915 in two minutes.
    expect(cost.remainingSec).toBeGreaterThan(1_000);
    expect(most.neighbours).toBeGreaterThan(500);
    expect(most.neighbours).toBeLessThan(900);
    expect(most.connections).toBeLessThan(24_576);
    expect(cost.cancelMs).toBeLessThan(1_000);
  });

  it('of thousands of made-up devices that shout stays small, awake and cancellable', async () => {
    const claims = ['10.66.1.0/24', '10.66.2.0/23', '10.66.4.0/22', '10.66.8.0/21'];
    await home.addLiar('liar', { address: '10.66.0.9', claims });
    const cost = await scanFor(7_000);
    expect(cost.hosts).toBeGreaterThan(1_000);
    expect(cost.hosts).toBeLessThanOrEqual(LIMITS.hostsPerEdge);
    expect(cost.state).toBe('cancelled');
    expect(cost.grownBytes).toBeLessThan(256 * 1024 * 1024);
    expect(cost.lagMs).toBeLessThan(2_000);
    expect(cost.cancelMs).toBeLessThan(2_000);
  });
});
