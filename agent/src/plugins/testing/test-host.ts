/**
 * A plugin's surroundings without the daemon: the core's own facts, health, slots and firewall loop around whatever
 * platform a test brings, and routes that are called as functions.
 */
import {
  type Clock,
  CodedError,
  createEmitter,
  createScope,
  parseBody,
  silentLogger,
  systemClock,
} from '@sidegate/kit';
import type { Candidate, EdgeEventName, HealthWarning } from '@sidegate/protocol';
import * as v from 'valibot';
import { createFactStore } from '../../core/fact-store.ts';
import { createFirewallLoop } from '../../core/firewall-loop.ts';
import { createHealthBoard } from '../../core/health-board.ts';
import type { NameWish } from '../../core/names-loop.ts';
import { createHostOpener } from '../../core/open-plugin-host.ts';
import { createSlotTable } from '../../core/slot-table.ts';
import type { Platform } from '../../platform/platform.ts';
import type {
  ApiRoute,
  EdgeEventMap,
  FactName,
  Facts,
  FirewallWish,
  PluginDefinition,
} from '../../plugin-api/index.ts';

/** An event as the UI would get it, with its moment. */
export interface TestEvent {
  readonly event: EdgeEventName;
  readonly data: unknown;
  readonly atMs: number;
}

/** The surroundings, with the test's ends of every wire. */
export interface TestHost extends AsyncDisposable {
  /** Sets up and starts a plugin; it stops with the host. */
  start<C>(plugin: PluginDefinition<C>, config?: unknown): Promise<void>;
  /** Calls a route as an owner called `anna`; rejects with the error a client would get. `from`: where she sits. */
  call<T>(method: string, path: string, body?: unknown, from?: string): Promise<T>;
  /** Publishes a fact that another plugin owns. */
  setFact<K extends FactName>(name: K, value: Facts[K] | undefined): void;
  fact<K extends FactName>(name: K): Facts[K] | undefined;
  /** What another plugin wishes of the firewall. */
  wish(wish: FirewallWish): void;
  /** Names that plugins want known to this machine. */
  names(): NameWish;
  /** Endpoint candidates of all plugins. */
  candidates(): readonly Candidate[];
  settled(): Promise<void>;
  readonly events: readonly TestEvent[];
  health(): readonly HealthWarning[];
}

interface Match {
  readonly route: ApiRoute;
  readonly params: Record<string, string>;
}

const matchRoute = (routes: readonly ApiRoute[], method: string, path: string): Match | undefined => {
  for (const route of routes.filter((one) => one.method === method)) {
    const pattern = route.path.split('/');
    const parts = path.split('/');
    const isMatch =
      pattern.length === parts.length &&
      pattern.every((part, at) => part.startsWith(':') || part === parts[at]);
    if (!isMatch) continue;
    const params = Object.fromEntries(
      pattern.flatMap((part, at) => (part.startsWith(':') ? [[part.slice(1), parts[at]!]] : [])),
    );
    return { route, params };
  }
  return undefined;
};

/** A code, for `expect(await codeFrom(promise))`; `undefined` where nothing was thrown. */
export const codeFrom = async (promise: Promise<unknown>): Promise<string | undefined> => {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
};

/** Surroundings on this platform; disposing them stops the plugins in reverse order. */
export const createTestHost = (platform: Platform, clock: Clock = systemClock): TestHost => {
  const scope = createScope();
  const routes: ApiRoute[] = [];
  const events: TestEvent[] = [];
  const emitter = createEmitter<EdgeEventMap>();
  emitter.onAny((event, data) => events.push({ event, data, atMs: clock.monoMs() }));
  const facts = createFactStore();
  const health = createHealthBoard(clock, () => {});
  const firewallWishes = createSlotTable<FirewallWish>();
  const loop = scope.add(
    createFirewallLoop({
      wishes: firewallWishes,
      firewall: platform.ports.firewall,
      clock,
      health: health.open('core'),
      log: silentLogger,
    }),
  );
  loop.release();
  const candidates = createSlotTable<readonly Candidate[]>();
  const names = createSlotTable<NameWish>();
  const openHost = createHostOpener({
    platform: { ...platform, version: 'test' },
    ports: platform.ports,
    clock,
    log: silentLogger,
    health,
    facts,
    events: emitter,
    router: {
      serve: async () => {},
      complete: () => undefined,
      routes: () => routes,
      add(route) {
        routes.push(route);
        return { [Symbol.dispose]: () => void routes.splice(routes.indexOf(route), 1) };
      },
    },
    firewallWishes,
    nameWishes: names,
    candidates,
    firewallSettled: () => loop.settled(),
  });
  const claims = new Map<FactName, { publish(value: never): void; withdraw(): void }>();
  const other = firewallWishes.open('other');
  return {
    events,
    health: () => health.all(),
    names: () => names.all().flatMap(({ value }) => value),
    candidates: () => candidates.all().flatMap(({ value }) => value),
    settled: () => loop.settled(),
    wish: (wish) => other.replace(wish),
    fact: (name) => facts.get(name),
    setFact(name, value) {
      const claim = claims.get(name) ?? (facts.claim(name, 'test') as never);
      claims.set(name, claim);
      if (value === undefined) claim.withdraw();
      else claim.publish(value as never);
    },
    async start(plugin, config = {}) {
      const registrations = createScope(scope.signal);
      const instance = await plugin.setup(
        openHost(plugin.name, registrations, registrations.signal),
        v.parse(plugin.config, config),
      );
      scope.add(async () => {
        await instance.stop?.();
        await registrations.end();
      });
      await instance.start?.();
    },
    async call<T>(method: string, path: string, body: unknown = {}, from?: string) {
      const url = new URL(path, 'http://test');
      const match = matchRoute(routes, method, url.pathname);
      if (match === undefined) throw new Error(`no route for ${method} ${path}`);
      const result = await match.route.handler({
        method,
        params: match.params,
        query: Object.fromEntries(url.searchParams),
        actor: {
          kind: 'session',
          name: 'anna',
          role: 'owner',
          ...(from === undefined ? {} : { address: from }),
        },
        readBody: async (schema) => parseBody(schema, body),
        signal: scope.signal,
      });
      return result as T;
    },
    [Symbol.asyncDispose]: () => scope.end(),
  };
};
