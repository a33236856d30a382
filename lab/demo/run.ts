/**
 * `make run`: the whole world on this machine, with two local ports into it, until Ctrl-C. Everything is in network
 * namespaces that end with this process; on the machine itself only two listening sockets on 127.0.0.1 are seen.
 */

import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { probeCapabilities } from '../src/index.ts';
import { joinSockets } from './join-sockets.ts';
import { ROOT } from './paths.ts';
import { ACCOUNT, createWorld, EDGE_PASSWORD, HOMES, TECHNICIAN, type World } from './world.ts';

const PORTAL_PORT = Number(process.env.PORTAL_PORT ?? 8080);
const LAPTOP_PORT = Number(process.env.LAPTOP_PORT ?? 8118);

/** A local port whose connections go to a unix socket. */
const openDoor = async (port: number, socketPath: string): Promise<Server> => {
  const server = createServer((client) => joinSockets(client, connect(socketPath)));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    const name = port === PORTAL_PORT ? 'PORTAL_PORT' : 'LAPTOP_PORT';
    throw new Error(
      error.code === 'EADDRINUSE'
        ? `port ${port} on 127.0.0.1 is in use: choose another with ${name}=...`
        : error.message,
    );
  });
  return server;
};

const openDoors = async (world: World): Promise<void> => {
  const gateway = join(world.lab.directory, 'laptop.sock');
  const door = join(world.lab.directory, 'portal.sock');
  const args = [`${ACCOUNT.label}.sidegate.internal`, 'portal.example'];
  const started = [
    world.laptop.machine.spawn(process.execPath, [
      join(ROOT, 'lab/demo/laptop-gateway.ts'),
      gateway,
      ...args,
    ]),
    world.broker.spawn(process.execPath, [join(ROOT, 'lab/demo/bridge.ts'), door, '203.0.113.10', '80']),
  ];
  await Promise.all(started.map((process) => process.waitForOutput(/listening/, 10_000)));
  await Promise.all([openDoor(LAPTOP_PORT, gateway), openDoor(PORTAL_PORT, door)]);
};

const describeWorld = (world: World): string => {
  const enter = (pid: number) => `nsenter -t ${pid} -n -m -u -p`;
  const sidegate = `${join(ROOT, 'node_modules/.bin/node')} ${join(ROOT, 'agent/dist/sidegate.mjs')}`;
  return `
A whole small world is running on this machine. Nothing of it touches your network.

  portal     the broker, on an internet of its own at 203.0.113.10
  alder      a home behind a NAT at ${HOMES.alder}: an edge, a camera, a printer, a NAS, a phone, a thing
  birch      another home at ${HOMES.birch}, with the same devices and the same numbers
  laptop     the technician's, in an office behind a third NAT at ${HOMES.office}
             all three LANs are 192.168.1.0/24

  1. Open    http://portal.localhost:${LAPTOP_PORT}/     in your own browser: the portal, seen from the laptop
  2. Log in  ${TECHNICIAN.email}   password  ${TECHNICIAN.password}
  3. Open alder, scan, publish the camera's page, click its URL.

  http://127.0.0.1:${PORTAL_PORT}/      the portal directly
  http://127.0.0.1:${LAPTOP_PORT}/      the laptop's view; it is also an HTTP proxy, for a browser with a proxy setting
  http://alder.localhost:${LAPTOP_PORT}/ alder's edge through the tunnel; local password  ${EDGE_PASSWORD}

  A shell on the laptop:  ${enter(world.laptop.machine.holderPid)} bash
  The CLI there:          ${enter(world.laptop.machine.holderPid)} ${sidegate} peers
  Logs:                   ${world.lab.directory}

Ctrl-C ends it and leaves nothing behind.
`;
};

const main = async (): Promise<number> => {
  const missing = (await probeCapabilities()).filter((capability) => !capability.ok);
  if (missing.length > 0) {
    for (const { name, why, hint } of missing) console.error(`sidegate: ${name}: ${why} (${hint})`);
    return 1;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  const startedAt = performance.now();
  const say = (what: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${what}`);
  try {
    await using world = await createWorld(say, stop.signal);
    await openDoors(world);
    say('ready');
    console.log(describeWorld(world));
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    console.log('\nEnding it.');
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    console.error(`sidegate: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
};

process.exit(await main());
