import type { Ip, Ip4, Ip6 } from '@sidegate/protocol';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import type { FirewallWish, PluginHost } from '../plugin-api/index.ts';
import type { IfName } from '../ports/index.ts';
import { fakePlugin } from './testing/fake-plugins.ts';
import { openCore } from './testing/open-core.ts';

const TUNNEL: FirewallWish = {
  tunnel: {
    interfaceName: 'sg0' as IfName,
    role: 'edge',
    self: { address4: '100.64.0.1' as Ip4, address6: 'fd00::1' as Ip6 },
    peers: [],
  },
};
const forward = (id: string, edgePort: number): FirewallWish => ({
  forwards: [{ id, protocol: 'tcp', edgePort, targetAddress: '192.168.1.64' as Ip4, targetPort: 80 }],
});
const life = (state: 'down' | 'up') => ({
  state,
  brokerUrl: undefined,
  brokerConnected: false,
  lastContactAt: undefined,
  beaconReachable: false,
  publicKey: undefined,
});

/** A plugin whose host a test can reach. */
const openPlugin = (name: string, setup: (host: PluginHost) => void = () => {}) => {
  const found: { host?: PluginHost } = {};
  const source = fakePlugin(name, (host) => {
    found.host = host;
    setup(host);
    return {};
  });
  return { source, host: () => found.host! };
};

describe('plugins', () => {
  it('start in order and stop in reverse, once', async () => {
    const steps: string[] = [];
    const plugin = (name: string, after: readonly string[]) =>
      fakePlugin(
        name,
        () => {
          steps.push(`setup ${name}`);
          return {
            start: async () => void steps.push(`start ${name}`),
            stop: async () => void steps.push(`stop ${name}`),
          };
        },
        { after },
      );
    const { core } = openCore([plugin('web', ['mesh']), plugin('mesh', [])]);
    await core.start();
    await core.stop();
    await core.stop();
    expect(steps).toEqual(['setup mesh', 'start mesh', 'setup web', 'start web', 'stop web', 'stop mesh']);
  });

  it('that throw are undone, named in health and tried again, while others go on', async () => {
    let tries = 0;
    const flaky = fakePlugin('flaky', (host) => ({
      async start() {
        host.hooks.api.add({ method: 'GET', path: '/flaky', summary: '', handler: async () => 1 });
        host.facts.claim('scopes').publish([]);
        host.health.raise({ code: 'half', severity: 'info', title: '', hint: '' });
        tries += 1;
        if (tries < 3) throw new Error('not yet');
      },
    }));
    await using opened = openCore([flaky, fakePlugin('steady')]);
    await opened.core.start();
    expect([opened.stateOf('flaky'), opened.stateOf('steady')]).toEqual(['failed', 'running']);
    expect(opened.codes()).toEqual(['flaky/plugin-failed']);
    await opened.clock.advance(60_000);
    expect(tries).toBe(3);
    expect(opened.stateOf('flaky')).toBe('running');
    expect(opened.codes()).toEqual(['flaky/half']);
  });

  it('that hang in their start are given up, and stopped when they come up late', async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stop = vi.fn(async () => {});
    const hanging = fakePlugin('hanging', async () => {
      await gate;
      return { stop };
    });
    await using opened = openCore([hanging]);
    const starting = opened.core.start();
    await opened.clock.advance(31_000);
    await starting;
    expect(opened.core.status().health[0]?.hint).toContain('did not end in time');
    release();
    await vi.waitFor(() => expect(stop).toHaveBeenCalled());
  });

  it('that do not fit the machine are skipped with the reason', async () => {
    await using opened = openCore(
      [
        fakePlugin('sweep', undefined, { requires: ['arp-scan'] }),
        fakePlugin('uci', undefined, { platforms: ['openwrt'] }),
        fakePlugin('off'),
        fakePlugin('web', undefined, { after: ['sweep', 'uci'] }),
      ],
      { capabilities: ['nftables'], config: { core: { disabledPlugins: ['off'] } } },
    );
    await opened.core.start();
    const details = opened.core.status().plugins.map(({ name, state, detail }) => [name, state, detail]);
    expect(details).toEqual([
      ['sweep', 'skipped', 'this machine has no arp-scan'],
      ['uci', 'skipped', 'not for memory'],
      ['off', 'skipped', 'turned off in the configuration'],
      ['web', 'running', ''],
    ]);
    expect(opened.codes()).toEqual(['sweep/plugin-skipped']);
  });

  it('with another contract, or none, fail alone', async () => {
    const future = fakePlugin('future', undefined, { apiVersion: 2 as 1 });
    const broken = { name: 'broken', load: async () => Promise.reject(new Error('no such module')) };
    await using opened = openCore([future, broken, fakePlugin('steady')]);
    await opened.core.start();
    expect(opened.core.status().plugins.map(({ state }) => state)).toEqual(['failed', 'failed', 'running']);
  });

  it('with unknown names or names taken twice stop the start', async () => {
    const unknown = openCore([fakePlugin('web', undefined, { after: ['mesh'] })]);
    await expect(unknown.core.start()).rejects.toMatchObject({ code: 'PLUGIN_NAME_UNKNOWN' });
    const twice = openCore([fakePlugin('web'), fakePlugin('web')]);
    await expect(twice.core.start()).rejects.toMatchObject({ code: 'PLUGIN_NAME_TAKEN' });
  });

  it('get their own section of the configuration, and defaults where it is wrong', async () => {
    const seen: unknown[] = [];
    const config = v.strictObject({ port: v.optional(v.number(), 7380) });
    const plugin = (name: string) =>
      fakePlugin(name, undefined, {
        config,
        setup: (_: PluginHost, section: unknown) => {
          seen.push(section);
          return {};
        },
      });
    await using opened = openCore([plugin('good'), plugin('bad')], {
      config: { good: { port: 1 }, bad: { port: 'x' }, stranger: {} },
    });
    await opened.core.start();
    expect(seen).toEqual([{ port: 1 }, { port: 7380 }]);
    expect([...opened.codes()].sort()).toEqual(['bad/config-invalid', 'core/config-invalid']);
  });
});

