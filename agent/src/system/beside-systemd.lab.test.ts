/**
 * Names and the tunnel's interface on a machine that systemd's own network programs look after: the real
 * systemd-resolved and systemd-networkd.
 *
 *   board 192.168.1.2 ── lan ── router
 */
import { existsSync } from 'node:fs';
import { appendFile, copyFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createLab, type Home, type Lab, type Machine, requireLab } from '@sidegate/lab';
import type { Ip } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeRecord } from './change-record.ts';
import { createHostsResolver } from './hosts-resolver.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const UNPACKED = `${ROOT}dist/tools/systemd`;
const firstOf = (...paths: readonly string[]) => paths.find((path) => existsSync(path));
const RESOLVED = firstOf(
  `${UNPACKED}/usr/lib/systemd/systemd-resolved`,
  `${UNPACKED}/lib/systemd/systemd-resolved`,
);
const NETWORKD = firstOf('/usr/lib/systemd/systemd-networkd', '/lib/systemd/systemd-networkd');
const LIBRARIES = ['x86_64', 'aarch64', 'arm']
  .map((arch) => `${UNPACKED}/usr/lib/${arch}-linux-gnu${arch === 'arm' ? 'eabihf' : ''}/systemd`)
  .join(':');

const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/></policy></busconfig>`;

/** A system bus of the machine's own, and the user that a daemon of systemd becomes. */
const prepare = async (board: Machine, user: string, directories: readonly string[]): Promise<void> => {
  await appendFile(board.path('/etc/passwd'), `${user}:x:990:990::/:/usr/sbin/nologin\n`);
  await appendFile(board.path('/etc/group'), `${user}:x:990:\n`);
  await board.run('install', ['-d', '/run/dbus', '/run/systemd']);
  await board.run('install', ['-d', '-o', '990', '-g', '990', ...directories]);
  await board.writeFile('/etc/bus.conf', BUS);
  const bus = board.spawn('dbus-daemon', ['--config-file=/etc/bus.conf', '--nofork', '--print-address']);
  await bus.waitForOutput(/unix:/);
};

const DROP_IN = `${ROOT}package/files/debian/sidegate.network`;
/** As installers and images write it. */
const CATCH_ALL =
  '[Match]\nName=*\n\n[Network]\nAddress=192.168.1.2/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n';

describe.skipIf(await requireLab())('beside systemd', () => {
  let lab: Lab;
  let home: Home;
  beforeAll(async () => {
    lab = await createLab();
    home = await lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2' });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it.skipIf(RESOLVED === undefined)(
    'systemd-resolved answers from our block, and forgets with it',
    async () => {
      await using board = await home.addMachine('resolved', { address: '192.168.1.2' });
      await prepare(board, 'systemd-resolve', ['/run/systemd/resolve']);
      board.spawn(RESOLVED!, [], { env: { LD_LIBRARY_PATH: LIBRARIES } });
      await board.waitFor({ udp: 53 });
      /** What whoever asks the stub over DNS is told. */
      const ask = async (name: string) => {
        const { stdout } = await board.run('busybox', ['nslookup', '-type=a', name, '127.0.0.53'], {
          reject: false,
        });
        return /^Name:.*\nAddress(?: \d)?: (\S+)$/m.exec(stdout)?.[1];
      };
      const record = { note: async () => {}, forget: async () => {} } as unknown as ChangeRecord;
      const resolver = createHostsResolver(record, board.path('/etc/hosts'));
      const { signal } = new AbortController();
      const [first, second] = ['home.acme.sidegate.internal', 'cam.home.acme.sidegate.internal'] as const;
      // Asked before, so that anything that remembers a "no" would show.
      expect([await ask(first), await ask(second)]).toEqual([undefined, undefined]);
      await resolver.apply([{ name: first, address: '100.64.0.2' as Ip }], signal);
      await board.waitFor(async () => (await ask(first)) === '100.64.0.2');
      await resolver.apply([{ name: second, address: '100.64.0.9' as Ip }], signal);
      await board.waitFor(async () => (await ask(second)) === '100.64.0.9');
      expect(await ask(first)).toBeUndefined();
      await resolver.remove();
      await board.waitFor(async () => (await ask(second)) === undefined);
    },
  );

  /** A board with a tunnel's interface, which networkd has looked at and left or taken. */
  const openWithNetworkd = async (name: string, hasDropIn: boolean) => {
    const board = await home.addMachine(name, { address: '192.168.1.2' });
    const state = ['', '/links', '/leases', '/lldp'].map((part) => `/run/systemd/netif${part}`);
    await prepare(board, 'systemd-network', state);
    // It does not wait for udev where /sys is read-only.
    await board.run('mount', ['-o', 'bind,ro', '/sys', '/sys']);
    await board.run('mkdir', ['-p', '/etc/systemd/network']);
    await board.writeFile('/etc/systemd/network/10-all.network', CATCH_ALL);
    if (hasDropIn) await copyFile(DROP_IN, board.path('/etc/systemd/network/00-sidegate.network'));
    await board.configure([
      'link add sg0 type bridge',
      'address add 100.64.0.1/32 dev sg0',
      'link set sg0 up',
      'route add 100.64.0.2/32 dev sg0 proto 83',
    ]);
    const networkd = board.spawn(NETWORKD!, [], { env: { SYSTEMD_LOG_LEVEL: 'debug' } });
    await networkd.waitForOutput(/^sg0: .*(unmanaged|-> configured)/m);
    await networkd.waitForOutput(/^eth0: .*-> configured/m);
    const { stdout } = await board.run('ip', ['-4', '-o', 'address', 'show', 'dev', 'sg0']);
    const addresses = [...stdout.matchAll(/inet (\S+)/g)].map((match) => match[1]);
    const routes = (await board.run('ip', ['route', 'show', 'dev', 'sg0'])).stdout;
    return { addresses, routes, [Symbol.asyncDispose]: () => board.powerOff() };
  };

  it.skipIf(NETWORKD === undefined)(
    'systemd-networkd leaves the tunnel alone, by the drop-in of the package',
    async () => {
      await using without = await openWithNetworkd('taken', false);
      expect(without.addresses).toContain('192.168.1.2/24');
      await using board = await openWithNetworkd('left', true);
      expect(board.addresses).toEqual(['100.64.0.1/32']);
      expect(board.routes).toBe('100.64.0.2 proto 83 scope link \n');
    },
  );
});
