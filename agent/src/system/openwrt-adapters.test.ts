/** The adapters of OpenWrt against a router's services on a bus in this process. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVirtualClock, Secret, silentLogger } from '@sidegate/kit';
import type { Ip, Ip4, Ip6 } from '@sidegate/protocol';
import { describe, expect, it, vi } from 'vitest';
import { describeLogins } from '../platform/contract/describe-logins.ts';
import { describeResolver } from '../platform/contract/describe-resolver.ts';
import { describeTunnel } from '../platform/contract/describe-tunnel.ts';
import { createMemoryFirewall } from '../platform/memory/memory-firewall.ts';
import { createMemoryTunnel } from '../platform/memory/memory-tunnel.ts';
import type { IfName, TunnelConfig } from '../ports/index.ts';
import { createAtomicFiles } from './atomic-files.ts';
import { createChangeRecord } from './change-record.ts';
import { createDnsmasqResolver } from './dnsmasq-resolver.ts';
import { createFw4Openings, renderFw4Rules, withFw4Openings } from './fw4-openings.ts';
import { createNetifdTunnel } from './netifd-tunnel.ts';
import { createRouterLeases } from './router-leases.ts';
import { createRpcdLogins } from './rpcd-logins.ts';
import { type FakeRouter, openFakeRouter } from './testing/fake-router.ts';
import { createUciPackage } from './uci.ts';

const SG0 = 'sg0' as IfName;
const { signal } = new AbortController();
const CONFIG: TunnelConfig = {
  interfaceName: SG0,
  privateKey: new Secret('key'),
  listenPort: 23456,
  mtuBytes: 1280,
  address4: '100.64.0.2' as Ip4,
  address6: 'fd00::2' as Ip6,
};

const openLogins = async (shadow: string) => {
  const router = await openFakeRouter();
  const shadowFile = join(router.directory, 'shadow');
  await writeFile(shadowFile, shadow);
  const setPassword = async (password: string) => {
    router.password = password;
    await writeFile(shadowFile, 'daemon:*:0:0:99999:7:::\nroot:$1$hash:0:0:99999:7:::\n');
  };
  const logins = createRpcdLogins(router.ubus, shadowFile);
  return {
    router,
    logins,
    setPassword,
    userName: 'root',
    [Symbol.asyncDispose]: () => router[Symbol.asyncDispose](),
  };
};
const NO_PASSWORD = 'root::0:0:99999:7:::\n';

describeLogins('rpcd', () => openLogins(NO_PASSWORD));

describe('log-ins through rpcd', () => {
  it('never ask rpcd while root has no password, since it would say yes', async () => {
    await using machine = await openLogins(NO_PASSWORD);
    machine.router.password = '';
    expect(await machine.logins.verify('anything')).toBeUndefined();
    expect(machine.router.sessions.size).toBe(0);
  });

  it('refuse whom the access rules do not let write, and leave no session', async () => {
    await using machine = await openLogins(NO_PASSWORD);
    await machine.setPassword('correct horse');
    machine.router.hasAccess = false;
    expect(await machine.logins.verify('correct horse')).toBeUndefined();
    machine.router.hasAccess = true;
    const login = await machine.logins.verify('correct horse');
    expect(login?.name).toBe('root');
    await login?.end?.();
    expect(machine.router.sessions.size).toBe(0);
  });

  it('last as long as rpcd keeps them and the access rules let them write', async () => {
    await using machine = await openLogins(NO_PASSWORD);
    await machine.setPassword('correct horse');
    const [one, other] = [
      await machine.logins.verify('correct horse'),
      await machine.logins.verify('correct horse'),
    ];
    const [id = ''] = machine.router.sessions;
    const luci = machine.logins.adopt?.(id);
    expect(await Promise.all([one?.isValid?.(), other?.isValid?.(), luci?.isValid?.()])).toEqual([
      true,
      true,
      true,
    ]);
    machine.router.sessions.delete(id);
    expect(await Promise.all([one?.isValid?.(), other?.isValid?.(), luci?.isValid?.()])).toEqual([
      false,
      true,
      false,
    ]);
    machine.router.hasAccess = false;
    expect(await other?.isValid?.()).toBe(false);
  });
});

const openResolver = async () => {
  const router = await openFakeRouter();
  const directory = join(router.directory, 'hosts');
  const areas = ['state', 'runtime', 'config'].map((area) => [area, join(router.directory, area)]);
  const record = createChangeRecord(createAtomicFiles(Object.fromEntries(areas)), 'boot', 'runtime');
  const resolver = createDnsmasqResolver({ ubus: router.ubus, record, log: silentLogger }, directory);
  const lookUp = async (name: string) => {
    const text = await readFile(join(directory, 'sidegate'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .map((line) => line.split(' '))
      .find((words) => words[1] === name)?.[0];
  };
  return {
    router,
    directory,
    record,
    resolver,
    lookUp,
    [Symbol.asyncDispose]: () => router[Symbol.asyncDispose](),
  };
};

describeResolver("dnsmasq's hosts directory", openResolver);

it('has dnsmasq read names again only when they change, and records them in RAM', async () => {
  await using machine = await openResolver();
  await mkdir(machine.directory);
  await writeFile(join(machine.directory, 'odhcpd'), '192.168.1.9 printer.lan\n');
  const names = [{ name: 'home.acme.sidegate.internal', address: '100.64.0.2' as Ip }];
  await machine.resolver.apply(names, signal);
  await machine.resolver.apply(names, signal);
  expect(machine.router.signals).toEqual(['dnsmasq 1']);
  expect(await machine.record.all()).toHaveLength(1);
  expect(await readFile(join(machine.router.directory, 'runtime/system-changes.json'), 'utf8')).toContain(
    'hosts',
  );
  await machine.resolver.remove();
  expect(machine.router.signals).toHaveLength(2);
  expect(await machine.record.all()).toEqual([]);
  expect(await readFile(join(machine.directory, 'odhcpd'), 'utf8')).toContain('printer.lan');
});

const openTunnel = async () => {
  const router: FakeRouter = await openFakeRouter();
  const memory = createMemoryTunnel();
  const clock = createVirtualClock();
  const openings = createFw4Openings(router.ubus, silentLogger);
  const firewall = withFw4Openings(createMemoryFirewall(), openings);
  const tunnel = createNetifdTunnel({
    tunnel: memory,
    openings,
    ubus: router.ubus,
    clock,
    log: silentLogger,
  });
  return {
    router,
    memory,
    clock,
    firewall,
    tunnel,
    interfaceName: SG0,
    routes: async () => memory.routes(SG0),
    [Symbol.asyncDispose]: () => router[Symbol.asyncDispose](),
  };
};

describeTunnel('netifd', openTunnel);

describe('an interface known to netifd', () => {
  it('is registered once, and taken back', async () => {
    await using machine = await openTunnel();
    await machine.tunnel.ensure(CONFIG, signal);
    await machine.tunnel.ensure(CONFIG, signal);
    expect([...machine.router.interfaces]).toEqual([
      ['sidegate', { proto: 'none', device: 'sg0', dynamic: true }],
    ]);
    await machine.tunnel.remove(SG0);
    expect(machine.router.interfaces.size).toBe(0);
  });

  it('leaves an interface that the operator made for the device as it is', async () => {
    await using machine = await openTunnel();
    machine.router.interfaces.set('mesh', { proto: 'none', device: 'sg0' });
    await machine.tunnel.ensure(CONFIG, signal);
    expect([...machine.router.interfaces.keys()]).toEqual(['mesh']);
  });

  it.each(['a restart of netifd', 'being taken down'])(
    'comes back with its routes after %s',
    async (what) => {
      await using machine = await openTunnel();
      await machine.tunnel.ensure(CONFIG, signal);
      await machine.tunnel.ensureRoutes(SG0, ['100.64.0.3/32'], signal);
      const ensured = vi.spyOn(machine.memory, 'ensureRoutes');
      const happen = async () => {
        if (what === 'a restart of netifd') return await machine.router.restartNetifd();
        machine.router.interfaces.clear();
        machine.router.notifyInterface('interface.down', 'sidegate');
      };
      const isBack = async () => {
        await machine.clock.advance(1_000);
        expect([...machine.router.interfaces.keys()]).toEqual(['sidegate']);
      };
      // Again and again: the agent may not be listening yet.
      await vi.waitFor(async () => {
        await happen();
        await vi.waitFor(isBack, { timeout: 500 });
      }, 4_000);
      await vi.waitFor(
        () => expect(ensured).toHaveBeenCalledWith(SG0, ['100.64.0.3/32'], expect.anything()),
        4_000,
      );
    },
  );

  it('works without netifd', async () => {
    await using machine = await openTunnel();
    await machine.router[Symbol.asyncDispose]();
    await expect(machine.tunnel.ensure(CONFIG, signal)).resolves.toEqual({ kind: expect.any(String) });
  });
});

describe('openings in fw4', () => {
  it('are told while a tunnel and our table are there, and not before or after', async () => {
    await using machine = await openTunnel();
    const told = () => machine.router.serviceData.get('sidegate');
    await machine.tunnel.ensure(CONFIG, signal);
    expect(told()).toEqual([]);
    await machine.firewall.apply({ objects: [] }, signal);
    expect(told()).toEqual(renderFw4Rules(CONFIG));
    await machine.firewall.remove();
    expect(told()).toEqual([]);
  });

  it('make no service of procd where there is none', async () => {
    await using machine = await openTunnel();
    machine.router.serviceData.clear();
    await machine.tunnel.ensure(CONFIG, signal);
    expect(machine.router.serviceData.size).toBe(0);
  });

  it('are WireGuard from anywhere, and all else from the tunnel only', () => {
    expect(renderFw4Rules(CONFIG)).toMatchInlineSnapshot(`
      [
        {
          "dest_port": "23456",
          "name": "Sidegate: WireGuard",
          "proto": "udp",
          "src": "*",
          "target": "ACCEPT",
          "type": "rule",
        },
        {
          "device": "sg0",
          "name": "Sidegate: from the tunnel to this router",
          "proto": "all",
          "src": "*",
          "target": "ACCEPT",
          "type": "rule",
        },
        {
          "dest": "*",
          "device": "sg0",
          "name": "Sidegate: from the tunnel to published hosts",
          "proto": "all",
          "src": "*",
          "target": "ACCEPT",
          "type": "rule",
        },
      ]
    `);
  });
});

describe('UCI', () => {
  it('reads a package, knows that there is none, and rejects a broken one', async () => {
    await using router = await openFakeRouter();
    const uci = createUciPackage(router.ubus, 'sidegate');
    router.uci = { main: { '.type': 'sidegate', log_level: 'debug' } };
    expect(await uci.read()).toMatchObject({ main: { '.type': 'sidegate', log_level: 'debug' } });
    router.uci = undefined;
    expect(await uci.read()).toBeUndefined();
    router.uci = 'broken';
    await expect(uci.read()).rejects.toMatchObject({ code: 'unknown-error' });
    expect(router.commits).toBe(0);
  });
});

it('gathers leases of odhcpd and hints of LuCI, and is content with neither', async () => {
  const router = await openFakeRouter();
  await using _ = router;
  expect(await createRouterLeases(router.ubus)()).toEqual([
    { mac: '02:00:00:00:00:08', address: '192.168.1.8', name: 'camera.lan' },
    { mac: '02:00:00:00:00:09', address: '192.168.1.9', name: 'printer' },
  ]);
  await router[Symbol.asyncDispose]();
  expect(await createRouterLeases(router.ubus)()).toEqual([]);
});
