/** The web plugin on a real port of 127.0.0.1, between fakes of the core and the machine. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createEmitter,
  createVirtualClock,
  openEventStream,
  readJson,
  sendError,
  sendJson,
  silentLogger,
  type VirtualClock,
} from '@sidegate/kit';
import { LIMITS, NetworkMap } from '@sidegate/protocol';
import * as v from 'valibot';
import type { ApiRoute, FactName, Facts, FirewallWish, PluginHost } from '../../../plugin-api/index.ts';
import type { Ports } from '../../../ports/index.ts';
import { plugin } from '../index.ts';
import { WebConfig } from '../web-config.ts';
import { newTicketKey } from './tickets.ts';

/** The map of an edge whose mesh address happens to be 127.0.0.1. */
export const testMap = (role: 'edge' | 'client' = 'edge'): NetworkMap =>
  v.parse(NetworkMap, {
    revision: 1,
    self: {
      id: 'n_edgeedgeedgeedge',
      name: 'home',
      role,
      address4: '127.0.0.1',
      address6: '::1',
      nat: 'unknown',
      tags: [],
    },
    account: {
      id: 'a_aaaaaaaaaaaaaaaa',
      label: 'acme',
      name: 'Acme',
      baseDomain: 'sidegate.internal',
      prefix4: '100.64.0.0/10',
      prefix6: 'fd00::/48',
    },
    beacons: [],
    checkInSec: 60,
    peers: [],
  });

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
  readonly json: any;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is, chunked. */
  readonly rawBody?: string;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const fakeFacts = (initial: Partial<Facts>) => {
  const values: Partial<Facts> = { ...initial };
  const listeners = new Map<FactName, Set<(value: never) => void>>();
  const facts = {
    get: (name: FactName) => values[name],
    watch(name: FactName, listener: (value: never) => void) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      if (values[name] !== undefined) listener(values[name] as never);
      return { [Symbol.dispose]: () => void set.delete(listener) };
    },
    claim: () => {
      throw new Error('the web plugin owns no fact');
    },
  } as unknown as PluginHost['facts'];
  const publish = <K extends FactName>(name: K, value: Facts[K] | undefined) => {
    values[name] = value as never;
    for (const listener of listeners.get(name) ?? []) listener(value as never);
  };
  return { facts, publish };
};

/** Files that last as long as the map given: two benches over one map are one machine before and after a restart. */
const fakeFiles = (contents: Map<string, string>): Ports['files'] => ({
  readText: async (area, name) => contents.get(`${area}/${name}`),
  writeText: async (area, name, text) => void contents.set(`${area}/${name}`, text),
  remove: async (area, name) => void contents.delete(`${area}/${name}`),
});

/** The core's API in three routes: who am I, what did I send, and a stream. */
const fakeLocalApi: PluginHost['localApi'] = {
  async serve(request, response, actor) {
    try {
      if (request.url === '/api/events') openEventStream(response).send('status.changed', {});
      else if (request.method === 'GET') sendJson(response, 200, { actor, url: request.url });
      else
        sendJson(response, 200, { actor, body: await readJson(request, v.unknown(), LIMITS.bodySizeBytes) });
    } catch (error) {
      sendError(response, error);
    }
  },
};

export interface WebBench extends AsyncDisposable {
  readonly port: number;
  readonly clock: VirtualClock;
  readonly ticketKey: ReturnType<typeof newTicketKey>;
  readonly routes: ApiRoute[];
  readonly health: Map<string, string>;
  readonly wish: () => FirewallWish | undefined;
  readonly publish: ReturnType<typeof fakeFacts>['publish'];
  ask(path: string, ask?: Ask): Promise<Reply>;
  /** Logs in by password; the headers make later requests that session's. */
  logIn(): Promise<{ readonly cookie: string; readonly 'x-sidegate-csrf': string }>;
}

