/**
 * A host with a mesh address of its own, through the real nftables; the topology is that of `forwarding.lab.test.ts`.
 */
import { createLab, type Lab, type Machine, requireLab } from '@sidegate/lab';
import type { Address, Scope } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EDGE, HELPER, SCOPES, STRANGER, TECHNICIAN } from '../../forwarding/testing/sample-wishes.ts';
import { codeFrom, type TestHost } from '../testing/test-host.ts';
import {
  CAMERA,
  type ForwardingSite,
  OWN,
  openForwardingSite,
  ROUTED,
  speak,
  speakInVain,
} from './testing/forwarding-site.ts';

describe.skipIf(await requireLab())('a host with an address of its own', () => {
  let lab: Lab;
  let peers: Machine;
  let host: TestHost;
  let site: ForwardingSite;

  beforeAll(async () => {
    lab = await createLab();
    site = await openForwardingSite(lab);
    ({ peers, host } = site);
  });
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const page = `http://${OWN}/`;
  const open = (from: string, url = page) => site.open(peers, from, url);

  it('is there with all its ports and answers pings, as far as policy lets peers', async () => {
    await using _echo = await site.echo('udp', 5060);
    await using _heartbeat = await site.echo('udp', 7381);
    const address = await site.give();
    expect(address).toMatchObject({ address4: OWN, fqdn: 'camera.alder.acme.sidegate.internal' });
    const welcome = await Promise.all([
      open(TECHNICIAN.address4),
      site.askUdp(TECHNICIAN.address4, OWN, 5060),
      site.ping(TECHNICIAN.address4, OWN),
      // Who may open some ports of the edge may open those of its hosts.
      open(HELPER.address4),
      site.askUdp(HELPER.address4, OWN, 5060),
    ]);
    expect(welcome).toEqual(['200', 'hello', true, '200', 'hello']);
    const refused = await Promise.all([
      site.ping(HELPER.address4, OWN),
      site.askUdp(STRANGER.address4, OWN, 5060),
      site.askUdp(STRANGER.address4, OWN, 7381),
      open(STRANGER.address4),
      site.ping(STRANGER.address4, OWN),
    ]);
    expect(refused).toEqual([false, '', '', 'none', false]);
    await vi.waitFor(async () => {
      const [used] = await host.call<Address[]>('GET', '/addresses');
      // Two pages, two datagrams, one ping.
      expect(used).toMatchObject({ connections: 5 });
      expect(used!.bytes).toBeGreaterThan(5_000);
    }, 3_000);
    await site.takeAway(address);
    expect(await open(TECHNICIAN.address4)).toBe('none');
  });

  it('is the same for a machine of a routed network, as is a forward', async () => {
    const { address, own } = ROUTED;
    await site.camera.configure([`addr add ${address}/32 dev lo`]);
    await site.edge.configure([`route add 10.20.0.0/24 via ${CAMERA}`]);
    const target = { kind: 'address', address };
    expect(await codeFrom(site.give({ target, name: 'controller' }))).toBe('FORWARD_TARGET_OUTSIDE_SCOPES');
    const routed = { id: 'c_bbbbbbbbbbbbbbbb', cidr: '10.20.0.0/24', kind: 'routed', label: 'DMZ' } as Scope;
    host.setFact('scopes', [...SCOPES, routed]);
    const given = await site.give({ target, name: 'controller' });
    await site.add({ target, edgePort: 8003 });
    expect(
      await Promise.all([
        open(TECHNICIAN.address4, `http://${own}/`),
        site.ping(TECHNICIAN.address4, own),
        open(HELPER.address4, `http://${EDGE.address4}:8003/`),
        open(STRANGER.address4, `http://${own}/`),
        open(STRANGER.address4, `http://${EDGE.address4}:8003/`),
      ]),
    ).toEqual(['200', true, '200', 'none', 'none']);
    // A network that is no scope any more is none of ours.
    host.setFact('scopes', SCOPES);
    await vi.waitFor(
      async () => expect(await open(TECHNICIAN.address4, `http://${own}/`)).toBe('none'),
      5_000,
    );
    await site.takeAway(given);
    await site.removeAll();
  });

  it('may be limited to ports and to peers, and forwards of the same numbers do not widen it', async () => {
    await site.add({ edgePort: 8001, allow: { nodes: ['phone'] } });
    await using _other = site.camera.spawn('socat', ['TCP-LISTEN:8001,reuseaddr,fork', 'EXEC:date']);
    await site.camera.waitFor({ tcp: 8001 });
    const address = await site.give({
      ports: [{ protocol: 'tcp', from: 80, to: 81 }],
      allow: { nodes: ['laptop'] },
    });
    const says = async (from: string, port: number) => {
      const argv = ['-T1', '-', `TCP:${OWN}:${port},bind=${from},connect-timeout=1`];
      return (await peers.run('socat', argv, { reject: false })).stdout;
    };
    expect(
      await Promise.all([
        open(TECHNICIAN.address4),
        open(HELPER.address4),
        says(TECHNICIAN.address4, 8001),
        site.ping(TECHNICIAN.address4, OWN),
      ]),
    ).toEqual(['200', 'none', '', true]);
    await host.call('PATCH', `/addresses/${address.id}`, { ports: null });
    expect(await says(TECHNICIAN.address4, 8001)).not.toBe('');
    // The edge's own port is for the phone, and the address has nothing to say about it.
    const own = `http://${EDGE.address4}:8001/`;
    expect(await Promise.all([open(HELPER.address4, own), open(TECHNICIAN.address4, own)])).toEqual([
      '200',
      'none',
    ]);
    await site.takeAway(address);
    await site.removeAll();
  });

  it('loses, with ports that are no longer let through, what is open by them, and only that', async () => {
    await using _servers = await site.echo('tcp', 82);
    await using _udp = await site.echo('udp', 5061);
    const address = await site.give();
    await using kept = site.connect(TECHNICIAN.address4, 80, OWN);
    await using cut = site.connect(TECHNICIAN.address4, 82, OWN);
    await speak([cut], 'one');
    await site.askUdp(TECHNICIAN.address4, OWN, 5061);
    const open = async () => {
      const { stdout } = await site.edge.run('conntrack', ['-L', '--orig-dst', OWN]);
      return [...stdout.matchAll(/ dst=100\.64\.0\.50 sport=\d+ dport=(\d+)/g)]
        .map(([, port]) => port)
        .sort();
    };
    await vi.waitFor(async () => expect(await open()).toEqual(['5061', '80', '82']), 3_000);
    const udp = { protocol: 'udp', from: 5061, to: 5061 };
    await host.call('PATCH', `/addresses/${address.id}`, {
      ports: [{ protocol: 'tcp', from: 80, to: 81 }, udp],
    });
    expect(await open()).toEqual(['5061', '80']);
    expect(await speakInVain(cut, 'two')).toBe('LAB_TIMEOUT');
    kept.stdin!.write('GET / HTTP/1.0\r\n\r\n');
    await kept.waitForOutput(/HTTP\/1\.[01] 200/);
    await site.takeAway(address);
  });

  it('loses its connections with its address, though a forward has the same port', async () => {
    await using _server = await site.echo('tcp', 8001);
    await site.add({ edgePort: 8001 });
    const address = await site.give();
    await using client = site.connect(TECHNICIAN.address4, 8001, OWN);
    await speak([client], 'one');
    // Even where nothing makes conntrack forget.
    const cut = vi.spyOn(site.platform.ports.firewall, 'cutConnections').mockResolvedValue(undefined);
    await site.takeAway(address);
    cut.mockRestore();
    expect(await speakInVain(client, 'two')).toBe('LAB_TIMEOUT');
    await site.removeAll();
  });
});
