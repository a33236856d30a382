/**
 * What a change of publications does to the real kernel: the table, open connections, counters and the log. The
 * topology is that of `forwarding.lab.test.ts`.
 */
import { createLab, type Lab, type LabProcess, type Machine, requireLab } from '@sidegate/lab';
import type { AccessLog, Forward, Host } from '@sidegate/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { mergeWishes } from '../../forwarding/rules/firewall-plan.ts';
import { connectionsCounter, trafficCounter } from '../../forwarding/rules/publication-words.ts';
import { renderRuleset } from '../../forwarding/rules/render-ruleset.ts';
import {
  ADDRESSES_WISH,
  EDGE,
  FORWARDS_WISH,
  HELPER,
  STRANGER,
  TECHNICIAN,
  tunnelWish,
  WEB_WISH,
} from '../../forwarding/testing/sample-wishes.ts';
import type { Platform } from '../../platform/platform.ts';
import { codeFrom, type TestHost } from '../testing/test-host.ts';
import {
  CAMERA,
  type ForwardingSite,
  OWN,
  openForwardingSite,
  speak,
  speakInVain,
} from './testing/forwarding-site.ts';

const { signal } = new AbortController();
const via = (port: number) => `http://${EDGE.address4}:${port}/`;

describe.skipIf(await requireLab())('changes of forwards in the kernel', () => {
  let lab: Lab;
  let edge: Machine;
  let camera: Machine;
  let peers: Machine;
  let platform: Platform;
  let host: TestHost;
  let site: ForwardingSite;
  let add: ForwardingSite['add'];
  let open: ForwardingSite['open'];
  let echo: LabProcess;

  beforeAll(async () => {
    lab = await createLab();
    site = await openForwardingSite(lab);
    ({ edge, camera, peers, platform, host, add, open } = site);
    echo = await site.echo('tcp', 7777);
  });
  afterEach(() => site.removeAll());
  afterAll(async () => {
    await echo?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  it('is the table that the golden listing shows', async () => {
    const plan = mergeWishes([tunnelWish(), WEB_WISH, FORWARDS_WISH, ADDRESSES_WISH]);
    await platform.ports.firewall.apply(renderRuleset(plan, 0), signal);
    await expect(await site.listing()).toMatchFileSnapshot('../../forwarding/rules/golden/edge.golden.nft');
    // Made anew around its counters it is the same.
    await platform.ports.firewall.apply(renderRuleset(mergeWishes([tunnelWish('client')]), 0), signal);
    await expect(await site.listing()).toMatchFileSnapshot('../../forwarding/rules/golden/client.golden.nft');
    await platform.ports.firewall.remove();
    await host.settled();
  });

  it('cuts open connections when a forward is removed', async () => {
    const { id, edgePort } = await add({ targetPort: 7777 });
    await using client = site.connect(TECHNICIAN.address4, edgePort);
    await speak([client], 'one');
    await host.call('DELETE', `/forwards/${id}`);
    const { stdout } = await edge.run('conntrack', ['-L', '-p', 'tcp', '--orig-port-dst', `${edgePort}`]);
    expect(stdout).toBe('');
    expect(await speakInVain(client, 'two')).toBe('LAB_TIMEOUT');
  });

  it('stops letting a removed forward through even where conntrack still knows its connection', async () => {
    const { edgePort } = await add({ targetPort: 7777 });
    await using client = site.connect(TECHNICIAN.address4, edgePort);
    await speak([client], 'one');
    await platform.ports.firewall.apply(renderRuleset(mergeWishes([tunnelWish()]), 0), signal);
    expect(await speakInVain(client, 'two')).toBe('LAB_TIMEOUT');
    await platform.ports.firewall.remove();
    await host.settled();
  });

  it('keeps a connection through changes of other forwards', async () => {
    const { edgePort } = await add({ targetPort: 7777 });
    await using client = site.connect(TECHNICIAN.address4, edgePort);
    await speak([client], 'one');
    const { id } = await add({ edgePort: 9001 });
    await host.call('DELETE', `/forwards/${id}`);
    await speak([client], 'two');
  });

  it('follows its host to another address, and nothing of what is open is left with who has the old one', async () => {
    await camera.configure(['addr add 192.168.1.21/24 dev eth0']);
    const known = {
      id: 'h_aaaaaaaaaaaaaaaa',
      mac: '44:47:cc:00:00:01',
      name: 'nvr',
      online: true,
      services: [],
    };
    const seenAt = (address: string) =>
      host.setFact('hosts', [{ ...known, addresses: [address] } as unknown as Host]);
    seenAt(CAMERA);
    const { id } = await add({
      target: { kind: 'host', hostId: known.id },
      targetPort: 7777,
      edgePort: 9003,
    });
    await using client = site.connect(TECHNICIAN.address4, 9003);
    await speak([client], 'one');
    seenAt('192.168.1.21');
    // Whoever looks at the list in between must not hide the move from it.
    await vi.waitFor(
      async () =>
        expect(await host.call('GET', '/forwards')).toMatchObject([{ id, targetAddress: '192.168.1.21' }]),
      3_000,
    );
    const openAt9003 = async () =>
      (await edge.run('conntrack', ['-L', '-p', 'tcp', '--orig-port-dst', '9003'])).stdout;
    await vi.waitFor(async () => expect(await openAt9003()).not.toContain('ESTABLISHED'), 3_000);
    expect(await speakInVain(client, 'two')).toBe('LAB_TIMEOUT');
    await using after = site.connect(TECHNICIAN.address4, 9003);
    await speak([after], 'three');
    const open = await openAt9003();
    expect(open).toMatch(/ESTABLISHED .* src=192\.168\.1\.21 /);
    expect(open).not.toMatch(/ESTABLISHED .* src=192\.168\.1\.20 /);
    host.setFact('hosts', []);
  });

  it('leaves the old table where nft refuses the new one', async () => {
    const { id } = await add();
    const before = await site.listing();
    const { apply } = platform.ports.firewall;
    const wrong = { rule: { family: 'inet', table: 'sidegate', chain: 'nowhere', expr: [] } };
    platform.ports.firewall.apply = ({ objects }, abort) => apply({ objects: [...objects, wrong] }, abort);
    expect(await codeFrom(add({ edgePort: 9002 }))).toBe('NFT_REJECTED');
    platform.ports.firewall.apply = apply;
    expect(await site.listing()).toBe(before);
    expect((await host.call<Forward[]>('GET', '/forwards')).map((forward) => forward.id)).toEqual([id]);
    expect(await open(peers, TECHNICIAN.address4, via(8001))).toBe('200');
  });

  it('counts connections and bytes', async () => {
    // A port of its own: the last packets of connections that were cut before may still come.
    const { id, edgePort } = await add({ edgePort: 9100 });
    for (let time = 0; time < 3; time++) await open(peers, TECHNICIAN.address4, via(edgePort));
    const counters = await platform.ports.firewall.readCounters(signal);
    expect(counters.get(connectionsCounter(id))?.packets).toBe(3);
    expect(counters.get(trafficCounter(id))?.bytes).toBeGreaterThan(3 * 3_000);
    // What was read within the last second is not read again.
    await vi.waitFor(async () => {
      expect(await host.call('GET', '/forwards')).toMatchObject([{ connections: 3 }]);
    }, 3_000);
  });

  it('notes who opened what, and how much went', async () => {
    const forward = await add({ edgePort: 9200, label: 'Door' });
    const address = await site.give();
    await Promise.all([
      open(peers, TECHNICIAN.address4, via(9200)),
      open(peers, TECHNICIAN.address4, via(9200)),
      open(peers, HELPER.address4, `http://${OWN}/`),
      open(peers, STRANGER.address4, via(9200)),
    ]);
    const entries = async () => {
      const logs = [forward, address].map(({ id }) =>
        host.call<AccessLog>('GET', `/access-log?publication=${id}`),
      );
      return (await Promise.all(logs)).flatMap((log) => log.entries);
    };
    const door = { name: forward.url, label: 'Door', node: 'laptop', connections: 2, services: ['tcp/9200'] };
    const own = { name: address.fqdn, node: 'phone', connections: 1, services: ['tcp/80'] };
    await vi.waitFor(async () => expect(await entries()).toMatchObject([door, own]), 3_000);
    await site.takeAway(address);
    await host.call('DELETE', `/forwards/${forward.id}`);
    // The kernel tells of their end by itself, with what went.
    await vi.waitFor(async () => {
      const gone = await entries();
      expect(gone).toMatchObject([
        { ...door, isOpen: false },
        { ...own, isOpen: false },
      ]);
      for (const { bytes, firstAt, lastAt } of gone) {
        expect(bytes).toBeGreaterThan(3_000);
        expect(lastAt).toBeGreaterThanOrEqual(firstAt);
      }
    }, 3_000);
  });

  it("clamps the MSS of both sides to the tunnel's MTU", async () => {
    const { edgePort } = await add();
    const capture = (machine: Machine, ifName: string, from: string) =>
      machine.spawn('tcpdump', ['-nlc1', '-i', ifName, `tcp[tcpflags] & tcp-syn != 0 and ${from}`]);
    await using lan = capture(camera, 'eth0', 'src net 192.168.1.0/24');
    await using mesh = capture(peers, 'sg0', 'src port 8001');
    await Promise.all([lan, mesh].map((dump) => dump.waitForOutput(/listening on/)));
    await vi.waitFor(async () => {
      await open(peers, TECHNICIAN.address4, via(edgePort));
      // Towards the LAN the limit is the way back through the tunnel: 1280 - 40.
      for (const dump of [lan, mesh]) expect(dump.output()).toMatch(/mss 1240/);
    }, 5_000);
  });

  it('shares the WireGuard port with probes, both ways', async () => {
    const probe = 'SGP1 probe';
    // What has the magic goes to the agent, all else stays with WireGuard.
    await using wireguard = edge.spawn('socat', ['-u', 'UDP-RECV:51000', '-']);
    await using agent = edge.spawn('socat', ['-u', 'UDP-RECV:40001', '-']);
    await Promise.all([edge.waitFor({ udp: 51_000 }), edge.waitFor({ udp: 40_001 })]);
    const send = (text: string) => camera.run('socat', ['-u', '-', 'UDP:192.168.1.2:51000'], { input: text });
    await send(probe);
    await agent.waitForOutput(/SGP1 probe/);
    await send('\x01\0\0\0 handshake');
    await wireguard.waitForOutput(/handshake/);
    expect(wireguard.output()).not.toContain('SGP1');
    expect(agent.output()).not.toContain('handshake');
    await agent[Symbol.asyncDispose]();
    // And what the agent sends comes from WireGuard's port.
    await using dump = camera.spawn('tcpdump', ['-n', '-l', '-c', '1', '-i', 'eth0', 'udp dst port 6000']);
    await dump.waitForOutput(/listening on/);
    await edge.run('socat', ['-u', '-', `UDP:${CAMERA}:6000,bind=:40001`], { input: probe });
    await dump.waitForOutput(/192\.168\.1\.2\.51000 > 192\.168\.1\.20\.6000/);
  });
});
