/** The whole daemon on a memory platform, over its real socket. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@sidegate/kit';
import type { EdgeStatus } from '@sidegate/protocol';
import { expect, it } from 'vitest';
import { fakePlugin } from './core/testing/fake-plugins.ts';
import { type DaemonOptions, runDaemon } from './daemon.ts';
import { createMemoryPlatform } from './platform/memory.ts';

const EXTERNAL = `export const plugin = {
  name: 'hello', apiVersion: 1, summary: 'Says hello',
  config: { '~standard': {}, '~run': (dataset) => ({ ...dataset, typed: true }) },
  setup(host) {
    host.hooks.api.add({ method: 'GET', path: '/hello', summary: 'Hello', handler: async () => 'hello' });
    return {};
  },
};`;

const openDaemon = async (config: unknown, plugins: DaemonOptions['plugins'] = []) => {
  const directory = await mkdtemp(join(tmpdir(), 'sidegate-daemon-'));
  await mkdir(join(directory, 'plugins'));
  await writeFile(join(directory, 'plugins', 'hello.mjs'), EXTERNAL);
  await writeFile(join(directory, 'plugins', 'README.txt'), 'not a plugin');
  const text = JSON.stringify(config).replaceAll('<directory>', directory);
  const platform = createMemoryPlatform({
    files: new Map([['config/config.json', text]]),
    paths: {
      stateDir: directory,
      runtimeDir: join(directory, 'run'),
      configFile: join(directory, 'config.json'),
    },
  });
  const controller = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const { signal } = controller;
  await new Promise<void>((resolve, reject) => {
    running = runDaemon({ platform, plugins, signal, log: silentLogger, onReady: resolve });
    running.catch(reject);
  });
  const ask = (path: string) =>
    new Promise<unknown>((resolve, reject) => {
      const socketPath = join(directory, 'run', 'sidegate.sock');
      request({ socketPath, path: `/api${path}` }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve(JSON.parse(Buffer.concat(chunks).toString()));
      })
        .on('error', reject)
        .end();
    });
  return {
    ask,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await running;
      await rm(directory, { recursive: true });
    },
  };
};

it('answers on its socket with status and its own description', async () => {
  await using daemon = await openDaemon({}, [fakePlugin('steady')]);
  const status = (await daemon.ask('/status')) as EdgeStatus;
  expect(status).toMatchObject({ state: 'down', platform: 'memory', health: [] });
  expect(status.plugins).toEqual([{ name: 'steady', state: 'running', detail: '' }]);
  expect(await daemon.ask('/openapi.json')).toMatchObject({ openapi: '3.1.0' });
});

it('loads plugins of others from the directory it is given, and none by default', async () => {
  await using closed = await openDaemon({});
  expect(((await closed.ask('/status')) as EdgeStatus).plugins).toEqual([]);
  await using open = await openDaemon({ core: { pluginDirectory: '<directory>/plugins' } });
  expect(await open.ask('/hello')).toBe('hello');
});

it('runs without a plugin directory that cannot be read, and says so', async () => {
  await using daemon = await openDaemon({ core: { pluginDirectory: '<directory>/none' } });
  const { health } = (await daemon.ask('/status')) as EdgeStatus;
  expect(health).toMatchObject([{ code: 'config-invalid', source: 'core' }]);
  expect(health[0]?.hint).toContain('pluginDirectory');
});
