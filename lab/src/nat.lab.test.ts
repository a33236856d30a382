import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createLab,
  type Lab,
  type Machine,
  measureNat,
  NAT_PRESETS,
  type NatBehaviour,
  requireLab,
  UdpPeer,
} from './index.ts';

/*
 *   inside ── router (the NAT under test) ── internet ── echo  203.0.113.10
 *                                                              203.0.113.11
 */
const ADDRESSES = ['203.0.113.10', '203.0.113.11'] as const;

const RECORDS: Readonly<Record<string, NatBehaviour>> = {
  ...NAT_PRESETS,
  'full cone with hairpin': { ...NAT_PRESETS['full-cone'], hairpin: true },
  'restricted without port preservation': { ...NAT_PRESETS.restricted, portPreservation: false },
  'symmetric mapping that lets everybody in': { ...NAT_PRESETS.symmetric, filtering: 'endpoint-independent' },
};

describe.skipIf(await requireLab())('NAT kinds', () => {
  let lab: Lab;
  let echo: Machine;
  let homes = 1;
  beforeAll(async () => {
    lab = await createLab();
    echo = await lab.addServer('echo', { addresses: ADDRESSES });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const addHome = async (nat: NatBehaviour, cgnat = false) => {
    const index = ++homes;
    const wan = `198.51.100.${index}`;
    // Without NAT the LAN itself is public.
    const lan = nat.mapping === 'none' ? `192.0.2.0/24` : '192.168.1.0/24';
    const home = await lab.addHome(`home${index}`, { nat, lan, wan, cgnat });
    return { home, wan, inside: await home.addMachine('inside', { address: home.lan.host(2) }) };
  };

  for (const [name, nat] of Object.entries(RECORDS)) {
    it(`measures ${name} as its record says`, async () => {
      const { inside } = await addHome(nat);
      const measured = await measureNat({ inside, server: echo, addresses: ADDRESSES });
      expect(measured).toEqual(nat);
    });
  }

  it('gets every golden ruleset past the kernel', async () => {
    const directory = join(import.meta.dirname, 'golden');
    const files = readdirSync(directory);
    expect(files.length).toBeGreaterThan(Object.keys(NAT_PRESETS).length);
    for (const file of files) await echo.run('nft', ['-c', '-f', join(directory, file)]);
  });

  it('puts a carrier in front of a home: two translations, the carrier decides the outside port', async () => {
    const { home, wan, inside } = await addHome(NAT_PRESETS['port-restricted'], true);
    expect(home.router.uplink.address).toMatch(/^100\.64\./);
    expect(home.router.uplink.publicAddress).toBe(wan);
    const measured = await measureNat({ inside, server: echo, addresses: ADDRESSES });
    expect(measured).toEqual({ ...NAT_PRESETS['port-restricted'], portPreservation: false });
  });

  it('forgets an unsolicited packet, so that the port it was sent to stays usable', async () => {
    const { wan, inside } = await addHome(NAT_PRESETS['port-restricted']);
    await using near = new UdpPeer(inside);
    await using far = new UdpPeer(echo);
    const [socket, stranger] = [await near.bind('0.0.0.0', 41_641), await far.bind(ADDRESSES[0], 3478)];
    stranger.send(`${wan}:41641`, 'unsolicited');
    // Sent by the same process to itself: when this has arrived, the one before has left.
    stranger.send(`${ADDRESSES[0]}:3478`, 'fence');
    await stranger.receive('fence');
    socket.send(`${ADDRESSES[0]}:3478`, 'hello');
    expect((await stranger.receive('hello')).from).toBe(`${wan}:41641`);
    expect(socket.has('unsolicited')).toBe(false);
  });

  it('expires flows after the idle times of the record', async () => {
    const timeouts = { unrepliedSec: 7, streamSec: 77 };
    const { home, inside } = await addHome({ ...NAT_PRESETS['port-restricted'], timeouts });
    await using near = new UdpPeer(inside);
    await using far = new UdpPeer(echo);
    const [socket, listener] = [await near.bind(), await far.bind(ADDRESSES[0])];
    socket.send(`${ADDRESSES[0]}:${listener.port}`, 'hello');
    await listener.receive('hello');
    const { stdout } = await home.router.run('conntrack', [
      '-L',
      '-p',
      'udp',
      '--dport',
      String(listener.port),
    ]);
    expect(Number(/^udp +17 +(\d+) /.exec(stdout)?.[1])).toBeLessThanOrEqual(timeouts.unrepliedSec);
  });
});
