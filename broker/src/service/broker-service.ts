/**
 * Everything the broker does, put together over a store: registry, maps, presence, streams, enrolment, people. Knows
 * neither HTTP nor UDP nor SQL; `http/` calls it, and it answers the beacon's questions through `directory` and hears
 * from it through `beaconEvents`.
 */
import { type KeyObject, randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@sidegate/kit';
import type { Beacon, Ip, NodeId } from '@sidegate/protocol';
import type { Store } from '../store/store.ts';
import { resolverAddresses } from './allocate-address.ts';
import { createAuditLog } from './audit-log.ts';
import type { CandidateRules } from './candidates.ts';
import { createCheckIn } from './check-in.ts';
import { createProfileCompiler } from './compile-profile.ts';
import { type BeaconControl, createEndpoints } from './endpoints.ts';
import { createEnrolment } from './enrolment.ts';
import { createEnrolmentKeys } from './enrolment-keys.ts';
import { createEnrolmentRequests } from './enrolment-requests.ts';
import { createHostAddresses } from './host-addresses.ts';
import { createLoginThrottle } from './login-throttle.ts';
import { createLogins } from './logins.ts';
import { createNames } from './names.ts';
import { createNetwork } from './network.ts';
import { createMapCompiler } from './network-map.ts';
import { createNode, isStockApp, type Node } from './node.ts';
import { createNodeStreams } from './node-streams.ts';
import { createObservations, LAST_SEEN_FLUSH_MS, OBSERVATIONS_FLUSH_MS } from './observations.ts';
import { createPortalNodes } from './portal-nodes.ts';
import { createPortalStreams } from './portal-streams.ts';
import { createPresence, PRESENCE_SWEEP_MS } from './presence.ts';
import { createProfileReview, createProfiles, PROFILE_REVIEW_MS } from './profiles.ts';
import { createPunching } from './punching.ts';
import { createRegistry, type Registry } from './registry.ts';
import { createRelaySockets } from './relay-sockets.ts';
import { createRelayUsage, RELAY_USAGE_FLUSH_MS } from './relay-usage.ts';
import { createRelays } from './relays.ts';
import { repeat } from './repeat.ts';
import { createSetup } from './setup.ts';
import { createTickets, ticketKeyOf } from './tickets.ts';
import { createUsers } from './users.ts';
import { createViews } from './views.ts';

/** A removed node's address stays unused for this long. */
const KEEP_REMOVED_MS = 90 * 86_400_000;
const DAY_MS = 86_400_000;
/** A mapping that nothing goes through lives about as long. */
const RECENT_MS = 3 * 60_000;

interface BrokerServiceOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Signs login tickets (Ed25519). */
  readonly ticketKey: KeyObject;
  /** Where the beacons are reached from outside, by beacon index. */
  readonly beacons: readonly Beacon[];
  /** Addresses that no candidate may point at. */
  readonly brokerAddresses: ReadonlySet<Ip>;
  /** Where browsers and agents reach the broker, without a slash at the end. */
  readonly publicUrl: string;
  readonly baseDomain: string;
  readonly checkInSec: number;
  /** What each account may relay in a month. */
  readonly relayQuotaBytes?: number | undefined;
  /** URL of an edge's web UI with `{fqdn}`, `{name}` or `{address}`. */
  readonly edgeUrl: string;
  readonly isLoopbackAllowed: boolean;
  /** Does the beacon's resolver answer for names outside of the account too? */
  readonly isForwarding: boolean;
}

/** Fills the registry from the database. */
const load = async (store: Store, registry: Registry, clock: Clock): Promise<void> => {
  const now = { wallMs: clock.wallMs(), monoMs: clock.monoMs() };
  await store.nodes.forgetRemoved(now.wallMs - KEEP_REMOVED_MS);
  for (const account of await store.accounts.list()) {
    registry.addAccount(account);
    for (const user of await store.users.list(account.id)) registry.setPerson(user);
  }
  const hosts = await store.hostAddresses.listByNode();
  for (const row of await store.nodes.list()) {
    if (row.removedAt === null) registry.index(createNode(row, now, hosts.get(row.id)));
    else registry.revokeToken(row.tokenHash);
  }
};

const createCore = (options: BrokerServiceOptions, registry: Registry) => {
  const { clock, logger, checkInSec, beacons, baseDomain } = options;
  const rulesOf = (node: Node): CandidateRules => {
    const { prefix4, prefix6 } = registry.accountOf(node).row;
    const { brokerAddresses, isLoopbackAllowed } = options;
    return { prefix4, prefix6, brokerAddresses, isLoopbackAllowed };
  };
  const onError = (error: unknown) => logger.error('an event listener threw', { error });
  let control: BeaconControl | undefined;
  const beacon = () => control;

  const compiler = createMapCompiler(registry, { beacons, baseDomain, checkInSec }, rulesOf);
  const network = createNetwork(registry, createViews(clock.wallMs()), compiler, onError);
  const presence = createPresence({ registry, network, clock, checkInSec });
  const brokerBootId = randomUUID();
  const nodeStreams = createNodeStreams({ network, presence, clock, brokerBootId });
  const relaySockets = createRelaySockets(network, presence);
  const { addressOf } = relaySockets;
  const endpoints = createEndpoints({ registry, network, presence, beacon, addressOf });
  const forgetSessions = (id: NodeId): void => control?.forget(id);
  network.events.on('node.removed', ({ id }) => forgetSessions(id));
  return {
    forgetSessions,
    network,
    presence,
    brokerBootId,
    nodeStreams,
    relaySockets,
    endpoints,
    checkIn: createCheckIn({
      network,
      presence,
      endpoints,
      streams: nodeStreams,
      rulesOf,
      checkInSec,
      beacon,
    }),
    punch: createPunching({ registry, compiler, streams: nodeStreams, clock }),
    setBeacon: (beaconControl: BeaconControl): void => {
      control = beaconControl;
    },
  };
};

