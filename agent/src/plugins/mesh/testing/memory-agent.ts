/** A whole agent with the real core and the mesh plugin, on a machine of memory: no packet flows, beacons are played. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@sidegate/kit';
import type { EdgeStatus, ErrorBody, UpResponse } from '@sidegate/protocol';
import { parseAgentConfig } from '../../../config/agent-config.ts';
import { createCore } from '../../../core/core.ts';
import { serveLocally } from '../../../core/local-server.ts';
import { createMemoryPlatform, type MemoryOptions } from '../../../platform/memory.ts';
import type { IfName } from '../../../ports/index.ts';
import { plugin } from '../index.ts';

/** The tunnel. */
export const SG0 = 'sg0' as IfName;

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** An agent on a memory machine, reached over its unix socket as the CLI does; the test stops it. */
export const openMemoryAgent = async (options: MemoryOptions = {}) => {
  const directory = mkdtempSync(join(tmpdir(), 'sidegate-mesh-'));
  const socket = join(directory, 'agent.sock');
  const platform = createMemoryPlatform({ hostname: 'Box.lan', ...options });
  const config = parseAgentConfig(undefined);
  const plugins = [{ name: 'mesh', load: async () => ({ plugin }) }];
  const core = createCore({
    platform,
    version: '1.2.3',
    config,
    plugins,
    clock: systemClock,
    log: silentLogger,
  });
  const server = await serveLocally(socket, core.api, silentLogger);
  await core.start();
  const stop = async () => {
    await server[Symbol.asyncDispose]();
    await core.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const ask = <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> =>
    new Promise((resolve, reject) => {
      const asking = request({ socketPath: socket, method, path: `/api${path}` }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: (text === '' ? undefined : JSON.parse(text)) as T,
          }),
        );
      });
      asking.on('error', reject);
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  /** Plays the beacons: they answer as soon as they are peers. */
  const answerBeacons = async () => {
    for (let turn = 0; turn < 500 && !isUp(); turn++) {
      for (const { publicKey, allowedIps } of (await platform.fakes.tunnel.read(
        SG0,
        AbortSignal.timeout(1000),
      )) ?? [])
        if (allowedIps.length === 0)
          platform.fakes.tunnel.observe(SG0, publicKey, { latestHandshakeAt: systemClock.wallMs() });
      await systemClock.sleep(20);
    }
  };
  const isUp = () => core.status().broker?.beaconReachable === true;
  const up = async (body: unknown): Promise<Answer<UpResponse & ErrorBody>> => {
    const [answer] = await Promise.all([ask<UpResponse & ErrorBody>('POST', '/up', body), answerBeacons()]);
    return answer;
  };
  return { core, platform, ask, up, answerBeacons, stop, status: (): EdgeStatus => core.status() };
};
/** What `openMemoryAgent` gives. */
export type MemoryAgent = Awaited<ReturnType<typeof openMemoryAgent>>;
/** What is on its disk. */
export const filesOf = (agent: MemoryAgent) => agent.platform.fakes.files;
/** Waits until something is true, eight seconds at most. */
export const until = async (isTrue: () => boolean | Promise<boolean>) => {
  for (let turn = 0; turn < 400; turn++) {
    if (await isTrue()) return;
    await systemClock.sleep(20);
  }
  throw new Error(`this did not come true: ${isTrue}`);
};
