/** OpenWrt as the daemon sees it: configuration from UCI, enrolment at the first boot, the object on the bus. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@sidegate/kit';
import { UbusError } from 'node-ubus';
import { describe, expect, it, vi } from 'vitest';
import { type FakeRouter, openFakeRouter } from '../system/testing/fake-router.ts';
import { detectCapabilities } from './detect-capabilities.ts';
import { createMemoryRun } from './memory/memory-run.ts';
import { findUciOrder, parseEnrolFile } from './openwrt/enrol-unattended.ts';
import { createOpenwrtPlatform, parseRelease } from './openwrt.ts';
import type { RunningAgent } from './platform.ts';

type Call = readonly [method: string, path: string, body?: unknown];

const openPlatform = async (prepare: (router: FakeRouter) => void = () => {}) => {
  const router = await openFakeRouter();
  prepare(router);
  const { directory } = router;
  const platform = await createOpenwrtPlatform({
    paths: {
      stateDir: join(directory, 'state'),
      runtimeDir: join(directory, 'run'),
      configFile: join(directory, 'etc/config.json'),
    },
    log: silentLogger,
    ubusPath: router.path,
    hostsDirectory: join(directory, 'hosts'),
    shadowFile: join(directory, 'shadow'),
  });
  return {
    router,
    platform,
    async [Symbol.asyncDispose]() {
      await platform.close?.();
      await router[Symbol.asyncDispose]();
    },
  };
};

/** An agent that answers from a table and notes what it was asked. */
const fakeAgent = (answers: Readonly<Record<string, unknown>>) => {
  const calls: Call[] = [];
  const warnings = new Map<string, string>();
  const agent: RunningAgent = {
    async ask(...call) {
      calls.push(call);
      const answer = answers[`${call[0]} ${call[1]}`];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    health: {
      raise: ({ code, hint }) => void warnings.set(code, hint),
      clear: (code) => void warnings.delete(code),
    },
    clock: systemClock,
  };
  return { agent, calls, warnings };
};
const ENROL = {
  '.type': 'enrol',
  broker: 'https://broker.example.com',
  key: 'sgk_secret',
  name: 'attic',
} as const;
const wasAsked = (calls: readonly Call[], method: string, path: string) =>
  calls.some((call) => call[0] === method && call[1] === path);

describe('the configuration', () => {
  it('is that of UCI, what is wrong with it being named', async () => {
    await using machine = await openPlatform((router) => {
      router.uci = { main: { '.type': 'sidegate', log_level: 'debug', colour: 'red' } };
    });
    const config = await machine.platform.readConfig();
    expect(config.core.logLevel).toBe('debug');
    expect(config.problems).toEqual([
      { section: 'core', message: 'there is no option colour; it is ignored' },
    ]);
  });

  it.each([
    ['cannot be parsed', 'broken' as const],
    ['is of a newer format', { main: { '.type': 'sidegate', format: '9' } }],
  ])('is refused and not written when it %s', async (_, uci) => {
    await using machine = await openPlatform((router) => {
      router.uci = uci;
    });
    const config = await machine.platform.readConfig();
    expect(config.isRefused).toBe(true);
    expect(config.problems[0]?.message).toMatch(/the defaults are in use$/);
    expect(machine.router.commits).toBe(0);
  });
});

describe('enrolment at the first boot', () => {
  it('joins by UCI, and takes the key away with one write', async () => {
    await using machine = await openPlatform((router) => {
      router.uci = { enrol: { ...ENROL } };
    });
    const { agent, calls } = fakeAgent({
      'GET /status': { state: 'not-enrolled' },
      'POST /up': { state: 'up' },
    });
    await using _ = await machine.platform.attend!(agent);
    await vi.waitFor(() => expect(machine.router.commits).toBe(1));
    const body = { brokerUrl: ENROL.broker, key: ENROL.key, name: 'attic', role: undefined };
    expect(calls).toContainEqual(['POST', '/up', body]);
    expect(JSON.stringify(machine.router.uci)).not.toContain('sgk_');
  });

  it('joins by a file of the image, and deletes it', async () => {
    await using machine = await openPlatform();
    const file = join(machine.router.directory, 'etc/enrol');
    await mkdir(join(machine.router.directory, 'etc'));
    await writeFile(file, '# provider\nbroker https://broker.example.com\nkey sgk_secret\n');
    const { agent, calls } = fakeAgent({
      'GET /status': { state: 'not-enrolled' },
      'POST /up': { state: 'up' },
    });
    await using _ = await machine.platform.attend!(agent);
    await vi.waitFor(() => expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' }));
    expect(wasAsked(calls, 'POST', '/up')).toBe(true);
    expect(machine.router.commits).toBe(0);
  });

  it('leaves an identity alone, and takes the key away all the same', async () => {
    await using machine = await openPlatform((router) => {
      router.uci = { enrol: { ...ENROL } };
    });
    const { agent, calls } = fakeAgent({ 'GET /status': { state: 'down' } });
    await using _ = await machine.platform.attend!(agent);
    await vi.waitFor(() => expect(machine.router.commits).toBe(1));
    expect(wasAsked(calls, 'POST', '/up')).toBe(false);
  });

  it('keeps the key while the broker cannot be reached, and says so', async () => {
    await using machine = await openPlatform((router) => {
      router.uci = { enrol: { ...ENROL } };
    });
    const { agent, warnings } = fakeAgent({
      'GET /status': { state: 'not-enrolled' },
      'POST /up': new Error('The broker cannot be reached'),
    });
    await using _ = await machine.platform.attend!(agent);
    await vi.waitFor(() => expect(warnings.get('enrolment-unattended')).toContain('cannot be reached'));
    expect(warnings.get('enrolment-unattended')).not.toContain('sgk_');
    expect(machine.router.commits).toBe(0);
  });

  it.each([['no key here'], ['key'], ['broker https://x'], [undefined]])('finds no order in %j', (text) => {
    expect(parseEnrolFile(text)).toBeUndefined();
  });

  it.each([
    [5],
    [{ enrol: { '.type': 'enrol', key: ['a', 'b'] } }],
    [{ enrol: { '.type': 'other', key: 'x' } }],
  ])('finds no order in %j of UCI', (values) => expect(findUciOrder(values)).toBeUndefined());
});

describe('the object on the bus', () => {
  const open = async (answers: Readonly<Record<string, unknown>>) => {
    const machine = await openPlatform();
    const { agent, calls } = fakeAgent({ 'GET /status': { state: 'up' }, ...answers });
    const attending = await machine.platform.attend!(agent);
    await vi.waitFor(() => expect(machine.router.ubusd.objectPaths()).toContain('sidegate'));
    return {
      ...machine,
      calls,
      call: (method: string, args = {}) => machine.router.ubus.invoke('sidegate', method, args),
      async [Symbol.asyncDispose]() {
        await attending[Symbol.asyncDispose]();
        expect(machine.router.ubusd.objectPaths()).not.toContain('sidegate');
        await machine[Symbol.asyncDispose]();
      },
    };
  };

  it('carries the local API', async () => {
    await using bus = await open({
      'GET /hosts': [{ id: 'h_1' }],
      'GET /forwards': [{ id: 'f_1' }],
      'GET /addresses': [],
      'POST /scans': { id: 's_1' },
      'POST /login/ticket': { ticket: 'local-x', urls: ['http://192.168.1.1:7380/'] },
    });
    expect(await bus.call('status')).toEqual({ state: 'up' });
    expect(await bus.call('hosts')).toEqual({ hosts: [{ id: 'h_1' }] });
    expect(await bus.call('publications')).toEqual({ forwards: [{ id: 'f_1' }], addresses: [] });
    expect(await bus.call('login_ticket')).toMatchObject({ ticket: 'local-x' });
    // rpcd adds the session that it checked.
    expect(await bus.call('scan', { scope: 'c_1', ubus_rpc_session: '0'.repeat(32) })).toEqual({ id: 's_1' });
    expect(bus.calls).toContainEqual(['POST', '/scans', { scopeId: 'c_1' }]);
  });

  it('says why the agent refused, and keeps to itself what is no refusal', async () => {
    const body = {
      code: 'ENROLMENT_KEY_MALFORMED',
      message: 'This is not an enrolment key',
      hint: 'Look again.',
    };
    await using bus = await open({
      'POST /up': Object.assign(new Error('refused'), { body }),
      'GET /hosts': new Error('/secret/path'),
    });
    expect(await bus.call('up', { key: 'x' })).toEqual({ error: body });
    await expect(bus.call('up', { key: 5 })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(bus.call('hosts')).rejects.toThrow(UbusError);
  });
});

it('does without what the machine lacks: an nft without JSON is no firewall for us', async () => {
  const fails = () => {
    throw new Error('Error: JSON support not compiled-in');
  };
  const { run } = createMemoryRun({ wg: () => '', nft: fails, 'arp-scan': () => '' });
  expect(await detectCapabilities(run)).toEqual(new Set(['wireguard', 'arp-scan']));
});

it('names the release', () => {
  expect(parseRelease("DISTRIB_ID='OpenWrt'\nDISTRIB_DESCRIPTION='OpenWrt 25.12.5 r1-abc'\n")).toBe(
    'OpenWrt 25.12.5 r1-abc',
  );
  expect(parseRelease('')).toBe('OpenWrt');
});
