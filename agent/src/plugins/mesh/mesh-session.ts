/**
 * The mesh while it is up: interface, peers, paths, broker. Ends without touching the data plane: the interface
 * outlives the agent, and the next session adopts it with its healthy peers.
 */
import { createScope, createSingleFlight, type ResourceScope } from '@sidegate/kit';
import type { MapPeer, NetworkMap, PublicKey } from '@sidegate/protocol';
import type { Family } from '../../paths/family.ts';
import { isRelayInDoubt, type PathEvent } from '../../paths/path-state.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { publicKeyOf } from '../../tunnel/key-pair.ts';
import { type AddressKeeper, openAddressKeeper } from './address-keeper.ts';
import { type BeaconGreeter, createBeaconGreeter } from './beacon-greeter.ts';
import type { BrokerClient } from './broker-client.ts';
import { type BrokerLink, openBrokerLink } from './broker-link.ts';
import { type ClockWatch, createClockWatch } from './clock-watch.ts';
import { createDeferred } from './deferred.ts';
import type { Identity } from './identity.ts';
import { type MapHolder, openMapHolder } from './map-holder.ts';
import type { MeshConfig } from './mesh-config.ts';
import type { MeshFacts } from './mesh-facts.ts';
import { MESH_WARNINGS, setWarning } from './mesh-health.ts';
import { describeSelf, hasBeaconAnswered, overlapOf } from './mesh-views.ts';
import { renderFirewallWish, renderNames } from './mesh-wishes.ts';
import { type NetworkView, type NetworkWatcher, watchNetwork } from './network-watcher.ts';
import { type PathService, startPathService } from './path-service.ts';
import { createPeerStatuses, type PeerStatuses } from './peer-statuses.ts';
import { type RelayDirectoryWatch, watchRelayDirectory } from './relay-directory-watch.ts';
import { createRelayFallback, type RelayFallback } from './relay-fallback.ts';
import { openRelayShim } from './relay-shim.ts';
import { openTunnelKeeper, type TunnelKeeper } from './tunnel-keeper.ts';
import { startTunnelPoll, type TunnelPoll } from './tunnel-poll.ts';
import { createUnderlayWatch, type UnderlayWatch } from './underlay-watch.ts';
import { vetMap } from './vet-map.ts';

