/**
 * The mesh while it is up: interface, peers, paths, broker. Ends without touching the data plane: the interface
 * outlives the agent, and the next session adopts it with its healthy peers.
 */
import { createScope, type ResourceScope } from '@sidegate/kit';
import type { PublicKey } from '@sidegate/protocol';
import type { Family } from '../../paths/family.ts';
import { isRelayInDoubt } from '../../paths/path-state.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { publicKeyOf } from '../../tunnel/key-pair.ts';
import { type AddressKeeper, openAddressKeeper } from './address-keeper.ts';
import type { BrokerClient } from './broker/broker-client.ts';
import { type BrokerLink, openBrokerLink } from './broker/broker-link.ts';
import { type ClockWatch, createClockWatch } from './broker/clock-watch.ts';
import { createDeferred } from './broker/deferred.ts';
import { watchRelayDirectory } from './broker/relay-directory-watch.ts';
import type { Identity } from './joining/identity.ts';
import { createMapApplier, type MapApplier } from './map/map-applier.ts';
import { type MapHolder, openMapHolder } from './map/map-holder.ts';
import { vetMap } from './map/vet-map.ts';
import type { MeshConfig } from './mesh-config.ts';
import type { MeshFacts } from './mesh-facts.ts';
import { MESH_WARNINGS, setWarning } from './mesh-health.ts';
import { describeSelf, overlapOf } from './mesh-views.ts';
import { type PathService, startPathService } from './paths/path-service.ts';
import { createReturnGreeting } from './paths/return-greeting.ts';
import { createSessionMoves, type SessionMoves } from './session-moves.ts';
import type { SessionParts } from './session-parts.ts';
import { createPeerGate, type PeerGate } from './tunnel/peer-gate.ts';
import { openTunnelKeeper, type TunnelKeeper } from './tunnel/tunnel-keeper.ts';
import { startTunnelPoll, type TunnelPoll } from './tunnel/tunnel-poll.ts';
import { type BeaconGreeter, createBeaconGreeter } from './underlay/beacon-greeter.ts';
import { type BeaconWatchParts, noteBeacons } from './underlay/beacon-watch.ts';
import { type NetworkView, type NetworkWatcher, watchNetwork } from './underlay/network-watcher.ts';
import { createRelayFallback, type RelayFallback } from './underlay/relay-fallback.ts';
import { openRelayShim } from './underlay/relay-shim.ts';
import { createUnderlayWatch, type UnderlayWatch } from './underlay/underlay-watch.ts';

/** A broker on this machine has its beacons here as well. */
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

export interface MeshSessionDeps {
  readonly host: PluginHost;
  readonly config: MeshConfig;
  readonly identity: Identity;
  readonly client: BrokerClient;
  readonly facts: MeshFacts;
  /** Codes of open warnings, for the check-in. */
  readonly healthCodes: () => readonly string[];
  readonly onRevoked: (reason: string) => void;
  readonly onCloned: () => void;
}

export interface MeshSession extends AsyncDisposable {
  /** Resolves when interface and peers are there and, within reason, a beacon answered; rejects at the end. */
  readonly whenUp: Promise<void>;
  /** Reads the tunnel and publishes the peers anew. */
  refresh(): Promise<void>;
}

/** Brings the mesh up. Rejects, having undone what it began in this process, when the interface cannot be made. */
export const openMeshSession = async (deps: MeshSessionDeps): Promise<MeshSession> => {
  const session = new Session(deps);
  try {
    await session.open();
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]().catch(() => {});
    throw error;
  }
};

class Session implements MeshSession {
  readonly #deps: MeshSessionDeps;
  readonly #scope: ResourceScope = createScope();
  readonly #up = createDeferred();
  readonly #parts: SessionParts = {};
  readonly #map: MapApplier;
  readonly #greeting = createReturnGreeting();
  readonly #fallback: RelayFallback;
  readonly #greeter: BeaconGreeter;
  #isUp = false;
  readonly #underlay: UnderlayWatch;
  readonly #clockWatch: ClockWatch;
  readonly #moves: SessionMoves;
  /** An edge without its table would let every peer reach everything. */
  readonly #gate: PeerGate;

