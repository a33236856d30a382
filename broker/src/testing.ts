/**
 * A broker for tests of other packages: really listening on loopback, in a directory of its own, with an account and
 * its owner. Everything is gone after `stop`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, silentLogger, systemClock } from '@sidegate/kit';
import {
  type DnsLabel,
  type Email,
  type EnrolmentKeyCreated,
  NewEnrolmentKey,
  type PortalSession,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { type ConfigInput, parseConfig } from './config.ts';
import { toActor } from './service/logins.ts';
import { createAccount } from './service/setup.ts';
import type { BucketRate } from './service/token-buckets.ts';
import { type Broker, startBroker } from './start-broker.ts';
import type { PolicyPreset } from './store/schema.ts';
import { openStore } from './store/store.ts';

/** The owner of the test account. */
export const TEST_OWNER = {
  name: 'Olga Owner',
  email: 'owner@example.com',
  password: 'correct horse battery',
} as const;

interface TestBrokerOptions {
  /** `service` if not said. */
  readonly preset?: PolicyPreset;
  /** Settings beyond the defaults of tests. */
  readonly config?: ConfigInput;
  readonly logger?: Logger;
  /** Without an account, as at the very first start. */
  readonly isEmpty?: boolean;
  readonly enrolRate?: BucketRate;
}

/** A browser's view of the portal's API: keeps the cookie, sends the CSRF token. */
export interface PortalClient {
  readonly session: PortalSession;
  readonly cookie: string;
  /** `path` is below `/v1/portal`. */
  request(method: string, path: string, body?: unknown): Promise<Response>;
  /** The JSON of a successful answer; throws where it was none. */
  json<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** A whole broker on loopback with SQLite in a temporary directory. */
export interface TestBroker extends AsyncDisposable {
  readonly url: string;
  readonly dataDirectory: string;
  /** The running broker; another one after `restart`. */
  readonly broker: Broker;
  /** A new enrolment key of the owner. */
  createKey(wish?: Partial<v.InferInput<typeof NewEnrolmentKey>>): Promise<EnrolmentKeyCreated>;
  /** Logs in; the owner if not said. */
  login(email?: string, password?: string): Promise<PortalClient>;
  /** Stops and starts again over the same data and ports. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const findFreePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
};

const createOwner = async (dataDirectory: string, preset: PolicyPreset): Promise<void> => {
  const store = await openStore(join(dataDirectory, 'broker.sqlite'));
  try {
    await createAccount(store, systemClock, {
      accountName: 'Acme',
      accountLabel: 'acme' as DnsLabel,
      preset,
      name: TEST_OWNER.name,
      email: TEST_OWNER.email as Email,
      password: TEST_OWNER.password,
    });
  } finally {
    await store.close();
  }
};

/** Logs in over HTTP. */
export const openPortalClient = async (
  url: string,
  email: string,
  password: string,
): Promise<PortalClient> => {
  const response = await fetch(`${url}/v1/portal/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  if (!response.ok) throw new Error(`log in: ${response.status} ${await response.text()}`);
  const session = (await response.json()) as PortalSession;
  const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0]!;
  const request: PortalClient['request'] = (method, path, body) =>
    fetch(`${url}/v1/portal${path}`, {
      method,
      headers: { cookie, 'x-sidegate-csrf': session.csrf, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    session,
    cookie,
    request,
    async json<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await request(method, path, body);
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
  };
};

/** Starts a broker on loopback. */
export const startTestBroker = async (options: TestBrokerOptions = {}): Promise<TestBroker> => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'sidegate-broker-'));
  const config = parseConfig({
    flags: {
      data: dataDirectory,
      http: `127.0.0.1:${await findFreePort()}`,
      udp: '127.0.0.1:0,127.0.0.1:0',
      portalDir: join(dataDirectory, 'no-portal'),
      ...options.config,
    },
  });
  const start = () =>
    startBroker({
      config,
      clock: systemClock,
      logger: options.logger ?? silentLogger,
      isLoopbackAllowed: true,
      enrolRate: options.enrolRate ?? { burst: 10_000, perSec: 10_000 },
    });
  if (options.isEmpty !== true) await createOwner(dataDirectory, options.preset ?? 'service');
  let broker = await start();
  const stop = async (): Promise<void> => {
    await broker.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  };
  return {
    url: broker.url,
    dataDirectory,
    get broker() {
      return broker;
    },
    async createKey(wish = {}) {
      const owner = await broker.store.users.findByEmail(TEST_OWNER.email as Email);
      const parsed = v.parse(NewEnrolmentKey, { label: 'test', reusable: true, ...wish });
      return broker.service.keys.create(toActor(owner!), parsed);
    },
    login: (email = TEST_OWNER.email, password = TEST_OWNER.password) =>
      openPortalClient(broker.url, email, password),
    async restart() {
      await broker.stop();
      // This process's own HTTP client must notice that its idle connections are gone.
      await new Promise((resolve) => setImmediate(resolve));
      broker = await start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
