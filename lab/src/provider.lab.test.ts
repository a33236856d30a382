import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Home, type Lab, type Machine, NAT_PRESETS, requireLab, UdpPeer } from './index.ts';

/*
 *   inside ── router ── internet ── echo 203.0.113.10
 *     lan 192.168.1.0/24, dmz 192.168.100.0/24
 */
describe.skipIf(await requireLab())('what a provider and a router do to a home', () => {
  let lab: Lab;
  let home: Home;
  let echo: Machine;
  let inside: Machine;
  beforeAll(async () => {
    lab = await createLab();
    [echo, home] = await Promise.all([
      lab.addServer('echo', { addresses: ['203.0.113.10'] }),
      lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2', dmz: { cidr: '192.168.100.0/24' } }),
    ]);
    inside = await home.addMachine('inside', { address: '192.168.1.2' });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const ping = async (from: Machine, to: string): Promise<boolean> =>
    (await from.run('ping', ['-c', '1', '-W', '1', to], { reject: false })).exitCode === 0;

  it('resolves names of the internet through the home router', async () => {
    const { stdout } = await inside.run('getent', ['ahostsv4', 'echo.example']);
    expect(stdout).toMatch(/^203\.0\.113\.10 /);
  });

  it('moves the WAN address: the internet sees the new one, the machine inside sees nothing', async () => {
    await using near = new UdpPeer(inside);
    await using far = new UdpPeer(echo);
    const [socket, listener] = [await near.bind(), await far.bind('203.0.113.10')];
    const sourceOf = async (text: string) => {
      socket.send(`203.0.113.10:${listener.port}`, text);
      return (await listener.receive(text)).from.split(':')[0];
    };
    const seenInside = () => inside.run('ip', ['-oneline', 'address']);
    const before = await seenInside();
    expect(await sourceOf('before')).toBe('198.51.100.2');
    await home.router.setWanAddress('198.51.100.77');
    expect(await sourceOf('after')).toBe('198.51.100.77');
    expect(await seenInside()).toEqual(before);
    await home.router.setWanAddress('198.51.100.2');
  });

  it('blocks UDP and nothing else, until the block is lifted', async () => {
    await using near = new UdpPeer(inside);
    await using far = new UdpPeer(echo);
    const [socket, listener] = [await near.bind(), await far.bind('203.0.113.10')];
    const endpoint = `203.0.113.10:${listener.port}`;
    {
      await using _block = await home.router.uplink.block({ protocol: 'udp' });
      socket.send(endpoint, 'blocked');
      expect(await ping(inside, '203.0.113.10')).toBe(true);
    }
    socket.send(endpoint, 'free');
    await listener.receive('free');
    expect(listener.has('blocked')).toBe(false);
  });

  it('becomes another kind of NAT while it runs', async () => {
    await home.router.setNat(NAT_PRESETS.symmetric);
    expect(home.router.nat).toEqual(NAT_PRESETS.symmetric);
    expect((await home.router.run('nft', ['list', 'table', 'inet', 'router'])).stdout).toContain(
      'fully-random',
    );
    await home.router.setNat(NAT_PRESETS['port-restricted']);
  });

  it('lets the LAN reach the DMZ, not the other way round', async () => {
    const server = await home.addMachine('server', { address: '192.168.100.5', segment: 'dmz' });
    expect(await ping(inside, '192.168.100.5')).toBe(true);
    expect(await ping(server, '203.0.113.10')).toBe(true);
    expect(await ping(server, '192.168.1.2')).toBe(false);
  });

  it('moves a laptop to another home by replugging it', async () => {
    const cafe = await lab.addHome('cafe', { lan: '10.0.0.0/24', wan: '192.0.2.9' });
    const laptop = await home.addMachine('laptop', { address: '192.168.1.30', vendor: 'intel' });
    expect(await ping(laptop, '203.0.113.10')).toBe(true);
    await laptop.configure(['link del eth0']);
    await cafe.lan.plug(laptop, { addresses: ['10.0.0.30'] });
    expect(await laptop.address()).toBe('10.0.0.30');
    expect(await ping(laptop, '203.0.113.10')).toBe(true);
  });

  it('refuses an address outside of the network it is plugged into', async () => {
    const wrong = home.addMachine('lost', { address: '10.9.9.9' });
    await expect(wrong).rejects.toMatchObject({ code: 'LAB_BAD_TOPOLOGY' });
  });
});
