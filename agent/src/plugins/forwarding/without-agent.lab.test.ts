/**
 * What the kernel and the disk hold while the agent is dead; the topology is that of `forwarding.lab.test.ts`.
 */
import { join } from 'node:path';
import { createLab, type Lab, type LabProcess, requireLab } from '@sidegate/lab';
import type { Forward } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EDGE, SCOPES, TECHNICIAN, tunnelWish } from '../../forwarding/testing/sample-wishes.ts';
import {
  CAMERA,
  type ForwardingSite,
  MAP,
  OWN,
  openForwardingSite,
  speak,
  speakInVain,
} from './testing/forwarding-site.ts';

/** A daemon with this plugin, and what other plugins would tell it. */
const AGENT = `
import * as v from 'valibot';
import { runDaemon } from ${JSON.stringify(join(import.meta.dirname, '../../daemon.ts'))};
import { plugin as forwarding } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
const standIn = (name, start) =>
  ({ name, apiVersion: 1, summary: 'A stand-in', config: v.strictObject({}), setup: (host) => ({ start: async () => start(host) }) });
const mesh = standIn('mesh', ({ facts, hooks }) => {
  facts.claim('life').publish({ state: 'up', brokerConnected: false, beaconReachable: false });
  facts.claim('network-map').publish(${JSON.stringify(MAP)});
  facts.claim('tunnel').publish({ interfaceName: 'sg0', kind: 'kernel', listenPort: 51000, mtuBytes: 1280 });
  hooks.firewall.replace(${JSON.stringify(tunnelWish())});
});
const discovery = standIn('discovery', ({ facts }) => {
  facts.claim('scopes').publish(${JSON.stringify(SCOPES)});
  facts.claim('hosts').publish([]);
});
await runDaemon({
  plugins: [mesh, discovery, forwarding].map((plugin) => ({ name: plugin.name, load: async () => ({ plugin }) })),
  onReady: () => console.log('ready'),
});
`;

describe.skipIf(await requireLab())('an agent that is killed', () => {
  let lab: Lab;
  let site: ForwardingSite;
  let agent: LabProcess;

  beforeAll(async () => {
    lab = await createLab();
    site = await openForwardingSite(lab);
    // The agent is a process of its own here.
    await site.host[Symbol.asyncDispose]();
    agent = await start();
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const start = async () => {
    const process_ = site.edge.spawn(process.execPath, ['--input-type=module', '-e', AGENT], {
      cwd: import.meta.dirname,
    });
    await process_.waitForOutput(/ready/, 15_000);
    return process_;
  };
  const kill = async () => {
    agent.kill('SIGKILL');
    await agent.exited;
  };
  const call = async (method: string, path: string, body: object) => {
    const to = ['--unix-socket', '/run/sidegate/sidegate.sock', `http://agent/api${path}`];
    const argv = ['-sSf', '-X', method, '-H', 'content-type: application/json'];
    const { stdout } = await site.edge.run('curl', [...argv, '-d', JSON.stringify(body), ...to]);
    return stdout === '' ? undefined : (JSON.parse(stdout) as Forward);
  };
  const publish = (edgePort: number, targetPort: number, expiresAt?: number) =>
    call('POST', '/forwards', {
      target: { kind: 'address', address: CAMERA },
      targetPort,
      edgePort,
      expiresAt,
    });
  const page = () => site.open(site.peers, TECHNICIAN.address4, `http://${EDGE.address4}:9003/`);

  it('ends a forward and an address in time all the same, their open connections too', async () => {
    await using _server = await site.echo('tcp', 7780);
    await publish(9001, 7780);
    const expiresAt = Date.now() + 4_000;
    await publish(9002, 7780, expiresAt);
    const target = { kind: 'address', address: CAMERA };
    const ports = [{ protocol: 'tcp', from: 7780, to: 7790 }];
    await call('POST', '/addresses', { target, name: 'camera', ports, expiresAt });
    await using kept = site.connect(TECHNICIAN.address4, 9001);
    await using ending = site.connect(TECHNICIAN.address4, 9002);
    await using own = site.connect(TECHNICIAN.address4, 7780, OWN);
    await speak([kept, ending, own], 'one');
    await kill();
    await speak([ending, own], 'two');
    await vi.waitFor(
      async () => expect(await site.listing()).not.toMatch(/tcp \. 9002 timeout|50 timeout/),
      6_000,
    );
    await using late = site.connect(TECHNICIAN.address4, 9002);
    await using lateOwn = site.connect(TECHNICIAN.address4, 7780, OWN);
    await speak([kept], 'three');
    const over = [ending, own, late, lateOwn];
    expect(await Promise.all(over.map((client) => speakInVain(client, 'four')))).toEqual(
      over.map(() => 'LAB_TIMEOUT'),
    );
    expect(await site.ping(TECHNICIAN.address4, OWN)).toBe(false);
  });

  it('puts back, when it is back, a change that cut its author off and was not confirmed', async () => {
    agent = await start();
    const forward = await publish(9003, 80);
    expect(await page()).toBe('200');
    await call('DELETE', `/forwards/${forward!.id}?via=${CAMERA}`, {});
    expect(await page()).toBe('none');
    await kill();
    expect(await page()).toBe('none');
    await using _second = await start();
    await vi.waitFor(async () => expect(await page()).toBe('200'), 10_000);
  });
});
