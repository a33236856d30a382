/**
 * The mesh while it is up: interface, peers, paths, broker. Ends without touching the data plane: the interface
 * outlives the agent, and the next session adopts it with its healthy peers.
 */
import { createScope, createSingleFlight, type ResourceScope } from '@sidegate/kit';
import type { MapPeer, NetworkMap, PublicKey } from '@sidegate/protocol';
import type { Family } from '../../paths/family.ts';
import { isRelayInDoubt } from '../../paths/path-state.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { publicKeyOf } from '../../tunnel/key-pair.ts';
import { type AddressKeeper, openAddressKeeper } from './address-keeper.ts';
import { type BeaconGreeter, createBeaconGreeter } from './beacon-greeter.ts';
import { noteBeacons } from './beacon-watch.ts';
import type { BrokerClient } from './broker-client.ts';
import { type BrokerLink, openBrokerLink } from './broker-link.ts';
import { type ClockWatch, createClockWatch } from './clock-watch.ts';
import { createDeferred } from './deferred.ts';
import type { Identity } from './identity.ts';
import { type MapHolder, openMapHolder } from './map-holder.ts';
import type { MeshConfig } from './mesh-config.ts';
import type { MeshFacts } from './mesh-facts.ts';
import { MESH_WARNINGS, setWarning } from './mesh-health.ts';
import { describeSelf, overlapOf } from './mesh-views.ts';
import { type NetworkView, type NetworkWatcher, watchNetwork } from './network-watcher.ts';
import { type PathService, startPathService } from './path-service.ts';
import { createPeerGate, type PeerGate } from './peer-gate.ts';
import { createPeerStatuses, type PeerStatuses } from './peer-statuses.ts';
import { type RelayDirectoryWatch, watchRelayDirectory } from './relay-directory-watch.ts';
import { createRelayFallback, type RelayFallback } from './relay-fallback.ts';
import { openRelayShim } from './relay-shim.ts';
import { createSessionMoves, type SessionMoves } from './session-moves.ts';
import { openTunnelKeeper, type TunnelKeeper } from './tunnel-keeper.ts';
import { startTunnelPoll, type TunnelPoll } from './tunnel-poll.ts';
import { createUnderlayWatch, type UnderlayWatch } from './underlay-watch.ts';
import { vetMap } from './vet-map.ts';

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
  readonly #statuses: PeerStatuses;
  readonly #applyMap = createSingleFlight(() => this.#applyMapNow());
  #maps: MapHolder | undefined;
  #network: NetworkWatcher | undefined;
  #paths: PathService | undefined;
  #keeper: TunnelKeeper | undefined;
  #poll: TunnelPoll | undefined;
  #link: BrokerLink | undefined;
  #relayDirectory: RelayDirectoryWatch | undefined;
  #addresses: AddressKeeper | undefined;
  readonly #fallback: RelayFallback;
  readonly #greeter: BeaconGreeter;
  #isUp = false;
  /** We were a member before, and the interface is new: peers may hold sessions that nobody here knows. */
  #isReturning = false;
  /** The tunnel has the peers of the map: those of an edge wait for its table. */
  #hasPeers = false;
  readonly #underlay: UnderlayWatch;
  readonly #clockWatch: ClockWatch;
  readonly #moves: SessionMoves;
  /** An edge without its table would let every peer reach everything. */
  readonly #gate: PeerGate;

  constructor(deps: MeshSessionDeps) {
    this.#deps = deps;
    this.#statuses = createPeerStatuses(deps.host.clock);
    this.#clockWatch = createClockWatch(deps.host.clock);
    this.#underlay = createUnderlayWatch({
      clock: deps.host.clock,
      tunnelName: deps.config.interfaceName,
      onChanged: (_underlay, why) => this.#moves.onUnderlayChanged(why),
    });
    this.#greeter = createBeaconGreeter({
      clock: deps.host.clock,
      map: () => this.#maps?.map(),
      underlay: this.#underlay.current,
      keeper: () => this.#keeper,
    });
    this.#moves = createSessionMoves({
      log: deps.host.log,
      greeter: this.#greeter,
      underlay: this.#underlay,
      fallback: () => this.#fallback,
      paths: () => this.#paths,
      link: () => this.#link,
      planPaths: () => this.#planPaths(),
      inBackground: (what, task) => this.#inBackground(what, task),
    });
    this.#gate = this.#scope.add(
      createPeerGate({
        clock: deps.host.clock,
        hooks: deps.host.hooks,
        interfaceName: deps.config.interfaceName,
        signal: this.#scope.signal,
        onSettled: (isInPlace) => this.#paths?.setProbing(isInPlace),
        onOpen: () => this.#applyMapSoon(),
        onRetry: () => this.#planPaths(),
      }),
    );
    this.#fallback = this.#scope.add(this.#createFallback());
    this.#scope.add(() => this.#up.reject(new Error('the mesh went down')));
  }

  get whenUp(): Promise<void> {
    return this.#up.promise;
  }

  async refresh(): Promise<void> {
    await this.#poll?.request();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.end();
  }

  /** In the order of need; what is there already goes with the scope when a later part fails. */
  async open(): Promise<void> {
    const { host, config, identity } = this.#deps;
    const { clock, log, ports } = host;
    const { interfaceName, mtuBytes } = config;
    const { privateKey, enrolment } = identity;
    const ownKey = publicKeyOf(privateKey);
    const { address4, address6 } = enrolment;
    const isBrokerHere = LOOPBACK.test(new URL(identity.brokerUrl).hostname);
    const reader = { publicKey: ownKey, address4, address6, isBrokerHere };
    const vet = (map: NetworkMap) => vetMap(map, reader);
    this.#maps = this.#scope.add(await openMapHolder({ files: ports.files, clock, log, vet }));
    this.#network = this.#scope.add(
      await watchNetwork({
        links: ports.links,
        tunnelName: interfaceName,
        clock,
        log,
        onChanged: (view, left) => this.#onNetworkChanged(view, left),
      }),
    );
    this.#underlay.noteNetwork(this.#network.view());
    const paths = this.#scope.add(await this.#startPaths(ownKey));
    this.#paths = paths;
    this.#keeper = await openTunnelKeeper({
      tunnel: ports.tunnel,
      clock,
      log,
      config: { interfaceName, privateKey, mtuBytes, address4, address6 },
      fixedPort: config.listenPort,
      ownKey,
      keepaliveSecOf: paths.runner.keepaliveSecOf,
      hasPath: paths.runner.hasPath,
      isFiltered: this.#gate.isOpen,
      relayOf: paths.relayOf,
      signal: this.#scope.signal,
    });
    this.#poll = this.#scope.add(this.#startPoll(this.#keeper, paths, this.#maps));
    this.#isReturning = this.#maps.map() !== undefined && (await this.#keeper.read()).length === 0;
    await this.#applyMap.request();
    this.#link = this.#scope.add(this.#openLink(this.#keeper.listenPort, this.#maps, this.#network));
    this.#scope.add(host.hooks.candidates.watch(() => this.#link?.checkInSoon()));
    this.#relayDirectory = this.#scope.add(
      watchRelayDirectory({
        host,
        publish: (directory) => this.#deps.facts.setRelayDirectory(directory),
        ask: (revision, signal) => this.#deps.client.readRelayDirectory(identity.token, revision, signal),
        onOffer: () => this.#link?.checkInSoon(),
      }),
    );
    this.#addresses = this.#scope.add(this.#keepAddresses(this.#maps));
  }

  #startPaths(ownKey: PublicKey): Promise<PathService> {
    const { host, config, identity } = this.#deps;
    return startPathService({
      host,
      interfaceName: config.interfaceName,
      privateKey: identity.privateKey,
      ownKey,
      keeper: () => this.#keeper,
      poll: () => this.#poll,
      showMapping: this.#moves.showMapping,
      requestPunch: async (peer) => await this.#link?.requestPunch(peer.id),
      onMoved: (peer, { phase, transitions }) => {
        host.log.debug('a path moved', { peer: peer.name, state: phase, why: transitions.at(-1)?.why ?? '' });
        this.#publishPeers();
        // Is it the peer, or do we reach no beacon? Only a new handshake can tell.
        if (isRelayInDoubt(transitions) && this.#greeter.isDoubtDue()) this.#moves.greetThen(() => {});
      },
      onRelaysChanged: () => {
        this.#planPaths();
        this.#link?.checkInSoon();
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
          relays: this.#paths?.relays(),
        }),
      onMapChanged: () =>
        this.#inBackground('could not apply the network map', async () => {
          await this.#applyMap.request();
          await this.refresh();
        }),
      onPunch: (punch) => {
        const map = maps.map();
        if (map !== undefined) this.#paths?.onPunch(punch, map, network.view());
      },
      onBeaconsLost: this.#moves.onBeaconsLost,
      onRelayDirectory: () => this.#relayDirectory?.request(),
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
      onAllotted: () => this.#link?.checkInSoon(),
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
        const wireguardPort = this.#keeper?.listenPort ?? 0;
        return openRelayShim({ sockets: ports.sockets, clock, log, brokerUrl, token, wireguardPort, onOpen });
      },
      greetBeacons: () => this.#moves.greetThen(() => {}),
      greetFirst: this.#greeter.greetFirst,
      moveRelays: () => {
        this.#planPaths();
        // What could not be reached directly from behind a blockade may be now.
        this.#paths?.runner.dispatchAll({ kind: 'mapping-changed' });
      },
      isBrokerReachable: () => facts.life().brokerConnected,
      sessionAgeMs: (state) => this.#keeper?.sessionAgeMs(state),
      onChanged: (isBehind) => {
        setWarning(health, isBehind, MESH_WARNINGS.udpBlocked);
        facts.setLife({ isRelayByWebSocket: isBehind });
        this.#link?.checkInSoon();
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
    setWarning(host.health, ...overlapOf(this.#maps?.map(), view, config.interfaceName));
    this.#moves.onNetworkChanged(view, left);
  }

  /** Paths take to the relays that both ends reach, as they are reached now. */
  #planPaths(): void {
    const map = this.#maps?.map();
    if (map === undefined) return;
    this.#paths?.setMap(map, this.#underlay.current(), [...(this.#poll?.latest().values() ?? [])]);
    // Peers that nobody talks to have no path, and begin where the tunnel has them.
    this.#applyMapSoon();
  }

  #applyMapSoon(): void {
    this.#inBackground('could not apply the network map', () => this.#applyMap.request());
  }

  async #applyMapNow(): Promise<void> {
    const { host, config, facts } = this.#deps;
    const map = this.#maps?.map();
    const keeper = this.#keeper;
    if (map === undefined || keeper === undefined || this.#scope.signal.aborted) return;
    const states = await keeper.read();
    // First the paths, which say who needs a keepalive; then the tunnel, which has what they say.
    const underlay = this.#underlay.current();
    this.#paths?.setMap(map, underlay, states);
    // The table goes first: a peer must not find a tunnel without its filter.
    const agentPort = this.#paths?.agentPort;
    this.#gate.wish(map, { wireguardPort: keeper.listenPort, agentPort });
    const isOpen = map.self.role !== 'edge' || this.#gate.isOpen();
    await keeper.reconcile(map, underlay, states);
    this.#hasPeers ||= isOpen;
    await this.#greetOnReturn(map, keeper);
    this.#greeter.noteInTunnel();
    await this.#paths?.ensureHeartbeats(map);
    if (this.#scope.signal.aborted) return;
    if (this.#network !== undefined)
      setWarning(host.health, ...overlapOf(map, this.#network.view(), config.interfaceName));
    const { interfaceName, mtuBytes } = config;
    const { kind, listenPort } = keeper;
    facts.setMap(map);
    if (this.#greeter.noteSeenAt(map.self)) this.#moves.onSeenElsewhere();
    this.#addresses?.request();
    facts.setTunnel({ interfaceName, kind, listenPort, mtuBytes });
    facts.setLife({ state: 'up' });
    this.#publishPeers();
  }

  async #onRead(): Promise<void> {
    const map = this.#maps?.map();
    const keeper = this.#keeper;
    if (map === undefined || keeper === undefined || this.#poll === undefined) return;
    await this.#paths?.ensureHeartbeats(map);
    const [underlay, greeter, fallback] = [this.#underlay, this.#greeter, this.#fallback];
    const { health } = this.#deps.host;
    const [facts, clockWatch, { sessionAgeMs }] = [this.#deps.facts, this.#clockWatch, keeper];
    const parts = { health, facts, greeter, underlay, fallback, clockWatch, sessionAgeMs };
    if (await noteBeacons(parts, map, this.#poll.latest())) {
      this.#isUp = true;
      await this.#greetOnReturn(map, keeper);
      this.#up.resolve();
    }
    this.#publishPeers();
  }

  /** Not before a beacon knows us, for only then the relay passes handshakes on, and not before there is whom to greet. */
  async #greetOnReturn(map: NetworkMap, keeper: TunnelKeeper): Promise<void> {
    if (!this.#isReturning || !this.#isUp || !this.#hasPeers) return;
    this.#isReturning = false;
    await keeper.greetPeers(map);
  }

  #publishPeers(): void {
    const map = this.#maps?.map();
    if (map === undefined || this.#scope.signal.aborted) return;
    const stateOf = (peer: MapPeer) => this.#paths?.runner.stateOf(peer.id);
    const foundOf = (peer: MapPeer) => this.#poll?.latest().get(peer.publicKey);
    this.#deps.facts.setPeers(this.#statuses.render(map, stateOf, foundOf));
  }
}
