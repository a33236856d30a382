import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Logger } from '@sidegate/kit';
import { AgentError } from '../errors.ts';
import type { ApiActor, LocalApi } from '../plugin-api/index.ts';

/** Whoever may open the socket is root, or as good as. */
const LOCAL_ACTOR: ApiActor = { kind: 'local', name: 'root', role: 'owner' };
/** A client that has sent half a request is not waited for longer. */
const REQUEST_TIMEOUT_MS = 30_000;

const isAnswering = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const end = (isAlive: boolean) => {
      socket.destroy();
      resolve(isAlive);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });

/**
 * The API on a unix socket, 0600 in a directory 0700: the file's permission is the login. A socket that a dead agent
 * left is replaced; a living one is DAEMON_RUNNING.
 */
export const serveLocally = async (path: string, api: LocalApi, log: Logger): Promise<AsyncDisposable> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700);
  if (await isAnswering(path)) {
    throw new AgentError('DAEMON_RUNNING', 'An agent is running already', { details: { path } });
  }
  await rm(path, { force: true });
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void api.serve(request, response, LOCAL_ACTOR);
  });
  await listen(server, path);
  await chmod(path, 0o600);
  server.on('error', (error) => log.error('serve the local API', { error, path }));
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await rm(path, { force: true });
    },
  };
};