/** A broker on this machine has its beacons here as well. */
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/** How long after the firewall refused our table we look again. */
const FILTER_RETRY_MS = 20_000;

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
  readonly #underlay: UnderlayWatch;
  readonly #clockWatch: ClockWatch;

  /** An edge without its table would let every peer reach everything. */
  #isFiltered = false;
  #filterRetry: Disposable | undefined;

  constructor(deps: MeshSessionDeps) {
    this.#deps = deps;
    this.#statuses = createPeerStatuses(deps.host.clock);
    this.#clockWatch = createClockWatch(deps.host.clock);
    this.#underlay = createUnderlayWatch({
      clock: deps.host.clock,
      tunnelName: deps.config.interfaceName,
      onChanged: (_underlay, why) => this.#onUnderlayChanged(why),
    });
    this.#greeter = createBeaconGreeter({
      clock: deps.host.clock,
      map: () => this.#maps?.map(),
      underlay: this.#underlay.current,
      keeper: () => this.#keeper,
    });
    this.#fallback = this.#scope.add(this.#createFallback());
    this.#scope.add(() => this.#up.reject(new Error('the mesh went down')));
    this.#scope.add(() => this.#filterRetry?.[Symbol.dispose]());
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
      isFiltered: () => this.#isFiltered,
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
      showMapping: () => this.#showMapping(),
      requestPunch: async (peer) => await this.#link?.requestPunch(peer.id),
      onMoved: (peer, { phase, transitions }) => {
        host.log.debug('a path moved', { peer: peer.name, state: phase, why: transitions.at(-1)?.why ?? '' });
        this.#publishPeers();
        // Is it the peer, or do we reach no beacon? Only a new handshake can tell.
        if (isRelayInDoubt(transitions) && this.#greeter.isDoubtDue()) this.#greetThen(() => {});
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
      onBeaconsLost: () => {
        log.info('the broker restarted; greeting its beacons anew');
        this.#fallback.reconnect();
        this.#greetThen(() => this.#paths?.runner.dispatchAll({ kind: 'relay-lost' }));
      },
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
      greetBeacons: () => this.#greetThen(() => {}),
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

  /** The relay forwards for addresses that greeted it, so that comes first; it holds early handshakes until then. */
  #greetThen(next: () => void): void {
    this.#inBackground('could not greet the beacons', async () => {
      await this.#greeter.greet();
      this.#fallback.noteGreeted();
      next();
    });
  }

  /** Should it be another one than before, the answer to the check-in tells, whatever became of the event stream. */
  async #showMapping(): Promise<void> {
    if (!(await this.#greeter.showMapping())) return;
    this.#fallback.noteDoubt();
    this.#link?.checkInSoon();
  }

  /** Our public address is another: connections from the old one are dead and do not know it. */
  #onSeenElsewhere(): void {
    this.#deps.host.log.info('the beacons see us at another address');
    this.#link?.reconnect();
    this.#paths?.runner.dispatchAll({ kind: 'mapping-changed' });
  }

  #onNetworkChanged(view: NetworkView, left: readonly Family[]): void {
    const { host, config } = this.#deps;
    host.log.info('the network changed', {
      why: left.length > 0 ? 'our way out is another' : 'an address came',
    });
    setWarning(host.health, ...overlapOf(this.#maps?.map(), view, config.interfaceName));
    this.#underlay.noteNetwork(view);
    this.#fallback.noteMoved();
    if (left.length > 0) this.#paths?.showDirectWays();
    this.#moveThen({ kind: 'network-changed', left });
    this.#link?.reconnect();
    this.#link?.checkInSoon();
  }

  /** Nothing moved, but beacons and relays are reached in another way from now on. */
  #onUnderlayChanged(why: string): void {
    this.#deps.host.log.info('beacons and relays are reached in another way', { why });
    this.#moveThen({ kind: 'network-changed', left: [] });
  }

  /** Whoever we reach through a relay hears of our move once the beacons were greeted, with the relay of now. */
  #moveThen(event: PathEvent): void {
    this.#greetThen(() => {
      this.#planPaths();
      this.#paths?.runner.dispatchAll(event);
    });
  }

  /** Paths take to the relays that both ends reach, as they are reached now. */
  #planPaths(): void {
    const map = this.#maps?.map();
    if (map === undefined) return;
    this.#paths?.setMap(map, this.#underlay.current(), [...(this.#poll?.latest().values() ?? [])]);
    // Peers that nobody talks to have no path, and begin where the tunnel has them.
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
    this.#wish(map, keeper.listenPort);
    await keeper.reconcile(map, underlay, states);
    this.#greeter.noteInTunnel();
    await this.#paths?.ensureHeartbeats(map);
    if (this.#scope.signal.aborted) return;
    if (this.#network !== undefined)
      setWarning(host.health, ...overlapOf(map, this.#network.view(), config.interfaceName));
    const { interfaceName, mtuBytes } = config;
    const { kind, listenPort } = keeper;
    facts.setMap(map);
    if (this.#greeter.noteSeenAt(map.self)) this.#onSeenElsewhere();
    this.#addresses?.request();
    facts.setTunnel({ interfaceName, kind, listenPort, mtuBytes });
    facts.setLife({ state: 'up' });
    this.#publishPeers();
  }

  #wish(map: NetworkMap, wireguardPort: number): void {
    const { hooks } = this.#deps.host;
    const { interfaceName } = this.#deps.config;
    const agentPort = this.#paths?.agentPort;
    hooks.firewall.replace(renderFirewallWish({ map, interfaceName, wireguardPort, agentPort }));
    hooks.names.replace(renderNames(map));
    const setCarried = (isCarried: boolean) => {
      if (this.#scope.signal.aborted) return;
      this.#paths?.setProbing(isCarried);
      if (isCarried) this.#letPeersIn();
      else this.#filterRetry = this.#deps.host.clock.after(FILTER_RETRY_MS, () => this.#planPaths());
    };
    this.#filterRetry?.[Symbol.dispose]();
    hooks.firewall.settled().then(
      () => setCarried(true),
      () => setCarried(false),
    );
  }

  /** The first time that the table is in place: what waited for it goes on. */
  #letPeersIn(): void {
    if (this.#isFiltered) return;
    this.#isFiltered = true;
    this.#inBackground('could not apply the network map', () => this.#applyMap.request());
  }

  async #onRead(): Promise<void> {
    const { host, facts } = this.#deps;
    const map = this.#maps?.map();
    const keeper = this.#keeper;
    if (map === undefined || keeper === undefined || this.#poll === undefined) return;
    await this.#paths?.ensureHeartbeats(map);
    const isReachable = hasBeaconAnswered(map, this.#poll.latest(), keeper.sessionAgeMs);
    const isPatienceOver = this.#greeter.noteReading(isReachable);
    const greetedAtMs = this.#greeter.greetedAtMs();
    if (greetedAtMs !== undefined) this.#underlay.noteBeacons(map, isReachable, greetedAtMs);
    await this.#fallback.noteRead(map, this.#poll.latest());
    const [isSilent, isBehind] = [!isReachable && isPatienceOver, this.#clockWatch.isBehind()];
    setWarning(host.health, isSilent && !isBehind, MESH_WARNINGS.beaconUnreachable);
    setWarning(host.health, isSilent && isBehind, MESH_WARNINGS.clockBehind);
    facts.setLife({ beaconReachable: isReachable && !this.#fallback.isBehind() });
    if (isReachable || isPatienceOver) {
      // Not before a beacon knows us: only then the relay passes handshakes on. Who waits for the table has no session.
      if (this.#isReturning && this.#isFiltered) await keeper.greetPeers(map);
      this.#isReturning = false;
      this.#isUp = true;
      this.#up.resolve();
    }
    this.#publishPeers();
  }

  #publishPeers(): void {
    const map = this.#maps?.map();
    if (map === undefined || this.#scope.signal.aborted) return;
    const stateOf = (peer: MapPeer) => this.#paths?.runner.stateOf(peer.id);
    const foundOf = (peer: MapPeer) => this.#poll?.latest().get(peer.publicKey);
    this.#deps.facts.setPeers(this.#statuses.render(map, stateOf, foundOf));
  }
}