  constructor(deps: MeshSessionDeps) {
    this.#deps = deps;
    this.#clockWatch = createClockWatch(deps.host.clock);
    this.#underlay = createUnderlayWatch({
      clock: deps.host.clock,
      tunnelName: deps.config.interfaceName,
      onChanged: (_underlay, why) => this.#moves.onUnderlayChanged(why),
    });
    this.#greeter = createBeaconGreeter({
      clock: deps.host.clock,
      map: () => this.#parts.maps?.map(),
      underlay: this.#underlay.current,
      keeper: () => this.#parts.keeper,
    });
    this.#moves = createSessionMoves({
      log: deps.host.log,
      greeter: this.#greeter,
      underlay: this.#underlay,
      fallback: () => this.#fallback,
      parts: this.#parts,
      planPaths: () => this.#map.planPaths(),
      inBackground: (what, task) => this.#inBackground(what, task),
    });
    this.#map = createMapApplier({
      ...deps,
      parts: this.#parts,
      underlay: this.#underlay,
      greeter: this.#greeter,
      greeting: this.#greeting,
      gate: () => this.#gate,
      onSeenElsewhere: this.#moves.onSeenElsewhere,
      inBackground: (what, task) => this.#inBackground(what, task),
      signal: this.#scope.signal,
    });
    this.#gate = this.#scope.add(
      createPeerGate({
        clock: deps.host.clock,
        hooks: deps.host.hooks,
        interfaceName: deps.config.interfaceName,
        signal: this.#scope.signal,
        onSettled: (isInPlace) => this.#parts.paths?.setProbing(isInPlace),
        onOpen: () => this.#map.requestSoon(),
        onRetry: () => this.#map.planPaths(),
      }),
    );
    this.#fallback = this.#scope.add(this.#createFallback());
    this.#scope.add(() => this.#up.reject(new Error('the mesh went down')));
  }

  get whenUp(): Promise<void> {
    return this.#up.promise;
  }

  async refresh(): Promise<void> {
    await this.#parts.poll?.request();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.end();
  }

  /** In the order of need; what is there already goes with the scope when a later part fails. */
  async open(): Promise<void> {
    const { host, identity } = this.#deps;
    const parts = this.#parts;
    const ownKey = publicKeyOf(identity.privateKey);
    const maps = this.#scope.add(await this.#openMaps(ownKey));
    parts.maps = maps;
    const network = this.#scope.add(await this.#watchNetwork());
    parts.network = network;
    this.#underlay.noteNetwork(network.view());
    const paths = this.#scope.add(await this.#startPaths(ownKey));
    parts.paths = paths;
    const keeper = await this.#openKeeper(paths, ownKey);
    parts.keeper = keeper;
    parts.poll = this.#scope.add(this.#startPoll(keeper, paths, maps));
    if (maps.map() !== undefined && (await keeper.read()).length === 0) this.#greeting.noteReturn();
    await this.#map.request();
    parts.link = this.#scope.add(this.#openLink(keeper.listenPort, maps, network));
    this.#scope.add(host.hooks.candidates.watch(() => parts.link?.checkInSoon()));
    parts.relayDirectory = this.#scope.add(
      watchRelayDirectory({
        host,
        publish: (directory) => this.#deps.facts.setRelayDirectory(directory),
        ask: (revision, signal) => this.#deps.client.readRelayDirectory(identity.token, revision, signal),
        onOffer: () => parts.link?.checkInSoon(),
      }),
    );
    parts.addresses = this.#scope.add(this.#keepAddresses(maps));
  }

  #openMaps(publicKey: PublicKey): Promise<MapHolder> {
    const { host, identity } = this.#deps;
    const { clock, log, ports } = host;
    const { address4, address6 } = identity.enrolment;
    const isBrokerHere = LOOPBACK.test(new URL(identity.brokerUrl).hostname);
    const reader = { publicKey, address4, address6, isBrokerHere };
    return openMapHolder({ files: ports.files, clock, log, vet: (map) => vetMap(map, reader) });
  }

  #watchNetwork(): Promise<NetworkWatcher> {
    const { host, config } = this.#deps;
    return watchNetwork({
      links: host.ports.links,
      tunnelName: config.interfaceName,
      clock: host.clock,
      log: host.log,
      onChanged: (view, left) => this.#onNetworkChanged(view, left),
    });
  }

  #openKeeper(paths: PathService, ownKey: PublicKey): Promise<TunnelKeeper> {
    const { host, config, identity } = this.#deps;
    const { interfaceName, mtuBytes, listenPort } = config;
    const { address4, address6 } = identity.enrolment;
    return openTunnelKeeper({
      tunnel: host.ports.tunnel,
      clock: host.clock,
      log: host.log,
      config: { interfaceName, privateKey: identity.privateKey, mtuBytes, address4, address6 },
      fixedPort: listenPort,
      ownKey,
      keepaliveSecOf: paths.runner.keepaliveSecOf,
      hasPath: paths.runner.hasPath,
      isFiltered: this.#gate.isOpen,
      relayOf: paths.relayOf,
      signal: this.#scope.signal,
    });
  }

  #startPaths(ownKey: PublicKey): Promise<PathService> {
    const { host, config, identity } = this.#deps;
    return startPathService({
      host,
      interfaceName: config.interfaceName,
      privateKey: identity.privateKey,
      ownKey,
      keeper: () => this.#parts.keeper,
      poll: () => this.#parts.poll,
      showMapping: this.#moves.showMapping,
      requestPunch: async (peer) => await this.#parts.link?.requestPunch(peer.id),
      onWoken: () => this.#parts.link?.checkStream(),
      onMoved: (peer, { phase, transitions }) => {
        host.log.debug('a path moved', { peer: peer.name, state: phase, why: transitions.at(-1)?.why ?? '' });
        this.#map.publishPeers();
        // Is it the peer, or do we reach no beacon? Only a new handshake can tell.
        if (isRelayInDoubt(transitions) && this.#greeter.isDoubtDue()) this.#moves.greetThen(() => {});
      },
      onRelaysChanged: () => {
        this.#map.planPaths();
        this.#parts.link?.checkInSoon();
      },
    });
  }

  #startPoll(keeper: TunnelKeeper, paths: PathService, maps: MapHolder): TunnelPoll {
    const { clock, log } = this.#deps.host;
    return startTunnelPoll({
      clock,
      log,
      keeper,
      runner: paths.runner,
      heartbeats: paths.heartbeats,
      map: maps.map,
      underlay: this.#underlay.current,
      isEager: () => this.#fallback.isEager() || (!this.#isUp && maps.map() !== undefined),
      isQuiet: () => this.#deps.facts.life().beaconReachable && !paths.runner.isMoving(),
      onRead: () => this.#onRead(),
    });
  }

  #openLink(listenPort: number, maps: MapHolder, network: NetworkWatcher): BrokerLink {
    const { host, config, client, identity, facts, healthCodes, onRevoked, onCloned } = this.#deps;
    const { clock, log, health } = host;
    return openBrokerLink({
      clock,
      log,
      health,
      client,
      token: identity.token,
      maps,
      describe: () =>
        describeSelf({
          host,
          config,
          listenPort,
          links: network.view().links,
          facts,
          healthCodes: healthCodes(),
          relays: this.#parts.paths?.relays(),
        }),
      onMapChanged: () =>
        this.#inBackground('could not apply the network map', async () => {
          await this.#map.request();
          await this.refresh();
        }),
      onPunch: (punch) => {
        const map = maps.map();
        if (map !== undefined) this.#parts.paths?.onPunch(punch, map, network.view());
      },
      onHeardAgain: () => this.#parts.paths?.runner.dispatchAll({ kind: 'prospects-changed' }),
      onBeaconsLost: this.#moves.onBeaconsLost,
      onRelayDirectory: () => this.#parts.relayDirectory?.request(),
      onRevoked,
      onCloned,
      onContact: ({ isConnected, lastContactAt, brokerTimeMs }) => {
        this.#clockWatch.noteBroker(brokerTimeMs);
        facts.setLife({
          brokerConnected: isConnected,
          ...(lastContactAt === undefined ? {} : { lastContactAt }),
        });
      },
    });
  }

  #keepAddresses(maps: MapHolder): AddressKeeper {
    const { host, client, identity } = this.#deps;
    return openAddressKeeper({
      host,
      allotted: () => maps.map()?.self.hosts,
      isKnown: () => maps.map() !== undefined,
      ask: (hosts, signal) => client.setHosts(identity.token, hosts, signal),
      onAllotted: () => this.#parts.link?.checkInSoon(),
    });
  }

  #createFallback(): RelayFallback {
    const { host, identity, facts } = this.#deps;
    const { clock, log, ports, health } = host;
    const { brokerUrl, token } = identity;
    return createRelayFallback({
      clock,
      log,
      underlay: this.#underlay,
      openShim: (onOpen) => {
        const wireguardPort = this.#parts.keeper?.listenPort ?? 0;
        return openRelayShim({ sockets: ports.sockets, clock, log, brokerUrl, token, wireguardPort, onOpen });
      },
      greetBeacons: () => this.#moves.greetThen(() => {}),
      greetFirst: this.#greeter.greetFirst,
      moveRelays: () => {
        this.#map.planPaths();
        // What could not be reached directly from behind a blockade may be now.
        this.#parts.paths?.runner.dispatchAll({ kind: 'prospects-changed' });
      },
      isBrokerReachable: () => facts.life().brokerConnected,
      sessionAgeMs: (state) => this.#parts.keeper?.sessionAgeMs(state),
      onChanged: (isBehind) => {
        setWarning(health, isBehind, MESH_WARNINGS.udpBlocked);
        facts.setLife({ isRelayByWebSocket: isBehind });
        this.#parts.link?.checkInSoon();
      },
    });
  }

  #inBackground(what: string, task: () => Promise<void>): void {
    task().catch((error: unknown) => {
      if (!this.#scope.signal.aborted) this.#deps.host.log.warn(what, { error });
    });
  }

  #onNetworkChanged(view: NetworkView, left: readonly Family[]): void {
    const { host, config } = this.#deps;
    setWarning(host.health, ...overlapOf(this.#parts.maps?.map(), view, config.interfaceName));
    this.#moves.onNetworkChanged(view, left);
  }

  async #onRead(): Promise<void> {
    const { health } = this.#deps.host;
    const { maps, keeper, poll, paths } = this.#parts;
    const map = maps?.map();
    if (map === undefined || keeper === undefined || poll === undefined) return;
    await paths?.ensureHeartbeats(map);
    const watch: BeaconWatchParts = {
      health,
      facts: this.#deps.facts,
      greeter: this.#greeter,
      underlay: this.#underlay,
      fallback: this.#fallback,
      clockWatch: this.#clockWatch,
      sessionAgeMs: keeper.sessionAgeMs,
    };
    if (await noteBeacons(watch, map, poll.latest())) {
      this.#isUp = true;
      this.#greeting.noteBeacon();
      await this.#greeting.greetIfDue(map, keeper);
      this.#up.resolve();
    }
    this.#map.publishPeers();
  }
}
