/**
 * Forwards through the real nftables, with a veth for the tunnel:
 *
 *   peers 100.64.0.2 .3 .4 ── sg0 ── edge 100.64.0.1 / 192.168.1.2 ── lan ── camera 192.168.1.20
 *
 * .2 may open everything, .3 two port ranges, .4 nothing. The camera may have the address 100.64.0.50.
 */
import { join } from 'node:path';
import { createLab, type Lab, type LabProcess, type Machine, requireLab } from '@sidegate/lab';
import type { Address, Forward } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mergeWishes } from '../../forwarding/firewall-plan.ts';
import { connectionsCounter, trafficCounter } from '../../forwarding/publication-words.ts';
import { renderRuleset } from '../../forwarding/render-ruleset.ts';
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
import { CAMERA, type ForwardingSite, OWN, openForwardingSite, SCOPES } from './testing/forwarding-site.ts';

const { signal } = new AbortController();
/** A daemon with this plugin, and what other plugins would tell it. */
const AGENT = `
import * as v from 'valibot';
import { runDaemon } from ${JSON.stringify(join(import.meta.dirname, '../../daemon.ts'))};
import { plugin as forwarding } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
const standIn = (name, start) =>
  ({ name, apiVersion: 1, summary: 'A stand-in', config: v.strictObject({}), setup: (host) => ({ start: async () => start(host) }) });
const mesh = standIn('mesh', ({ facts, hooks }) => {
  facts.claim('life').publish({ state: 'up', brokerConnected: false, beaconReachable: false });
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

describe.skipIf(await requireLab())('forwards in the kernel', () => {
  let lab: Lab;
  let edge: Machine;
  let camera: Machine;
  let peers: Machine;
  let platform: Platform;
  let host: TestHost;
  let site: ForwardingSite;
  let add: ForwardingSite['add'];
  let removeAll: ForwardingSite['removeAll'];
  let open: ForwardingSite['open'];

  beforeAll(async () => {
    lab = await createLab();
    site = await openForwardingSite(lab);
    ({ edge, camera, peers, platform, host, add, removeAll, open } = site);
  });
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  /** Without the time that is left, which passes. */
  const listing = async () =>
    (await edge.run('nft', ['list', 'table', 'inet', 'sidegate'])).stdout.replaceAll(/ expires \w+/g, '');
  /** Sends a line by UDP and gives what comes back within a moment. */
  const askUdp = async (from: string, to: string, port: number): Promise<string> => {
    // Waits 1 s for an answer after the end of its input.
    const argv = ['-t', '1', '-', `UDP:${to}:${port},bind=${from}`];
    return (await peers.run('socat', argv, { input: 'hello\n', reject: false })).stdout.trim();
  };
  const echoUdp = async (port: number): Promise<LabProcess> => {
    const echo = camera.spawn('socat', [`UDP-RECVFROM:${port},fork`, 'EXEC:cat']);
    await camera.waitFor({ udp: port });
    return echo;
  };

  it('is the table that the golden listing shows', async () => {
    const plan = mergeWishes([tunnelWish(), WEB_WISH, FORWARDS_WISH, ADDRESSES_WISH]);
    await platform.ports.firewall.apply(renderRuleset(plan, 0), signal);
    await expect(await listing()).toMatchFileSnapshot('../../forwarding/golden/edge.golden.nft');
    await platform.ports.firewall.apply(renderRuleset(mergeWishes([tunnelWish('client')]), 0), signal);
    await expect(await listing()).toMatchFileSnapshot('../../forwarding/golden/client.golden.nft');
    await platform.ports.firewall.remove();
    await host.settled();
  });

  it('leads peers to the camera as far as policy lets them, and nobody else', async () => {
    const { edgePort } = await add();
    expect(edgePort).toBe(8001);
    await add({ edgePort: 9000 });
    const via = (port: number) => `http://${EDGE.address4}:${port}/`;
    expect(await open(peers, TECHNICIAN.address4, via(8001))).toBe('200');
    expect(await open(peers, TECHNICIAN.address4, via(9000))).toBe('200');
    expect(await open(peers, HELPER.address4, via(8001))).toBe('200');
    expect(await open(peers, HELPER.address4, via(9000))).toBe('none');
    expect(await open(peers, STRANGER.address4, via(8001))).toBe('none');
    // From the LAN the same port leads nowhere, and the mesh address is not to be reached at all.
    expect(await open(camera, undefined, 'http://192.168.1.2:8001/')).toBe('none');
    await camera.configure([`route add ${EDGE.address4}/32 via 192.168.1.2`]);
    expect(await open(camera, undefined, via(8001))).toBe('none');
    await removeAll();
  });

  it('opens a forward to those it is for, and cuts off whoever no longer is', async () => {
    await using _server = camera.spawn('socat', ['TCP-LISTEN:7776,reuseaddr,fork', 'EXEC:cat']);
    await camera.waitFor({ tcp: 7776 });
    const { id } = await add({ edgePort: 8001, targetPort: 7776, allow: { nodes: ['laptop', 'phone'] } });
    await add({ edgePort: 8002, allow: { nodes: ['phone'] } });
    const via = (port: number) => `http://${EDGE.address4}:${port}/`;
    expect(await open(peers, HELPER.address4, via(8002))).toBe('200');
    expect(await open(peers, TECHNICIAN.address4, via(8002))).toBe('none');
    const connect = (from: string) =>
      peers.spawn('socat', ['-', `TCP:${EDGE.address4}:8001,bind=${from}`], { stdin: 'pipe' });
    await using kept = connect(HELPER.address4);
    await using cut = connect(TECHNICIAN.address4);
    for (const client of [kept, cut]) {
      client.stdin!.write('one\n');
      await client.waitForOutput(/one/);
    }
    await host.call('PATCH', `/forwards/${id}`, { allow: { nodes: ['phone'] } });
    for (const client of [kept, cut]) client.stdin!.write('two\n');
    await kept.waitForOutput(/two/);
    await expect(cut.waitForOutput(/two/, 1_000)).rejects.toMatchObject({ code: 'LAB_TIMEOUT' });
    // Who was named is still subject to policy.
    await host.call('PATCH', `/forwards/${id}`, { allow: { nodes: ['stranger'] } });
    expect(await open(peers, STRANGER.address4, via(8001))).toBe('none');
    await removeAll();
  });

  it('has every published port open from where policy permits, and none from elsewhere', async () => {
    const ports = [8101, 8102, 8103, 8104];
    for (const edgePort of ports) await add({ edgePort });
    const address = await host.call<Address>('POST', '/addresses', {
      target: { kind: 'address', address: CAMERA },
    });
    const urls = [...ports.map((port) => `http://${EDGE.address4}:${port}/`), `http://${OWN}/`];
    const openFrom = async (from: string) =>
      new Set(await Promise.all(urls.map((url) => open(peers, from, url))));
    expect(await openFrom(TECHNICIAN.address4)).toEqual(new Set(['200']));
    // Known, and permitted nothing.
    expect(await openFrom(STRANGER.address4)).toEqual(new Set(['none']));
    // Permitted other ports, and not known at all.
    await peers.configure(['addr replace 100.64.0.8/10 dev sg0']);
    urls.pop();
    expect(await openFrom(HELPER.address4)).toEqual(new Set(['none']));
    expect(await openFrom('100.64.0.8')).toEqual(new Set(['none']));
    await host.call('DELETE', `/addresses/${address.id}`);
    await removeAll();
  });

  it('carries UDP', async () => {
    await using _echo = await echoUdp(5060);
    await add({ protocol: 'udp', edgePort: 5060, targetPort: 5060 });
    expect(await askUdp(TECHNICIAN.address4, EDGE.address4, 5060)).toBe('hello');
    expect(await askUdp(HELPER.address4, EDGE.address4, 5060)).toBe('hello');
    expect(await askUdp(STRANGER.address4, EDGE.address4, 5060)).toBe('');
    await removeAll();
    expect(await askUdp(TECHNICIAN.address4, EDGE.address4, 5060)).toBe('');
    // The last of a range, shifted.
    await add({ protocol: 'both', edgePort: 7000, targetPort: 5058, portCount: 3 });
    expect(await askUdp(TECHNICIAN.address4, EDGE.address4, 7002)).toBe('hello');
    await removeAll();
  });

  describe('a host with an address of its own', () => {
    const give = (patch: object = {}) =>
      host.call<Address>('POST', '/addresses', {
        target: { kind: 'address', address: CAMERA },
        name: 'camera',
        ...patch,
      });
    const takeAway = ({ id }: Address) => host.call('DELETE', `/addresses/${id}`);
    const ping = async (from: string) =>
      (await peers.run('ping', ['-c1', '-W1', '-I', from, OWN], { reject: false })).exitCode === 0;

    it('is there with all its ports and answers pings, as far as policy lets peers', async () => {
      await using _echo = await echoUdp(5060);
      await using _heartbeat = await echoUdp(7381);
      const address = await give();
      expect(address).toMatchObject({ address4: OWN, fqdn: 'camera.alder.acme.sidegate.internal' });
      expect(await open(peers, TECHNICIAN.address4, `http://${OWN}/`)).toBe('200');
      expect(await askUdp(TECHNICIAN.address4, OWN, 5060)).toBe('hello');
      expect(await ping(TECHNICIAN.address4)).toBe(true);
      // Who may open some ports of the edge may open those of its hosts.
      expect(await open(peers, HELPER.address4, `http://${OWN}/`)).toBe('200');
      expect(await askUdp(HELPER.address4, OWN, 5060)).toBe('hello');
      expect(await ping(HELPER.address4)).toBe(false);
      const refused = await Promise.all([
        askUdp(STRANGER.address4, OWN, 5060),
        askUdp(STRANGER.address4, OWN, 7381),
        open(peers, STRANGER.address4, `http://${OWN}/`),
        ping(STRANGER.address4),
      ]);
      expect(refused).toEqual(['', '', 'none', false]);
      await vi.waitFor(async () => {
        const [used] = await host.call<Address[]>('GET', '/addresses');
        // Two pages, two datagrams, one ping.
        expect(used).toMatchObject({ connections: 5 });
        expect(used!.bytes).toBeGreaterThan(5_000);
      }, 3_000);
      await takeAway(address);
      expect(await open(peers, TECHNICIAN.address4, `http://${OWN}/`)).toBe('none');
    });

    it('may be limited to ports and to peers, and forwards of the same numbers do not widen it', async () => {
      await add({ edgePort: 8001, allow: { nodes: ['phone'] } });
      await using _other = camera.spawn('socat', ['TCP-LISTEN:8001,reuseaddr,fork', 'EXEC:date']);
      await camera.waitFor({ tcp: 8001 });
      const address = await give({
        ports: [{ protocol: 'tcp', from: 80, to: 81 }],
        allow: { nodes: ['laptop'] },
      });
      const says = async (from: string, port: number) =>
        (
          await peers.run('socat', ['-T1', '-', `TCP:${OWN}:${port},bind=${from},connect-timeout=1`], {
            reject: false,
          })
        ).stdout;
      expect(await open(peers, TECHNICIAN.address4, `http://${OWN}/`)).toBe('200');
      expect(await open(peers, HELPER.address4, `http://${OWN}/`)).toBe('none');
      expect(await says(TECHNICIAN.address4, 8001)).toBe('');
      expect(await ping(TECHNICIAN.address4)).toBe(true);
      await host.call('PATCH', `/addresses/${address.id}`, { ports: null });
      expect(await says(TECHNICIAN.address4, 8001)).not.toBe('');
      // The edge's own port is for the phone, and the address has nothing to say about it.
      expect(await open(peers, HELPER.address4, `http://${EDGE.address4}:8001/`)).toBe('200');
      expect(await open(peers, TECHNICIAN.address4, `http://${EDGE.address4}:8001/`)).toBe('none');
      await takeAway(address);
      await removeAll();
    });

    it('loses its connections with its address, though a forward has the same port', async () => {
      await using _server = camera.spawn('socat', ['TCP-LISTEN:8001,reuseaddr,fork', 'EXEC:cat']);
      await camera.waitFor({ tcp: 8001 });
      await add({ edgePort: 8001 });
      const address = await give();
      await using client = peers.spawn('socat', ['-', `TCP:${OWN}:8001,bind=${TECHNICIAN.address4}`], {
        stdin: 'pipe',
      });
      client.stdin!.write('one\n');
      await client.waitForOutput(/one/);
      const kept = platform.ports.firewall.cutConnections;
      // Even where nothing makes conntrack forget.
      platform.ports.firewall.cutConnections = async () => undefined;
      await takeAway(address);
      platform.ports.firewall.cutConnections = kept;
      client.stdin!.write('two\n');
      await expect(client.waitForOutput(/two/, 1_000)).rejects.toMatchObject({ code: 'LAB_TIMEOUT' });
      await removeAll();
    });
  });

  it('lets nothing through to the LAN but what it translated', async () => {
    await add();
    await peers.configure(['route add 192.168.1.0/24 via 100.64.0.1 dev sg0']);
    await camera.configure(['route replace 100.64.0.0/10 via 192.168.1.2']);
    expect(await open(peers, TECHNICIAN.address4, `http://${CAMERA}/`)).toBe('none');
    // Nor the other way.
    await using _web = peers.spawn('socat', ['TCP-LISTEN:8088,reuseaddr,fork', 'EXEC:date']);
    await peers.waitFor({ tcp: 8088 });
    expect(await open(camera, undefined, `http://${TECHNICIAN.address4}:8088/`)).toBe('none');
    await peers.configure(['route del 192.168.1.0/24']);
    await removeAll();
  });

  it('opens own services to permitted peers only, by their second port too', async () => {
    const page = "require('node:http').createServer((_, reply) => reply.end('page')).listen(7380)";
    await using _web = edge.spawn(process.execPath, ['-e', page]);
    await edge.waitFor({ tcp: 7380 });
    await using _ssh = edge.spawn('socat', ['TCP-LISTEN:22,reuseaddr,fork', 'EXEC:date']);
    await edge.waitFor({ tcp: 22 });
    for (const port of [80, 7380]) {
      expect(await open(peers, TECHNICIAN.address4, `http://${EDGE.address4}:${port}/`)).toBe('200');
      expect(await open(peers, HELPER.address4, `http://${EDGE.address4}:${port}/`)).toBe('200');
      expect(await open(peers, STRANGER.address4, `http://${EDGE.address4}:${port}/`)).toBe('none');
    }
    const banner = await peers.run('socat', ['-T', '1', '-', `TCP:${EDGE.address4}:22,connect-timeout=1`], {
      reject: false,
    });
    expect(banner.stdout).toBe('');
  });

  it('answers pings and heartbeats of every known peer, of unknown ones nothing', async () => {
    await using _heartbeat = edge.spawn('socat', ['UDP-RECVFROM:7381,fork', 'EXEC:cat']);
    await edge.waitFor({ udp: 7381 });
    await peers.configure(['addr add 100.64.0.9/10 dev sg0']);
    const ping = async (from: string) =>
      (await peers.run('ping', ['-c1', '-W1', '-I', from, EDGE.address4], { reject: false })).exitCode === 0;
    expect(await askUdp(STRANGER.address4, EDGE.address4, 7381)).toBe('hello');
    expect(await askUdp('100.64.0.9', EDGE.address4, 7381)).toBe('');
    expect(await ping(STRANGER.address4)).toBe(true);
    expect(await ping('100.64.0.9')).toBe(false);
  });

  it('cuts open connections when a forward is removed', async () => {
    await using _server = camera.spawn('socat', ['TCP-LISTEN:7777,reuseaddr,fork', 'EXEC:cat']);
    await camera.waitFor({ tcp: 7777 });
    const { id, edgePort } = await add({ targetPort: 7777 });
    const target = `TCP:${EDGE.address4}:${edgePort},bind=${TECHNICIAN.address4}`;
    await using client = peers.spawn('socat', ['-', target], { stdin: 'pipe' });
    client.stdin!.write('one\n');
    await client.waitForOutput(/one/);
    await host.call('DELETE', `/forwards/${id}`);
    const { stdout } = await edge.run('conntrack', ['-L', '-p', 'tcp', '--orig-port-dst', `${edgePort}`]);
    expect(stdout).toBe('');
    client.stdin!.write('two\n');
    await expect(client.waitForOutput(/two/, 1_500)).rejects.toMatchObject({ code: 'LAB_TIMEOUT' });
  });

  it('stops letting a removed forward through even where conntrack still knows its connection', async () => {
    await using _server = camera.spawn('socat', ['TCP-LISTEN:7778,reuseaddr,fork', 'EXEC:cat']);
    await camera.waitFor({ tcp: 7778 });
    const { edgePort } = await add({ targetPort: 7778 });
    const target = `TCP:${EDGE.address4}:${edgePort},bind=${TECHNICIAN.address4}`;
    await using client = peers.spawn('socat', ['-', target], { stdin: 'pipe' });
    client.stdin!.write('one\n');
    await client.waitForOutput(/one/);
    await platform.ports.firewall.apply(renderRuleset(mergeWishes([tunnelWish()]), 0), signal);
    client.stdin!.write('two\n');
    await expect(client.waitForOutput(/two/, 1_000)).rejects.toMatchObject({ code: 'LAB_TIMEOUT' });
    await platform.ports.firewall.remove();
    await host.settled();
    await removeAll();
  });

  it('keeps a connection through changes of other forwards', async () => {
    await using _server = camera.spawn('socat', ['TCP-LISTEN:7779,reuseaddr,fork', 'EXEC:cat']);
    await camera.waitFor({ tcp: 7779 });
    const { edgePort } = await add({ targetPort: 7779 });
    const target = `TCP:${EDGE.address4}:${edgePort},bind=${TECHNICIAN.address4}`;
    await using client = peers.spawn('socat', ['-', target], { stdin: 'pipe' });
    client.stdin!.write('one\n');
    await client.waitForOutput(/one/);
    const { id } = await add({ edgePort: 9001 });
    await host.call('DELETE', `/forwards/${id}`);
    client.stdin!.write('two\n');
    await client.waitForOutput(/two/);
    await removeAll();
  });

  it('leaves the old table where nft refuses the new one', async () => {
    const { id } = await add();
    const before = await listing();
    const { apply } = platform.ports.firewall;
    platform.ports.firewall.apply = ({ objects }, abort) =>
      apply(
        {
          objects: [...objects, { rule: { family: 'inet', table: 'sidegate', chain: 'nowhere', expr: [] } }],
        },
        abort,
      );
    expect(await codeFrom(add({ edgePort: 9002 }))).toBe('NFT_REJECTED');
    platform.ports.firewall.apply = apply;
    expect(await listing()).toBe(before);
    expect((await host.call<Forward[]>('GET', '/forwards')).map((forward) => forward.id)).toEqual([id]);
    expect(await open(peers, TECHNICIAN.address4, `http://${EDGE.address4}:8001/`)).toBe('200');
    await removeAll();
  });

  it('counts connections and bytes', async () => {
    // A port of its own: the last packets of connections that were cut before may still come.
    const { id, edgePort } = await add({ edgePort: 9100 });
    for (let time = 0; time < 3; time++)
      await open(peers, TECHNICIAN.address4, `http://${EDGE.address4}:${edgePort}/`);
    const counters = await platform.ports.firewall.readCounters(signal);
    expect(counters.get(connectionsCounter(id))?.packets).toBe(3);
    expect(counters.get(trafficCounter(id))?.bytes).toBeGreaterThan(3 * 3_000);
    // What was read within the last second is not read again.
    await vi.waitFor(async () => {
      expect(await host.call('GET', '/forwards')).toMatchObject([{ connections: 3 }]);
    }, 3_000);
    await removeAll();
  });

  it("clamps the MSS of both sides to the tunnel's MTU", async () => {
    const { edgePort } = await add();
    const capture = (machine: Machine, ifName: string, from: string) =>
      machine.spawn('tcpdump', ['-nlc1', '-i', ifName, `tcp[tcpflags] & tcp-syn != 0 and ${from}`]);
    await using lan = capture(camera, 'eth0', 'src net 192.168.1.0/24');
    await using mesh = capture(peers, 'sg0', 'src port 8001');
    await Promise.all([lan, mesh].map((dump) => dump.waitForOutput(/listening on/)));
    await vi.waitFor(async () => {
      await open(peers, TECHNICIAN.address4, `http://${EDGE.address4}:${edgePort}/`);
      // Towards the LAN the limit is the way back through the tunnel: 1280 - 40.
      for (const dump of [lan, mesh]) expect(dump.output()).toMatch(/mss 1240/);
    }, 5_000);
    await removeAll();
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

  it('ends a forward in time though the agent is dead, its open connections too', async () => {
    await host[Symbol.asyncDispose]();
    await using _server = camera.spawn('socat', ['TCP-LISTEN:7780,reuseaddr,fork', 'EXEC:cat']);
    await camera.waitFor({ tcp: 7780 });
    const agent = edge.spawn(process.execPath, ['--input-type=module', '-e', AGENT], {
      cwd: import.meta.dirname,
    });
    await agent.waitForOutput(/ready/, 15_000);
    const target = { kind: 'address', address: CAMERA };
    const publish = async (edgePort: number, expiresAt?: number) => {
      const body = JSON.stringify({ target, targetPort: 7780, edgePort, expiresAt });
      const to = ['--unix-socket', '/run/sidegate/sidegate.sock', 'http://agent/api/forwards'];
      await edge.run('curl', ['-sSf', '-H', 'content-type: application/json', '-d', body, ...to]);
    };
    const connect = (port: number) =>
      peers.spawn('socat', ['-', `TCP:${EDGE.address4}:${port},bind=${TECHNICIAN.address4}`], {
        stdin: 'pipe',
      });
    await publish(9001);
    await publish(9002, Date.now() + 4_000);
    await using kept = connect(9001);
    await using ending = connect(9002);
    for (const client of [kept, ending]) {
      client.stdin!.write('one\n');
      await client.waitForOutput(/one/);
    }
    agent.kill('SIGKILL');
    await agent.exited;
    ending.stdin!.write('two\n');
    await ending.waitForOutput(/two/);
    await vi.waitFor(async () => expect(await listing()).not.toContain('tcp . 9002'), 6_000);
    for (const client of [kept, ending]) client.stdin!.write('three\n');
    await kept.waitForOutput(/three/);
    await expect(ending.waitForOutput(/three/, 1_000)).rejects.toMatchObject({ code: 'LAB_TIMEOUT' });
    await using late = connect(9002);
    late.stdin!.write('four\n');
    await expect(late.waitForOutput(/four/, 1_000)).rejects.toMatchObject({ code: 'LAB_TIMEOUT' });
  });

  it('puts back a change that cut its author off and was not confirmed, though the agent died in between', async () => {
    await host[Symbol.asyncDispose]();
    const start = async () => {
      const agent = edge.spawn(process.execPath, ['--input-type=module', '-e', AGENT], {
        cwd: import.meta.dirname,
      });
      await agent.waitForOutput(/ready/, 15_000);
      return agent;
    };
    const call = async (method: string, path: string, body: object) => {
      const to = ['--unix-socket', '/run/sidegate/sidegate.sock', `http://agent/api${path}`];
      const argv = ['-sSf', '-X', method, '-H', 'content-type: application/json'];
      const { stdout } = await edge.run('curl', [...argv, '-d', JSON.stringify(body), ...to]);
      return stdout === '' ? undefined : (JSON.parse(stdout) as Forward);
    };
    const page = () => open(peers, TECHNICIAN.address4, `http://${EDGE.address4}:9003/`);
    const first = await start();
    const target = { kind: 'address', address: CAMERA };
    const forward = await call('POST', '/forwards', { target, targetPort: 80, edgePort: 9003 });
    expect(await page()).toBe('200');
    await call('DELETE', `/forwards/${forward!.id}?via=${CAMERA}`, {});
    expect(await page()).toBe('none');
    first.kill('SIGKILL');
    await first.exited;
    expect(await page()).toBe('none');
    await using _second = await start();
    await vi.waitFor(async () => expect(await page()).toBe('200'), 10_000);
  });
});
