/**
 * Other programs' firewalls beside ours, each the real one in the network namespace of an edge:
 *
 *   peer 100.64.0.2 ── sg0 ── edge, with ufw | firewalld | a dropping FORWARD ── lan ── camera
 *
 * What is in the way is seen and told with its remedy; the remedy is applied to the letter, and the camera opens.
 */
import { createLab, type Lab, requireLab } from '@sidegate/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeObstacle } from '../../forwarding/rules/foreign-firewalls.ts';
import { EDGE, TECHNICIAN } from '../../forwarding/testing/sample-wishes.ts';
import { type ForwardingSite, openForwardingSite } from './testing/forwarding-site.ts';
import { listObstacles, obey } from './testing/obstacles.ts';

const URL = `http://${EDGE.address4}:8001/`;

describe.skipIf(await requireLab())('beside other firewalls', () => {
  let lab: Lab;
  let site: ForwardingSite;

  beforeAll(async () => {
    lab = await createLab();
    site = await openForwardingSite(lab);
    await site.add({ edgePort: 8001 });
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const has = async (program: string) =>
    (await site.edge.run('which', [program], { reject: false })).exitCode === 0;
  const open = () => site.open(site.peers, TECHNICIAN.address4, URL);
  /** Blocked and told why; open and nothing to tell after what was told is done. */
  const expectRemedy = async (who: string) => {
    expect(await open()).toBe('none');
    const [obstacle, ...more] = await listObstacles(site.edge);
    expect(more).toEqual([]);
    expect(describeObstacle(obstacle!)).toContain(who);
    await obey(site.edge, obstacle!.hint);
    expect(await open()).toBe('200');
    expect(await listObstacles(site.edge)).toEqual([]);
  };

  it('is back within a second after somebody flushed all rules', async () => {
    const before = performance.now();
    await site.edge.run('nft', ['flush', 'ruleset']);
    await vi.waitFor(
      async () => {
        const { stdout } = await site.edge.run('nft', ['list', 'tables']);
        expect(stdout).toContain('inet sidegate');
      },
      { timeout: 3_000, interval: 20 },
    );
    const tookMs = performance.now() - before;
    console.log(`back after ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(1_000);
    expect(await open()).toBe('200');
  });

  it('is told of a FORWARD chain that drops by policy, and how to pass it', async (context) => {
    if (!(await has('iptables'))) context.skip('iptables is not installed');
    await site.edge.run('iptables', ['-P', 'FORWARD', 'DROP']);
    await expectRemedy('FORWARD');
    await site.edge.run('sh', ['-ec', 'iptables -P FORWARD ACCEPT; iptables -F; nft delete table ip filter']);
  });

  it('is told of a legacy FORWARD chain that nft does not see, and how to pass it', async (context) => {
    if (!(await has('iptables-legacy'))) context.skip('iptables-legacy is not installed');
    await site.edge.run('iptables-legacy', ['-P', 'FORWARD', 'DROP']);
    await expectRemedy('legacy filter');
    await site.edge.run('sh', ['-ec', 'iptables-legacy -P FORWARD ACCEPT; iptables-legacy -F']);
  });

  it('is told of ufw, and how to pass it', async (context) => {
    if (!(await has('ufw'))) context.skip('ufw is not installed');
    await site.edge.run('ufw', ['--force', 'enable']);
    await expectRemedy('ufw');
    await site.edge.run('ufw', ['disable']);
    await site.edge.run('nft', ['flush', 'ruleset']);
  });

  it('passes firewalld, which accepts what was translated, and is told how peers reach the edge itself', async (context) => {
    if (!(await has('firewalld'))) context.skip('firewalld is not installed');
    await site.edge.run('sh', ['-ec', 'mkdir -p /run/dbus && dbus-daemon --system --fork --nopidfile']);
    await using daemon = site.edge.spawn('firewalld', ['--nofork', '--nopid']);
    await vi.waitFor(
      async () => expect((await site.edge.run('firewall-cmd', ['--state'])).stdout).toContain('running'),
      { timeout: 15_000, interval: 200 },
    );
    expect(await open()).toBe('200');
    expect(await listObstacles(site.edge)).toEqual([]);
    const page = "require('node:http').createServer((_, reply) => reply.end('page')).listen(7380)";
    await using _web = site.edge.spawn(process.execPath, ['-e', page]);
    await site.edge.waitFor({ tcp: 7380 });
    const openEdge = () => site.open(site.peers, TECHNICIAN.address4, `http://${EDGE.address4}:7380/`);
    expect(await openEdge()).toBe('none');
    const [obstacle, ...more] = await listObstacles(site.edge, 'input');
    expect(more).toEqual([]);
    expect(describeObstacle(obstacle!)).toContain('firewalld');
    await obey(site.edge, obstacle!.hint);
    expect(await openEdge()).toBe('200');
    expect(await listObstacles(site.edge, 'input')).toEqual([]);
    daemon.kill();
    await daemon.exited;
  });
});