describe('facts', () => {
  it('have one owner, and go with it', async () => {
    const mesh = openPlugin('mesh', (host) => host.facts.claim('scopes').publish([]));
    const thief = openPlugin('thief', (host) => void host.facts.claim('scopes'));
    const opened = openCore([mesh.source, thief.source]);
    await opened.core.start();
    expect(opened.core.status().plugins[1]?.detail).toContain('FACT_CLAIMED_TWICE');
    expect(mesh.host().facts.get('scopes')).toEqual([]);
    await opened.core.stop();
    expect(mesh.host().facts.get('scopes')).toBeUndefined();
  });

  it('are watched from their present value on', async () => {
    const values: unknown[] = [];
    const owner = openPlugin('owner');
    const reader = openPlugin(
      'reader',
      (host) => void host.facts.watch('ticket-key', (key) => values.push(key)),
    );
    await using opened = openCore([owner.source, reader.source]);
    await opened.core.start();
    const claim = owner.host().facts.claim('ticket-key');
    claim.publish('one');
    claim.publish('one');
    claim.publish('two');
    claim.withdraw();
    expect(values).toEqual(['one', 'two', undefined]);
  });
});

describe('the firewall', () => {
  it('is one table made of all wishes, and goes when the last wish goes', async () => {
    const mesh = openPlugin('mesh', (host) => host.hooks.firewall.replace(TUNNEL));
    const forwarding = openPlugin('forwarding', (host) => host.hooks.firewall.replace(forward('f_1', 8001)));
    await using opened = openCore([mesh.source, forwarding.source]);
    const { firewall } = opened.platform.fakes;
    await opened.core.start();
    await forwarding.host().hooks.firewall.settled();
    expect(JSON.stringify(firewall.ruleset)).toContain('192.168.1.64');
    mesh.host().hooks.firewall.clear();
    await vi.waitFor(() => expect(firewall.ruleset).toBeUndefined());
  });

  it('is put back when another program flushes it, and found missing at the latest by the next look', async () => {
    const mesh = openPlugin('mesh', (host) => host.hooks.firewall.replace(TUNNEL));
    await using opened = openCore([mesh.source]);
    const { firewall } = opened.platform.fakes;
    await opened.core.start();
    await mesh.host().hooks.firewall.settled();
    firewall.flush();
    await vi.waitFor(() => expect(firewall.ruleset).toBeDefined());
    await firewall.remove();
    await opened.clock.advance(25_000);
    expect(firewall.ruleset).toBeDefined();
  });

  it('keeps the rules of before when new ones are refused, tells who asked, and tries again', async () => {
    const mesh = openPlugin('mesh', (host) => host.hooks.firewall.replace(TUNNEL));
    const forwarding = openPlugin('forwarding');
    await using opened = openCore([mesh.source, forwarding.source]);
    const { firewall } = opened.platform.fakes;
    await opened.core.start();
    await mesh.host().hooks.firewall.settled();
    const before = firewall.ruleset;
    const { apply } = firewall;
    const refusal = Object.assign(new Error('refused'), { code: 'NFT_REJECTED' });
    firewall.apply = async () => Promise.reject(refusal);
    const { hooks } = forwarding.host();
    hooks.firewall.replace(forward('f_1', 8001));
    await expect(hooks.firewall.settled()).rejects.toBe(refusal);
    expect(firewall.ruleset).toBe(before);
    expect(opened.codes()).toContain('core/firewall-failed');
    firewall.apply = apply;
    await opened.clock.advance(120_000);
    expect(JSON.stringify(firewall.ruleset)).toContain('192.168.1.64');
    expect(opened.codes()).toEqual([]);
  });

  it('gives a contested port to the first who asked and names it in health', async () => {
    const mesh = openPlugin('mesh', (host) => host.hooks.firewall.replace(TUNNEL));
    const one = openPlugin('one', (host) => host.hooks.firewall.replace(forward('f_1', 8001)));
    const two = openPlugin('two', (host) => host.hooks.firewall.replace(forward('f_2', 8001)));
    await using opened = openCore([mesh.source, one.source, two.source]);
    await opened.core.start();
    await one.host().hooks.firewall.settled();
    expect(opened.core.status().health).toMatchObject([
      { code: 'firewall-conflict', title: 'A port is wanted twice: tcp/8001' },
    ]);
  });

  it('is there as soon as the first plugin wishes, where none is in force', async () => {
    const { source } = openPlugin('mesh', (host) => host.hooks.firewall.replace(TUNNEL));
    const slow = fakePlugin('slow', (host) => ({ start: () => host.clock.sleep(1_000) }));
    await using opened = openCore([source, slow]);
    const starting = opened.core.start();
    await vi.waitFor(() => expect(opened.platform.fakes.firewall.applied).toBe(1));
    await opened.clock.advance(2_000);
    await starting;
  });

  it('of a process before is not touched before every plugin has said what it wishes, nor by a stop', async () => {
    const { source } = openPlugin('mesh', (host) => host.hooks.firewall.replace(TUNNEL));
    let appliedDuringStart = -1;
    let isStarting = false;
    const slow = fakePlugin('slow', (host) => ({
      async start() {
        isStarting = true;
        await host.clock.sleep(1_000);
        appliedDuringStart = opened.platform.fakes.firewall.applied;
        host.hooks.firewall.replace(forward('f_1', 8001));
      },
    }));
    const opened = openCore([source, slow]);
    await opened.platform.fakes.firewall.apply({ objects: [] }, new AbortController().signal);
    const starting = opened.core.start();
    await vi.waitFor(() => expect(isStarting).toBe(true));
    await opened.clock.advance(2_000);
    await starting;
    await vi.waitFor(() => expect(opened.platform.fakes.firewall.applied).toBe(2));
    expect(appliedDuringStart).toBe(1);
    await opened.core.stop();
    expect(JSON.stringify(opened.platform.fakes.firewall.ruleset)).toContain('192.168.1.64');
    expect(opened.platform.fakes.firewall.watchers).toBe(0);
  });

  it('leaves the table of a process before it alone while there are no wishes', async () => {
    await using opened = openCore([fakePlugin('mesh')]);
    const { firewall } = opened.platform.fakes;
    await firewall.apply({ objects: [] }, new AbortController().signal);
    await opened.core.start();
    await opened.clock.advance(60_000);
    expect(firewall.ruleset).toBeDefined();
  });
});

