import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Lab, type Machine, requireLab, UdpPeer, type UdpSocket } from './index.ts';

/*
 *   dual 192.168.1.2 + 2001:db8:a::2 ── router ── internet ── router ── only6 2001:db8:b::2
 *                                                     └── echo 203.0.113.10, 2001:db8:203::10
 */
describe.skipIf(await requireLab())('IPv6 in the lab', () => {
  let lab: Lab;
  let echo: Machine;
  let dual: Machine;
  let only6: Machine;
  beforeAll(async () => {
    lab = await createLab();
    const options = { lan: '192.168.1.0/24', nat: 'symmetric' } as const;
    const [server, alder, birch] = await Promise.all([
      lab.addServer('echo', { addresses: ['203.0.113.10', '2001:db8:203::10'] }),
      lab.addHome('alder', { ...options, wan: '198.51.100.2', lan6: '2001:db8:a::/64' }),
      lab.addHome('birch', { ...options, wan: '192.0.2.2', lan6: '2001:db8:b::/64' }),
    ]);
    echo = server;
    [dual, only6] = await Promise.all([
      alder.addMachine('dual', { address: '192.168.1.2', moreAddresses: ['2001:db8:a::2'] }),
      birch.addMachine('only6', { address: '2001:db8:b::2' }),
    ]);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const ping = async (from: Machine, to: string): Promise<boolean> =>
    (await from.run('ping', ['-c', '1', '-W', '1', to], { reject: false })).exitCode === 0;

  /** A socket sends in order: once it has heard from itself, what it sent before is on its way. */
  const hasSent = async (socket: UdpSocket, ownAddress: string) => {
    socket.send(`[${ownAddress}]:${socket.port}`, 'mark');
    await socket.receive('mark');
  };

  it('carries both families to a home that has both, and one to a machine that has one', async () => {
    expect(await ping(dual, '203.0.113.10')).toBe(true);
    expect(await ping(dual, '2001:db8:203::10')).toBe(true);
    expect(await ping(only6, '2001:db8:203::10')).toBe(true);
    expect(await ping(only6, '203.0.113.10')).toBe(false);
    expect(await ping(echo, '2001:db8:a::2')).toBe(true);
  });

  it('resolves names to both families, also for a machine that has one', async () => {
    const lookUp = async (machine: Machine, database: string) =>
      (await machine.run('getent', [database, 'echo.example'])).stdout.split(' ')[0];
    expect(await lookUp(dual, 'ahostsv4')).toBe('203.0.113.10');
    expect(await lookUp(dual, 'ahostsv6')).toBe('2001:db8:203::10');
    expect(await lookUp(only6, 'ahosts')).toBe('2001:db8:203::10');
  });

  it('shows addresses untranslated, and lets in only what was asked for', async () => {
    await using near = new UdpPeer(dual);
    await using far = new UdpPeer(echo);
    const [socket, listener] = [await near.bind('::', 40_001), await far.bind('::')];
    listener.send('[2001:db8:a::2]:40001', 'unasked');
    await hasSent(listener, '2001:db8:203::10');
    socket.send(`[2001:db8:203::10]:${listener.port}`, 'question');
    expect((await listener.receive('question')).from).toBe('[2001:db8:a::2]:40001');
    listener.send('[2001:db8:a::2]:40001', 'answer');
    await socket.receive('answer');
    expect(socket.has('unasked')).toBe(false);
  });

  it('lets two firewalls be punched from both sides', async () => {
    await using one = new UdpPeer(dual);
    await using other = new UdpPeer(only6);
    const [here, there] = [await one.bind('::', 40_002), await other.bind('::', 40_003)];
    here.send('[2001:db8:b::2]:40003', 'first');
    await hasSent(here, '2001:db8:a::2');
    there.send('[2001:db8:a::2]:40002', 'second');
    await here.receive('second');
    here.send('[2001:db8:b::2]:40003', 'third');
    await there.receive('third');
    expect(there.has('first')).toBe(false);
  });

  it('blocks one family and leaves the other', async () => {
    const home = lab.addHome('cedar', { lan: '192.168.1.0/24', wan: '192.0.2.3', lan6: '2001:db8:c::/64' });
    const machine = await (await home).addMachine('board', {
      address: '192.168.1.2',
      moreAddresses: ['2001:db8:c::2'],
    });
    await using _block = await (await home).router.uplink.block({ family: 6 });
    expect(await ping(machine, '203.0.113.10')).toBe(true);
    expect(await ping(machine, '2001:db8:203::10')).toBe(false);
  });
});
