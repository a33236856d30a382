/** `make run` as a person uses it: wait for "ready", look through both local ports, Ctrl-C, nothing left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '@sidegate/lab/demo';
import { expect, test } from 'vitest';

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
};

/** Status of a page on a local port, asked for under a name. */
const statusOf = async (port: number, host: string): Promise<number | undefined> => {
  const asked = request({ host: '127.0.0.1', port, headers: { host } }).end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
};

/** Processes whose working files lie in the lab's directory: its holders and all that runs in them. */
const processesOf = (directory: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(directory);
    } catch {
      return false;
    }
  });

test('the world comes up, both doors open, and Ctrl-C leaves nothing behind', async () => {
  const [portalPort, laptopPort] = [await freePort(), await freePort()];
  const world = spawn(process.execPath, [join(ROOT, 'lab/demo/run.ts')], {
    env: { ...process.env, PORTAL_PORT: String(portalPort), LAPTOP_PORT: String(laptopPort) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  world.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  try {
    await expect.poll(() => said, { timeout: 30_000 }).toContain('Ctrl-C ends it');
    expect(await statusOf(portalPort, `127.0.0.1:${portalPort}`)).toBe(200);
    expect(await statusOf(laptopPort, `portal.localhost:${laptopPort}`)).toBe(200);
    expect(await statusOf(laptopPort, `alder.localhost:${laptopPort}`)).toBe(200);
    const directory = /Logs:\s+(\S+)/.exec(said)?.[1] ?? '';
    expect(processesOf(directory)).not.toEqual([]);
    world.kill('SIGINT');
    const [code] = await once(world, 'exit');
    expect(code).toBe(0);
    expect(existsSync(directory)).toBe(false);
    await expect.poll(() => processesOf(directory), { timeout: 5_000 }).toEqual([]);
  } finally {
    world.kill('SIGKILL');
  }
}, 60_000);