describe('names', () => {
  it('of all plugins are known once each, survive a stop, and go when nobody wants any', async () => {
    const name = { name: 'Home.sidegate.internal', address: '100.64.0.1' };
    const one = openPlugin('one', (host) =>
      host.hooks.names.replace([name, { name: 'x', address: 'nonsense' }]),
    );
    const two = openPlugin('two', (host) => host.hooks.names.replace([name]));
    const opened = openCore([one.source, two.source]);
    const { resolver } = opened.platform.fakes;
    await opened.core.start();
    const known = [{ name: 'home.sidegate.internal', address: '100.64.0.1' as Ip }];
    await vi.waitFor(() => expect(resolver.names).toEqual(known));
    one.host().hooks.names.clear();
    two.host().hooks.names.clear();
    await vi.waitFor(() => expect(resolver.names).toEqual([]));
    two.host().hooks.names.replace([name]);
    await vi.waitFor(() => expect(resolver.names).toEqual(known));
    await opened.core.stop();
    expect(resolver.names).toEqual(known);
  });
});

describe('being down', () => {
  it('takes back what was changed in the system', async () => {
    const mesh = openPlugin('mesh', (host) => host.facts.claim('life').publish(life('down')));
    await using opened = openCore([mesh.source]);
    const { firewall, sysctl } = opened.platform.fakes;
    await firewall.apply({ objects: [] }, new AbortController().signal);
    await sysctl.ensureForwarding(new AbortController().signal);
    await opened.core.start();
    await vi.waitFor(() => expect(firewall.ruleset).toBeUndefined());
    expect(sysctl.isForwarding).toBe(false);
  });

  it('is not the same as being unknown', async () => {
    await using opened = openCore([fakePlugin('mesh')]);
    const { sysctl } = opened.platform.fakes;
    await sysctl.ensureForwarding(new AbortController().signal);
    await opened.core.start();
    expect(sysctl.isForwarding).toBe(true);
  });
});

describe('the status', () => {
  it('is told to listeners once for a burst of changes, and only when it changed', async () => {
    const seen: string[] = [];
    const mesh = openPlugin('mesh', (host) => {
      host.events.on('status.changed', (status) => seen.push(status.state));
    });
    await using opened = openCore([mesh.source]);
    await opened.core.start();
    await opened.clock.advance(1_000);
    const claim = mesh.host().facts.claim('life');
    claim.publish(life('down'));
    claim.publish(life('up'));
    await opened.clock.advance(1_000);
    claim.publish(life('up'));
    await opened.clock.advance(1_000);
    expect(seen).toEqual(['down', 'up']);
  });
});