const send = (port: number, path: string, ask: Ask): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const body = ask.rawBody ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body));
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: ask.method ?? 'GET',
        agent: false,
        headers: {
          host: `home.acme.sidegate.internal:${port}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...ask.headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject).on('end', () => {
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson ? JSON.parse(text) : undefined,
          });
        });
      },
    );
    request.on('error', reject);
    if (ask.rawBody !== undefined) request.flushHeaders();
    request.end(body);
  });

const fakePorts = (password: string | undefined, files: Map<string, string>): Ports => {
  const partial: Partial<Ports> = {
    files: fakeFiles(files),
    logins: {
      describe: async () =>
        password === undefined
          ? { possible: false, hint: 'Run `sidegate login set-password`.' }
          : { possible: true, hint: '' },
      verify: async (tried) => (tried === password ? { name: 'root' } : undefined),
      setPassword: async (secret) => void files.set('password', secret.reveal()),
    },
    links: {
      readLinks: async () => [],
      readRoutes: async () => [],
      readNeighbours: async () => [],
      watch: () => ({ [Symbol.dispose]() {} }),
    },
  };
  return partial as Ports;
};

/** Starts the plugin. `password: undefined` is a machine where none was set. */
export const openWebBench = async (
  options: {
    readonly password?: string | undefined;
    readonly map?: NetworkMap;
    readonly files?: Map<string, string>;
    readonly ticketKey?: ReturnType<typeof newTicketKey>;
    readonly ui?: Readonly<Record<string, string>> | 'not-built';
    readonly config?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<WebBench> => {
  const password = 'password' in options ? options.password : 'correct horse battery';
  const port = await freePort();
  const clock = createVirtualClock();
  const ticketKey = options.ticketKey ?? newTicketKey();
  const directory = await mkdtemp(join(tmpdir(), 'sidegate-web-'));
  const { ui = { 'index.html': '<!doctype html><title>edge</title>', 'app.js': 'export {};' } } = options;
  if (ui !== 'not-built') {
    for (const [name, text] of Object.entries(ui)) await writeFile(join(directory, name), text);
  }
  const { facts, publish } = fakeFacts({ 'ticket-key': ticketKey.publicKey });
  const controller = new AbortController();
  const routes: ApiRoute[] = [];
  const health = new Map<string, string>();
  let wish: FirewallWish | undefined;
  const known: Pick<PluginHost, 'health' | 'localApi'> & {
    readonly hooks: Pick<PluginHost['hooks'], 'firewall' | 'api'>;
  } = {
    health: {
      raise: (warning) => void health.set(warning.code, warning.title),
      clear: (code) => void health.delete(code),
    },
    hooks: {
      firewall: {
        replace: (value) => {
          wish = value;
        },
        clear: () => {
          wish = undefined;
        },
        settled: async () => {},
      },
      api: { add: (route) => void routes.push(route) },
    },
    localApi: fakeLocalApi,
  };
  const host = {
    ...known,
    log: silentLogger,
    clock,
    signal: controller.signal,
    ports: fakePorts(password, options.files ?? new Map()),
    platform: { name: 'memory', describe: 'test', hostname: 'box', version: '0', bootId: 'boot' },
    facts,
    events: createEmitter(),
  } as unknown as PluginHost;
  const config = v.parse(WebConfig, { port, directory, ...options.config });
  const instance = await plugin.setup(host, config);
  await instance.start?.();
  publish('network-map', options.map ?? testMap());
  await expectListening(port, options.map);
  const bench: WebBench = {
    port,
    clock,
    ticketKey,
    routes,
    health,
    wish: () => wish,
    publish,
    ask: (path, ask = {}) => send(port, path, ask),
    async logIn() {
      const reply = await bench.ask('/api/session', { method: 'POST', body: { password } });
      const cookie = reply.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
      return { cookie, 'x-sidegate-csrf': reply.json.csrf };
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await instance.stop?.();
      await instance.stop?.();
      await rm(directory, { recursive: true });
    },
  };
  return bench;
};

/** Waits for the socket, which comes a few turns of the event loop after the fact. */
const expectListening = async (port: number, map: NetworkMap | undefined): Promise<void> => {
  if (map !== undefined && map.self.role !== 'edge') return;
  for (let tries = 0; tries < 200; tries++) {
    const isOpen = await send(port, '/api/login', {}).then(
      () => true,
      () => false,
    );
    if (isOpen) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the web UI does not listen');
};
