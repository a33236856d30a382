/**
 * Networks that mean harm, and networks without an end:
 *
 *   edge 10.66.0.2  ─┬─ lan 10.66.0.0/19 ── router ── dmz 10.99.0.0/16, where nobody lives
 *   liar 10.66.0.9  ─┤  has 7,000 other addresses of the LAN, half of them as devices of their own, and floods
 *   camera 10.66.28.7┘
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
  readonly found: readonly string[];
  readonly listMs: number;
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
      lan: '10.66.0.0/19',
      wan: '198.51.100.2',
      dmz: { cidr: '10.99.0.0/16' },
    });
    edge = await home.addMachine('edge', { address: '10.66.0.2' });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const scanFor = async (ms: number, ...args: string[]): Promise<Cost> => {
    const { stdout } = await edge.run(process.execPath, [SCRIPT, '/run', String(ms), ...args], {
      timeoutMs: ms + 30_000,
    });
    return JSON.parse(stdout) as Cost;
  };

  const countNeighbours = async (machine: Machine, state: 'incomplete' | 'all') => {
    const { stdout } = await machine.run('ip', ['-4', 'neighbour', 'show', 'nud', state]);
    return stdout.split('\n').length - 1;
  };
  const whileWatching = async <T>(look: () => Promise<void>, work: () => Promise<T>): Promise<T> => {
    const watching = new AbortController();
    const watch = async () => {
      while (!watching.signal.aborted) await look();
    };
    const watched = watch();
    try {
      return await work();
    } finally {
      watching.abort();
      await watched;
    }
  };

  it('of a /16 leaves room in the tables on the way, and knows how long it takes', async () => {
    await home.router.run('conntrack', ['-F']);
    const most = { neighbours: 0, connections: 0 };
    const cost = await whileWatching(
      async () => {
        const tracked = await home.router.run('conntrack', ['-C']);
        most.neighbours = Math.max(most.neighbours, await countNeighbours(home.router, 'incomplete'));
        most.connections = Math.max(most.connections, Number(tracked.stdout));
      },
      () => scanFor(5_000, '10.99.0.0/16'),
    );
    expect(cost.state).toBe('cancelled');
    // 64 Ki addresses, of which the tables on the way bear 4,915 in two minutes.
    expect(cost.remainingSec).toBeGreaterThan(1_000);
    expect(most.neighbours).toBeGreaterThan(500);
    expect(most.neighbours).toBeLessThan(960);
    expect(most.connections).toBeLessThan(24_576);
    expect(cost.cancelMs).toBeLessThan(1_000);
  });

  it('of more made-up devices than fit stays small, awake and cancellable, and finds who is real', async () => {
    const disguised = ['10.66.2.0/23', '10.66.4.0/22', '10.66.8.0/21'];
    const claims = ['10.66.16.0/21', '10.66.24.0/22'];
    await home.addCamera('camera', { address: '10.66.28.7' });
    await home.addLiar('liar', { address: '10.66.0.9', claims, disguised });
    const real = ['10.66.0.1', '10.66.28.7'];
    let neighbours = 0;
    const cost = await whileWatching(
      async () => {
        neighbours = Math.max(neighbours, await countNeighbours(edge, 'all'));
      },
      () => scanFor(30_000, '-', ...real),
    );
    // Of 1,024 places, with those that the household has.
    expect(neighbours).toBeLessThan(800);
    expect(cost.hosts).toBe(LIMITS.hostsPerEdge);
    expect(cost.found).toEqual(real);
    expect(cost.state).toBe('cancelled');
    expect(cost.grownBytes).toBeLessThan(256 * 1024 * 1024);
    expect(cost.lagMs).toBeLessThan(2_000);
    expect(cost.listMs).toBeLessThan(1_000);
    expect(cost.cancelMs).toBeLessThan(2_000);
  });
});
