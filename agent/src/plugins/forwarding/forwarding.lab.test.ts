/**
 * Who gets through the real nftables, with a veth for the tunnel:
 *
 *   peers 100.64.0.2 .3 .4 ── sg0 ── edge 100.64.0.1 / 192.168.1.2 ── lan ── camera 192.168.1.20, pc 192.168.1.30
 *
 * .2 may open everything, .3 two port ranges, .4 nothing. The camera may have the address 100.64.0.50.
 */
import { createLab, type Lab, type Machine, requireLab } from '@sidegate/lab';
import type { Access, AccessLog, Forward } from '@sidegate/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  EDGE,
  HELPER,
  STRANGER,
  TECHNICIAN,
  tunnelWish,
  WEB_WISH,
} from '../../forwarding/testing/sample-wishes.ts';
import type { TestHost } from '../testing/test-host.ts';
import {
  CAMERA,
  type ForwardingSite,
  OWN,
  openForwardingSite,
  speak,
  speakInVain,
} from './testing/forwarding-site.ts';

const via = (port: number) => `http://${EDGE.address4}:${port}/`;

describe.skipIf(await requireLab())('forwards in the kernel', () => {
  let lab: Lab;
  let edge: Machine;
  let camera: Machine;
  let peers: Machine;
  let host: TestHost;
  let site: ForwardingSite;
  let add: ForwardingSite['add'];

  beforeAll(async () => {
    lab = await createLab();
    site = await openForwardingSite(lab);
    ({ edge, camera, peers, host, add } = site);
  });
  afterEach(() => site.removeAll());
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  /** What each of the machines, or of the peers' addresses, gets at each place. */
  const openAll = (...tries: readonly (readonly [from: string | Machine, url: string])[]) =>
    Promise.all(
      tries.map(([from, url]) =>
        typeof from === 'string' ? site.open(peers, from, url) : site.open(from, undefined, url),
      ),
    );

  it('leads peers to the camera as far as policy lets them, and nobody else', async () => {
    const { edgePort } = await add();
    expect(edgePort).toBe(8001);
    await add({ edgePort: 9000 });
    const answers = await openAll(
      [TECHNICIAN.address4, via(8001)],
      [TECHNICIAN.address4, via(9000)],
      [HELPER.address4, via(8001)],
      [HELPER.address4, via(9000)],
      [STRANGER.address4, via(8001)],
      // On the edge's address in the LAN the same port leads nowhere.
      [camera, 'http://192.168.1.2:8001/'],
    );
    expect(answers).toEqual(['200', '200', '200', 'none', 'none', 'none']);
  });

  it('opens a forward to those it is for, and cuts off whoever no longer is', async () => {
    await using _server = await site.echo('tcp', 7776);
    const { id } = await add({ edgePort: 8001, targetPort: 7776, allow: { nodes: ['laptop', 'phone'] } });
    await add({ edgePort: 8002, allow: { nodes: ['phone'] } });
    expect(await openAll([HELPER.address4, via(8002)], [TECHNICIAN.address4, via(8002)])).toEqual([
      '200',
      'none',
    ]);
    await using kept = site.connect(HELPER.address4, 8001);
    await using cut = site.connect(TECHNICIAN.address4, 8001);
    await speak([kept, cut], 'one');
    await host.call('PATCH', `/forwards/${id}`, { allow: { nodes: ['phone'] } });
    await speak([kept], 'two');
    expect(await speakInVain(cut, 'two')).toBe('LAB_TIMEOUT');
    // Who was named is still subject to policy.
    await host.call('PATCH', `/forwards/${id}`, { allow: { nodes: ['stranger'] } });
    expect(await openAll([STRANGER.address4, via(8001)])).toEqual(['none']);
  });

  it('has every published port open from where policy permits, and none from elsewhere', async () => {
    const ports = [8101, 8102, 8103, 8104];
    for (const edgePort of ports) await add({ edgePort });
    // Its port is one that the helper may open.
    await add({ edgePort: 8005, allow: { nodes: ['laptop'] } });
    const address = await site.give({ ports: [{ protocol: 'tcp', from: 80, to: 80 }] });
    // Permitted other ports, and not known at all.
    await peers.configure(['addr replace 100.64.0.8/10 dev sg0']);
    const forwards = [...ports, 8005].map(via);
    const openFrom = async (from: string, urls: readonly string[]) =>
      new Set(await openAll(...urls.map((url) => [from, url] as const)));
    const all = [...forwards, `http://${OWN}/`];
    expect(
      await Promise.all([
        openFrom(TECHNICIAN.address4, all),
        // Known, and permitted nothing.
        openFrom(STRANGER.address4, all),
        openFrom(HELPER.address4, forwards),
        openFrom('100.64.0.8', all),
      ]),
    ).toEqual([new Set(['200']), new Set(['none']), new Set(['none']), new Set(['none'])]);
    await site.takeAway(address);
  });

  it('shows a port scanner what its sender may open, and nothing else', async () => {
    await add({ edgePort: 8001 });
    await add({ edgePort: 8005, allow: { nodes: ['laptop'] } });
    await add({ edgePort: 8009, allow: { nodes: ['phone'] } });
    await add({ edgePort: 9_000, portCount: 3, protocol: 'both' });
    const address = await site.give({ ports: [{ protocol: 'tcp', from: 80, to: 81 }] });
    const scan = async (from: string) => {
      const how = `-sS -Pn -n -T5 --max-retries 2 --max-rtt-timeout 250ms --min-rate 200 -oG - -e sg0 -S ${from}`;
      const what = `-p 75-84,7380,7999-8010,8998-9004 ${EDGE.address4} ${OWN}`;
      const { stdout } = await peers.run('nmap', `${how} ${what}`.split(' '));
      // Nothing listens at some of them: an answer of any kind is a way through.
      return [...stdout.matchAll(/(\d+)\/(?:open|closed)\/tcp/g)].map(([, port]) => Number(port));
    };
    expect(await scan(TECHNICIAN.address4)).toEqual([80, 7380, 8001, 8005, 9000, 9001, 9002, 80, 81]);
    expect(await scan(HELPER.address4)).toEqual([80, 7380, 8001, 8009, 80]);
    expect(await scan(STRANGER.address4)).toEqual([]);
    await site.takeAway(address);
  });

  it('closes to whom policy permits it no longer, what is open too, with nothing else touched', async () => {
    await using _server = await site.echo('tcp', 7774);
    for (const edgePort of [8001, 8002]) await add({ edgePort, targetPort: 7774 });
    const address = await site.give();
    const clients = [
      site.connect(HELPER.address4, 8001),
      site.connect(TECHNICIAN.address4, 8002),
      site.connect(TECHNICIAN.address4, 7774, OWN),
      site.connect(HELPER.address4, 8002),
      site.connect(TECHNICIAN.address4, 8001),
    ];
    const [kept, cut] = [clients.slice(3), clients.slice(0, 3)];
    await speak(clients, 'one');
    const { tunnel } = tunnelWish();
    const only = (port: number): Access => ({
      kind: 'ports',
      ports: [{ protocol: 'tcp', from: port, to: port }],
    });
    const peers = [
      { ...HELPER, inbound: only(8002) },
      { ...TECHNICIAN, inbound: only(8001) },
    ];
    const listing = async () => (await site.listing()).replaceAll(/packets \d+ bytes \d+/g, '');
    const before = await listing();
    host.wish({ ...tunnelWish(), ...WEB_WISH, tunnel: { ...tunnel!, peers } });
    await host.settled();
    await speak(kept, 'two');
    expect(await Promise.all(cut.map((client) => speakInVain(client, 'two')))).toEqual(
      Array(3).fill('LAB_TIMEOUT'),
    );
    host.wish({ ...tunnelWish(), ...WEB_WISH });
    await host.settled();
    expect(await listing()).toBe(before);
    for (const client of clients) await client[Symbol.asyncDispose]();
    await site.takeAway(address);
  });

  it('carries UDP', async () => {
    await using _echo = await site.echo('udp', 5060);
    await add({ protocol: 'udp', edgePort: 5060, targetPort: 5060 });
    const ask = (...from: readonly string[]) =>
      Promise.all(from.map((one) => site.askUdp(one, EDGE.address4, 5060)));
    expect(await ask(TECHNICIAN.address4, HELPER.address4, STRANGER.address4)).toEqual([
      'hello',
      'hello',
      '',
    ]);
    await site.removeAll();
    // The last of a range, shifted.
    await add({ protocol: 'both', edgePort: 7000, targetPort: 5058, portCount: 3 });
    expect(
      await Promise.all([
        site.askUdp(TECHNICIAN.address4, EDGE.address4, 7002),
        site.askUdp(TECHNICIAN.address4, EDGE.address4, 5060),
      ]),
    ).toEqual(['hello', '']);
  });

  it('lets nothing through to the LAN but what it translated', async () => {
    await add();
    await peers.configure(['route add 192.168.1.0/24 via 100.64.0.1 dev sg0']);
    await camera.configure(['route replace 100.64.0.0/10 via 192.168.1.2']);
    // Nor the other way.
    await using _web = peers.spawn('socat', ['TCP-LISTEN:8088,reuseaddr,fork', 'EXEC:date']);
    await peers.waitFor({ tcp: 8088 });
    const back = `http://${TECHNICIAN.address4}:8088/`;
    expect(await openAll([TECHNICIAN.address4, `http://${CAMERA}/`], [camera, back])).toEqual([
      'none',
      'none',
    ]);
    await peers.configure(['route del 192.168.1.0/24']);
  });

  it('lets nothing in that it was not asked about: untracked, or translated before', async () => {
    await add();
    const page = "require('node:http').createServer((_, reply) => reply.end('page')).listen(7380)";
    await using _web = edge.spawn(process.execPath, ['-e', page]);
    await edge.waitFor({ tcp: 7380 });
    const others = (lines: string) =>
      edge.run('nft', ['-f', '-'], { input: `table ip others {\n${lines}\n}\n` });
    const ask = () =>
      openAll(
        ...[via(8001), via(7380), via(8888)].flatMap((url) => [
          [TECHNICIAN.address4, url] as const,
          [STRANGER.address4, url] as const,
        ]),
      );
    const none = Array.from({ length: 6 }, () => 'none');
    await others('chain raw { type filter hook prerouting priority -300; iifname "sg0" notrack; }');
    expect(await ask()).toEqual(none);
    await edge.run('nft', ['delete', 'table', 'ip', 'others']);
    await others(
      `chain early { type nat hook prerouting priority -110; iifname "sg0" tcp dport { 8001, 7380, 8888 } dnat to ${CAMERA}:80; }`,
    );
    expect(await ask()).toEqual(none);
    await edge.run('nft', ['delete', 'table', 'ip', 'others']);
    expect(await openAll([TECHNICIAN.address4, via(8001)], [TECHNICIAN.address4, via(7380)])).toEqual([
      '200',
      '200',
    ]);
  });

  it('opens own services to permitted peers only, by their second port too', async () => {
    const page = "require('node:http').createServer((_, reply) => reply.end('page')).listen(7380)";
    await using _web = edge.spawn(process.execPath, ['-e', page]);
    await using _ssh = edge.spawn('socat', ['TCP-LISTEN:22,reuseaddr,fork', 'EXEC:date']);
    await Promise.all([edge.waitFor({ tcp: 7380 }), edge.waitFor({ tcp: 22 })]);
    const ask = (from: string) => openAll([from, via(80)], [from, via(7380)]);
    const banner = peers.run('socat', ['-T', '1', '-', `TCP:${EDGE.address4}:22,connect-timeout=1`], {
      reject: false,
    });
    expect(await Promise.all([TECHNICIAN, HELPER, STRANGER].map(({ address4 }) => ask(address4)))).toEqual([
      ['200', '200'],
      ['200', '200'],
      ['none', 'none'],
    ]);
    expect((await banner).stdout).toBe('');
  });

  it('answers pings and heartbeats of every known peer, of unknown ones nothing', async () => {
    await using _heartbeat = edge.spawn('socat', ['UDP-RECVFROM:7381,fork', 'EXEC:cat']);
    await edge.waitFor({ udp: 7381 });
    await peers.configure(['addr add 100.64.0.9/10 dev sg0']);
    expect(
      await Promise.all([
        site.askUdp(STRANGER.address4, EDGE.address4, 7381),
        site.askUdp('100.64.0.9', EDGE.address4, 7381),
        site.ping(STRANGER.address4, EDGE.address4),
        site.ping('100.64.0.9', EDGE.address4),
      ]),
    ).toEqual(['hello', '', true, false]);
  });

  describe('from the LAN', () => {
    let pc: Machine;
    beforeAll(async () => {
      pc = await site.home.addMachine('pc', { address: '192.168.1.30' });
      // As it is where the edge is the router.
      for (const machine of [pc, camera])
        await machine.configure(['route replace 100.64.0.0/10 via 192.168.1.2']);
      await pc.configure(['addr add 10.9.9.9/32 dev eth0']);
    });

    it('leads machines to what is beside them, and to nothing else', async () => {
      const page = "require('node:http').createServer((_, reply) => reply.end('page')).listen(7380)";
      await using _web = edge.spawn(process.execPath, ['-e', page]);
      await edge.waitFor({ tcp: 7380 });
      const forward = await add();
      await add({ edgePort: 8002, allow: { nodes: ['phone'] } });
      const address = await site.give({ ports: [{ protocol: 'tcp', from: 80, to: 81 }] });
      await using _other = await site.echo('tcp', 82);
      const answers = await openAll(
        [pc, via(8001)],
        [pc, `http://${OWN}/`],
        // The device itself too.
        [camera, via(8001)],
        // What is for somebody, for nobody, or the edge's own.
        [pc, via(8002)],
        [pc, via(8003)],
        [pc, via(7380)],
        [pc, via(80)],
        [pc, 'http://192.168.1.2:8001/'],
        // A port that the address does not let through.
        [pc, `http://${OWN}:82/`],
      );
      expect(answers).toEqual(['200', '200', '200', ...Array(6).fill('none')]);
      // The wire alone does not do.
      expect(await site.open(pc, '10.9.9.9', via(8001))).toBe('none');
      const { entries } = await host.call<AccessLog>('GET', '/access-log?node=192.168.1.30');
      expect(entries.map(({ publicationId }) => publicationId)).toEqual(
        expect.arrayContaining([forward.id, address.id]),
      );
      await site.takeAway(address);
    });

    it('ends with the publication, or when it becomes somebody’s, though conntrack remembers', async () => {
      await using _server = await site.echo('tcp', 7775);
      const [first, second] = [
        await add({ edgePort: 8001, targetPort: 7775 }),
        await add({ edgePort: 8002, targetPort: 7775 }),
      ];
      const connect = ({ edgePort }: Forward) =>
        pc.spawn('socat', ['-', `TCP:${EDGE.address4}:${edgePort}`], { stdin: 'pipe' });
      await using one = connect(first);
      await using two = connect(second);
      await speak([one, two], 'one');
      const cut = vi.spyOn(site.platform.ports.firewall, 'cutConnections').mockResolvedValue(undefined);
      await host.call('DELETE', `/forwards/${first.id}`);
      await host.call('PATCH', `/forwards/${second.id}`, { allow: { nodes: ['phone'] } });
      cut.mockRestore();
      expect(await Promise.all([one, two].map((client) => speakInVain(client, 'two')))).toEqual([
        'LAB_TIMEOUT',
        'LAB_TIMEOUT',
      ]);
    });
  });
});
