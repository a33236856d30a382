import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLab, type Lab, type Machine, requireLab, UdpPeer } from './index.ts';

const nameOfCamera = async (from: Machine): Promise<string> => {
  const { stdout } = await from.run('curl', ['-s', '--max-time', '5', 'http://192.168.1.64/status.json']);
  return (JSON.parse(stdout) as { name: string }).name;
};

const addHome = async (lab: Lab, name: string, wan: string) => {
  const home = await lab.addHome(name, { lan: '192.168.1.0/24', wan });
  const [board] = await Promise.all([
    home.addMachine('board', { address: '192.168.1.2' }),
    home.addCamera('camera', { address: '192.168.1.64', hostName: `camera-${name}` }),
  ]);
  return board;
};

/*
 *   board .2 ─┬─ 192.168.1.0/24 ── alder ─┐
 *  camera .64 ┘                           ├─ internet ── outsider 203.0.113.66
 *   board .2 ─┬─ 192.168.1.0/24 ── birch ─┘
 *  camera .64 ┘
 */
describe.skipIf(await requireLab())('isolation', () => {
  it('keeps homes with the same numbers apart', async () => {
    await using lab = await createLab();
    const [alder, birch] = await Promise.all([
      addHome(lab, 'alder', '198.51.100.2'),
      addHome(lab, 'birch', '192.0.2.2'),
    ]);
    expect(await nameOfCamera(alder)).toBe('camera-alder');
    expect(await nameOfCamera(birch)).toBe('camera-birch');
  });

  it('builds two homes full of devices in less than three seconds', async () => {
    const startedAt = performance.now();
    await using lab = await createLab();
    const addFullHome = async (name: string, wan: string) => {
      const home = await lab.addHome(name, { lan: '192.168.1.0/24', wan });
      await Promise.all([
        home.addMachine('board', { address: '192.168.1.2' }),
        home.addCamera('camera', { address: '192.168.1.64' }),
        home.addPrinter('printer', { address: '192.168.1.65' }),
        home.addNas('nas', { address: '192.168.1.66' }),
        home.addThing('thing', { address: '192.168.1.67' }),
        home.addPhone('phone'),
      ]);
    };
    await Promise.all([addFullHome('alder', '198.51.100.2'), addFullHome('birch', '192.0.2.2')]);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('shows the internet no open port of a home', async () => {
    await using lab = await createLab();
    const [outsider] = await Promise.all([
      lab.addServer('outsider', { addresses: ['203.0.113.66'] }),
      addHome(lab, 'alder', '198.51.100.2'),
    ]);
    expect((await outsider.run('ping', ['-c', '1', '-W', '1', '198.51.100.2'])).exitCode).toBe(0);
    const tries = [22, 53, 80, 554].map((port) =>
      outsider.run('curl', ['-s', '--connect-timeout', '0.3', `telnet://198.51.100.2:${port}`], {
        reject: false,
      }),
    );
    const TIMED_OUT = 28;
    expect((await Promise.all(tries)).map(({ exitCode }) => exitCode)).toEqual([
      TIMED_OUT,
      TIMED_OUT,
      TIMED_OUT,
      TIMED_OUT,
    ]);
  });

  it('runs two labs with the same names and numbers side by side', async () => {
    await using one = await createLab();
    await using two = await createLab();
    const boards = await Promise.all([
      addHome(one, 'alder', '198.51.100.2'),
      addHome(two, 'alder', '198.51.100.2'),
    ]);
    const server = await one.addServer('only-in-one', { addresses: ['203.0.113.10'] });
    expect((await boards[0].run('ping', ['-c', '1', '-W', '1', '203.0.113.10'])).exitCode).toBe(0);
    const other = await boards[1].run('ping', ['-c', '1', '-W', '0.3', '203.0.113.10'], { reject: false });
    expect(other.exitCode).not.toBe(0);
    await server.powerOff();
    await one[Symbol.asyncDispose]();
    expect(await nameOfCamera(boards[1])).toBe('camera-alder');
  });

  it('is taken down by an abort signal', async () => {
    const controller = new AbortController();
    await using lab = await createLab({ signal: controller.signal });
    const server = await lab.addServer('server', { addresses: ['203.0.113.10'] });
    controller.abort();
    await server.ended;
    await expect(lab.addServer('late', { addresses: ['203.0.113.11'] })).rejects.toMatchObject({
      code: 'LAB_BAD_TOPOLOGY',
    });
  });

  /*
   *   alder ─┐
   *          ├─ isp (one public address, hairpin) ── internet ── echo
   *   birch ─┘
   */
  it('lets two homes share a carrier and meet through its hairpin', async () => {
    await using lab = await createLab();
    const carrier = await lab.addCarrier('isp', { wan: '198.51.100.9' });
    const echo = await lab.addServer('echo', { addresses: ['203.0.113.10'] });
    await using far = new UdpPeer(echo);
    const listener = await far.bind('203.0.113.10', 3478);
    const join = async (name: string, wan: string) => {
      const home = await lab.addHome(name, { lan: '192.168.1.0/24', wan, cgnat: carrier });
      const socket = await new UdpPeer(await home.addMachine('pc', { address: '192.168.1.2' })).bind();
      socket.send('203.0.113.10:3478', `from ${name}`);
      return { socket, mapped: (await listener.receive(`from ${name}`)).from };
    };
    const [alder, birch] = await Promise.all([join('alder', '100.64.0.2'), join('birch', '100.64.0.3')]);
    expect([alder, birch].map(({ mapped }) => mapped.split(':')[0])).toEqual([
      '198.51.100.9',
      '198.51.100.9',
    ]);
    // Both home routers filter by address and port: each side has to knock before the other gets in.
    alder.socket.send(birch.mapped, 'knock');
    alder.socket.send('203.0.113.10:3478', 'knocked');
    await listener.receive('knocked');
    birch.socket.send(alder.mapped, 'come in');
    expect((await alder.socket.receive('come in')).from).toBe(birch.mapped);
    alder.socket.send(birch.mapped, 'hello');
    expect((await birch.socket.receive('hello')).from).toBe(alder.mapped);
  });

  it('takes along what was put to sleep in a machine', async () => {
    await using lab = await createLab();
    const machine = await lab.addServer('asleep', { addresses: ['203.0.113.10'] });
    const sleeper = machine.spawn('sh', ['-c', 'echo awake; kill -STOP $$']);
    await sleeper.waitForOutput(/awake/);
    const stateOf = (pid: number) => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    await machine.waitFor(() => stateOf(sleeper.pid) === 'T');
    await machine.powerOff();
    expect(await sleeper.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
