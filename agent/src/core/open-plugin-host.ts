import type { Clock, Emitter, Logger, ResourceScope } from '@sidegate/kit';
import type { Candidate } from '@sidegate/protocol';
import type { EdgeEventMap, FirewallWish, LocalApi, PluginHost } from '../plugin-api/index.ts';
import type { Ports } from '../ports/index.ts';
import type { ApiRouter } from './api-router.ts';
import type { OwnedFactStore } from './fact-store.ts';
import type { HealthBoard } from './health-board.ts';
import type { NameWish } from './names-loop.ts';
import type { SlotTable } from './slot-table.ts';

/** What the core has that plugins take part in. */
export interface SharedParts {
  readonly platform: PluginHost['platform'];
  readonly ports: Ports;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: HealthBoard;
  readonly facts: OwnedFactStore;
  readonly events: Emitter<EdgeEventMap>;
  readonly router: ApiRouter;
  readonly firewallWishes: SlotTable<FirewallWish>;
  readonly nameWishes: SlotTable<NameWish>;
  readonly candidates: SlotTable<readonly Candidate[]>;
  /** Resolves when the firewall is as wished; see `FirewallLoop`. */
  readonly firewallSettled: () => Promise<void>;
}

/** Opens the host of one plugin; all that is registered through it ends with `registrations`. */
export type OpenPluginHost = (name: string, registrations: ResourceScope, signal: AbortSignal) => PluginHost;

const scopedEvents = (
  events: Emitter<EdgeEventMap>,
  registrations: ResourceScope,
  signal: AbortSignal,
): Emitter<EdgeEventMap> => ({
  emit(event, data) {
    if (!signal.aborted) events.emit(event, data);
  },
  on: (event, listener) => registrations.add(events.on(event, listener)),
  onAny: (listener) => registrations.add(events.onAny(listener)),
});

/** Binds the shared parts to plugins by name. */
export const createHostOpener = (parts: SharedParts): OpenPluginHost => {
  const localApi: LocalApi = { serve: (...request) => parts.router.serve(...request) };
  return (name, registrations, signal) => ({
    log: parts.log.child(name),
    clock: parts.clock,
    signal,
    ports: parts.ports,
    platform: parts.platform,
    health: registrations.add(parts.health.open(name)),
    facts: {
      get: parts.facts.get,
      watch: (fact, listener) => registrations.add(parts.facts.watch(fact, listener)),
      claim: (fact) => registrations.add(parts.facts.claim(fact, name)),
    },
    events: scopedEvents(parts.events, registrations, signal),
    hooks: {
      firewall: {
        ...registrations.add(parts.firewallWishes.open(name)),
        settled: parts.firewallSettled,
      },
      names: registrations.add(parts.nameWishes.open(name)),
      candidates: {
        ...registrations.add(parts.candidates.open(name)),
        all: () => parts.candidates.all().flatMap(({ value }) => value),
        watch: (listener) => registrations.add(parts.candidates.watch(listener)),
      },
      api: { add: (route) => void registrations.add(parts.router.add(route)) },
    },
    localApi,
  });
};
