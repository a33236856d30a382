/** SIGHUP: the configuration is read again, and the agent goes on with it in the same process. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, silentLogger } from '@sidegate/kit';
import type { EdgeStatus } from '@sidegate/protocol';
import * as v from 'valibot';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createLocalClient } from './cli/local-client.ts';
import { runDaemon } from './daemon.ts';
import { createMemoryPlatform } from './platform/memory.ts';
import type { PluginSource } from './plugin-api/index.ts';

const openDaemon = async (options: { readonly log?: Logger } = { log: silentLogger }) => {
  const directory = await mkdtemp(join(tmpdir(), 'sidegate-reload-'));
  const paths = { stateDir: directory, runtimeDir: directory, configFile: join(directory, 'config.json') };
  const platform = createMemoryPlatform({ paths });
  const controller = new AbortController();
  const ports: number[] = [];
  let log: Logger | undefined;
  const source: PluginSource = {
    name: 'listener',
    load: async () => ({
      plugin: {
        name: 'listener',
        apiVersion: 1,
        summary: 'Notes the port it was given',
        config: v.strictObject({ port: v.optional(v.number(), 1) }),
        setup(host, { port }) {
          ports.push(port);
          log = host.log;
          return {};
        },
      },
    }),
  };
  const running = runDaemon({ platform, plugins: [source], signal: controller.signal, ...options });
  const { ask } = createLocalClient(join(directory, 'sidegate.sock'), controller.signal);
  const health = async () => ((await ask('GET', '/status', v.unknown())) as EdgeStatus).health;
  await vi.waitFor(health);
  return {
    ports,
    log: () => log,
    health,
    async reload(text: string) {
      await platform.ports.files.writeText('config', 'config.json', text);
      process.emit('SIGHUP');
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await running;
      await rm(directory, { recursive: true });
    },
  };
};

it('starts its plugins anew where the configuration has changed, and only there', async () => {
  await using daemon = await openDaemon();
  await daemon.reload('{ "listener": { "port": 2 } }');
  await vi.waitFor(() => expect(daemon.ports).toEqual([1, 2]), 4_000);
  await vi.waitFor(daemon.health);
  await daemon.reload('{"listener":{"port":2}}');
  await daemon.reload('{ "listener": { "port": 3 } }');
  await vi.waitFor(() => expect(daemon.ports).toEqual([1, 2, 3]), 4_000);
});

it('logs at another level from then on, without starting anything anew', async () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  onTestFinished(() => write.mockRestore());
  const logOf = async (level: string) => {
    await daemon.reload(JSON.stringify({ core: { logLevel: level } }));
    await vi.waitFor(() => expect(lines.join('')).toContain(`changed state=${level}`), 4_000);
  };
  await using daemon = await openDaemon({});
  await vi.waitFor(() => expect(lines.join('')).toContain('the agent runs'), 4_000);
  daemon.log()?.debug('hidden at info');
  await logOf('debug');
  daemon.log()?.debug('said at debug');
  await logOf('info');
  daemon.log()?.debug('hidden again');
  expect(lines.filter((line) => / debug /.test(line))).toEqual([
    expect.stringMatching(/ debug listener: said at debug\n$/),
  ]);
  expect(daemon.ports).toEqual([1]);
});

it('goes on as it was with a file that cannot be read, says so, and forgets it when it is mended', async () => {
  await using daemon = await openDaemon();
  await daemon.reload('{ "listener": ');
  await vi.waitFor(
    async () => expect(await daemon.health()).toMatchObject([{ code: 'config-invalid' }]),
    4_000,
  );
  expect(daemon.ports).toEqual([1]);
  await daemon.reload('{}');
  await vi.waitFor(async () => expect(await daemon.health()).toEqual([]), 4_000);
  expect(daemon.ports).toEqual([1]);
});