/** Loads the database and starts the chores, which end with `signal`. */
export const createBrokerService = async (options: BrokerServiceOptions, signal: AbortSignal) => {
  const { store, clock, logger, baseDomain, publicUrl, edgeUrl } = options;
  const registry = createRegistry();
  const core = createCore(options, registry);
  const { network, presence } = core;
  await load(store, registry, clock);
  const observations = createObservations(store, registry, network);
  observations.adoptLoaded();
  presence.adoptLoaded();

  const ticketKey = ticketKeyOf(options.ticketKey);
  const relayUsage = await createRelayUsage({
    store,
    registry,
    clock,
    quotaBytes: options.relayQuotaBytes,
  });
  const relays = createRelays({ store, registry, network, streams: core.nodeStreams, clock, logger });
  const tickets = createTickets({ registry, privateKey: options.ticketKey, clock, baseDomain, edgeUrl });
  const { isForwarding } = options;
  const compiler = createProfileCompiler(registry, { beacons: options.beacons, baseDomain, isForwarding });
  const { isOutOfDate: isProfileOutOfDate, review } = createProfileReview(network, compiler);
  const nodes = createPortalNodes({
    store,
    registry,
    network,
    tickets,
    relays,
    relayUsage,
    clock,
    baseDomain,
    isProfileOutOfDate,
  });
  const portalStreams = createPortalStreams({ registry, network, clock, show: nodes.show });
  const enrolment = createEnrolment({ store, registry, network, clock, ticketKey });
  const requests = createEnrolmentRequests({ store, registry, enrolment, clock, publicUrl });
  requests.events.on('enrolment.requested', portalStreams.announce);
  const throttle = createLoginThrottle(clock);

  const every = (intervalMs: number, task: () => void | Promise<void>) =>
    repeat(clock, intervalMs, signal, task, (error) => logger.error('a chore failed', { error }));
  every(PRESENCE_SWEEP_MS, presence.sweep);
  every(OBSERVATIONS_FLUSH_MS, observations.flushChanged);
  every(LAST_SEEN_FLUSH_MS, observations.flushSeen);
  every(RELAY_USAGE_FLUSH_MS, relayUsage.refresh);
  every(PROFILE_REVIEW_MS, review);
  every(DAY_MS, () => store.nodes.forgetRemoved(clock.wallMs() - KEEP_REMOVED_MS));

  return {
    ...core,
    directory: { ...registry, hasUsedUp: relayUsage.hasUsedUp },
    beaconEvents: { ...core.endpoints, onRelayed: relayUsage.onRelayed },
    relayUsage,
    registry,
    nodes,
    relays,
    portalStreams,
    enrolment,
    setHostAddresses: createHostAddresses({ store, network, clock }),
    requests,
    profiles: createProfiles({
      store,
      network,
      enrolment,
      nodes,
      compiler,
      clock,
      forgetSessions: core.forgetSessions,
    }),
    names: createNames(registry, baseDomain),
    /** Where a node and its resolver are, inside the tunnel. */
    placeOf(id: NodeId) {
      const node = registry.find(id);
      if (node === undefined) return undefined;
      const { address4, address6 } = node.identity;
      return { own: [address4, address6], resolver: resolverAddresses(registry.accountOf(node).row) };
    },
    /** Where stock apps were before a restart, as far as that may still be true. */
    *listRecentApps() {
      const now = clock.wallMs();
      for (const node of registry.all()) {
        const [endpoint] = node.mapping.reflexive;
        const isRecent = now - (node.presence.lastSeenAt ?? 0) < LAST_SEEN_FLUSH_MS + RECENT_MS;
        if (isStockApp(node) && endpoint !== undefined && isRecent)
          yield { node: { id: node.id, publicKey: node.identity.publicKey }, endpoint };
      }
    },
    keys: createEnrolmentKeys({ store, clock, publicUrl }),
    logins: createLogins({ store, throttle, clock, baseDomain }),
    setup: createSetup({ store, throttle, clock }),
    users: createUsers({ store, registry, network, nodes, streams: portalStreams, clock }),
    audit: createAuditLog(store),
    info: { bootId: core.brokerBootId, beacons: options.beacons, ticketKey, baseDomain, publicUrl },
    /** Ends every event stream and WebSocket: nodes and browsers come back elsewhere, or later. */
    endStreams(): void {
      core.nodeStreams.closeEvery();
      core.relaySockets.closeEvery();
      portalStreams.closeEvery();
    },
    /** Writes what is still only in memory. */
    async close(): Promise<void> {
      await observations.flushChanged();
      await observations.flushSeen();
      await relayUsage.flush();
    },
  };
};
export type BrokerService = Awaited<ReturnType<typeof createBrokerService>>;
