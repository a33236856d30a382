/**
 * The mesh while it is up: interface, peers, paths, broker. Ends without touching the data plane: the interface
 * outlives the agent, and the next session adopts it with its healthy peers.
 */
import { createScope, createSingleFlight, type ResourceScope } from '@sidegate/kit';
import type { Endpoint, MapPeer, NetworkMap, NodeId, ProbeFrame, Punch } from '@sidegate/protocol';
import { validateCandidates } from '../../paths/validate-candidates.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { publicKeyOf } from '../../tunnel/key-pair.ts';
import type { BrokerClient } from './broker-client.ts';
import { type BrokerLink, openBrokerLink } from './broker-link.ts';
import { type HeartbeatService, startHeartbeatService } from './heartbeat-service.ts';
import type { Identity } from './identity.ts';
import { openMapHolder } from './map-holder.ts';
import type { MeshConfig } from './mesh-config.ts';
import type { MeshFacts } from './mesh-facts.ts';
import { MESH_WARNINGS, setWarning } from './mesh-health.ts';
import { candidateContext, describeSelf, hasBeaconAnswered, overlapOf } from './mesh-views.ts';
import { renderFirewallWish, renderNames, renderPeerStatus } from './mesh-wishes.ts';
import { type NetworkView, watchNetwork } from './network-watcher.ts';
import { createEffectPerformer } from './path-effects.ts';
import { createPathRunner } from './path-runner.ts';
import { type ProbeService, startProbeService } from './probe-service.ts';
import { openTunnelKeeper, type TunnelKeeper } from './tunnel-keeper.ts';
import { handshakeAgeMs, startTunnelPoll, type TunnelPoll } from './tunnel-poll.ts';

/** How long the beacons may be silent before somebody should know. */
const BEACON_PATIENCE_MS = 10_000;

export interface MeshSessionDeps {
  readonly host: PluginHost;
  readonly config: MeshConfig;
  readonly identity: Identity;
  readonly client: BrokerClient;
  readonly facts: MeshFacts;
  /** Codes of open warnings, for the check-in. */
  readonly healthCodes: () => readonly string[];
  readonly onRevoked: (reason: string) => void;
}

export interface MeshSession extends AsyncDisposable {
  /** Resolves when interface and peers are there and, within reason, a beacon answered. */
  readonly whenUp: Promise<void>;
  /** GET /peers, fresh. */
  readPeers(): Promise<void>;
}

/** Brings the mesh up. Rejects, having undone what it began in this process, when the interface cannot be made. */
export const openMeshSession = async (deps: MeshSessionDeps): Promise<MeshSession> => {
  const scope = createScope();
  try {
    return await openInScope(deps, scope);
  } catch (error) {
    await scope.end(error).catch(() => {});
    throw error;
  }
};

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}
const createDeferred = (): Deferred => {
  let settle: Omit<Deferred, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Nobody may be waiting.
  promise.catch(() => {});
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
};

const openInScope = async (deps: MeshSessionDeps, scope: ResourceScope): Promise<MeshSession> => {
  const { host, config, identity, client, facts } = deps;
  const { clock, log, health, ports, hooks } = host;
  const { interfaceName } = config;
  const ownKey = publicKeyOf(identity.privateKey);
  const up = createDeferred();
  scope.add(() => up.reject(new Error('the mesh went down')));
  let keeper: TunnelKeeper | undefined;
  let poll: TunnelPoll | undefined;
  let link: BrokerLink | undefined;
  let probes: ProbeService | undefined;
  let heartbeats: HeartbeatService | undefined;
  let greetedAtMs = clock.monoMs();

  const maps = scope.add(await openMapHolder({ files: ports.files, clock, log }));
  const runner = scope.add(
    createPathRunner({
      clock,
      log,
      ownKey,
      perform: createEffectPerformer({
        keeper: () => keeper,
        poll: () => poll,
        probes: () => probes,
        heartbeats: () => heartbeats,
        requestPunch: async (peer) => await link?.requestPunch(peer.id),
        onPunchFailed: (peer, why) => runner.dispatch(peer.id, { kind: 'punch-failed', why }),
      }),
      onMoved(peer, { phase, transitions }) {
        log.debug('a path moved', { peer: peer.name, state: phase, why: transitions.at(-1)?.why ?? '' });
        publishPeers();
      },
    }),
  );
  const toWallMs = (monoMs: number) => clock.wallMs() - (clock.monoMs() - monoMs);
  const publishPeers = () => {
    const map = maps.map();
    if (map === undefined || scope.signal.aborted) return;
    const status = (peer: MapPeer) =>
      renderPeerStatus(map, peer, runner.stateOf(peer.id), poll?.latest().get(peer.publicKey), toWallMs);
    facts.setPeers(map.peers.map(status));
  };
  /** Greets the beacons anew; what hung on their sessions follows by `kind`. */
  const greetBeacons = async () => {
    greetedAtMs = clock.monoMs();
    await keeper?.resetBeacons(maps.map()?.beacons ?? []);
  };
  const complain = (what: string) => (error: unknown) => {
    if (!scope.signal.aborted) log.warn(what, { error });
  };
  const onNetworkChanged = (view: NetworkView, hasLeft: boolean) => {
    log.info('the network changed', { why: hasLeft ? 'our way out is another' : 'an address came' });
    setWarning(health, ...overlapOf(maps.map(), view, interfaceName));
    // The relay forwards for addresses that greeted it, so that comes first; what follows is held until it has.
    greetBeacons()
      .then(() => runner.dispatchAll({ kind: 'network-changed', hasMoved: hasLeft }))
      .catch(complain('could not greet the beacons'));
    link?.reconnect();
    link?.checkInSoon();
  };
  const network = scope.add(
    await watchNetwork({
      links: ports.links,
      tunnelName: interfaceName,
      clock,
      log,
      onChanged: onNetworkChanged,
    }),
  );
  const onBeaconsLost = () => {
    log.info('the broker restarted; greeting its beacons anew');
    greetBeacons()
      .then(() => runner.dispatchAll({ kind: 'relay-lost' }))
      .catch(complain('could not greet the beacons'));
  };
  const onProbe = (peer: NodeId, { type, session, nonce }: ProbeFrame, from: Endpoint) => {
    if (type === 'pong') runner.dispatch(peer, { kind: 'pong', session, nonce, from });
    else runner.dispatch(peer, { kind: 'ping', session, nonce, from, isSelect: type === 'select' });
  };
  const onPunch = (punch: Punch) => {
    const map = maps.map();
    if (map === undefined) return;
    const context = candidateContext(map, network.view(), interfaceName, punch.nat);
    const candidates = validateCandidates(punch.candidates, context);
    const { session, startInMs } = punch;
    runner.dispatch(punch.peer, { kind: 'punch', session, startInMs, candidates });
  };
  const ensureHeartbeats = async (map: NetworkMap) => {
    if (heartbeats === undefined) {
      const opened = await startHeartbeatService({
        sockets: ports.sockets,
        clock,
        address4: map.self.address4,
        onRequest: (peer, isBusy) => runner.dispatch(peer, { kind: 'heartbeat-request', isBusy }),
        onAnswer: (peer, id) => runner.dispatch(peer, { kind: 'heartbeat-answer', id }),
      }).catch(() => undefined);
      setWarning(health, opened === undefined, MESH_WARNINGS.heartbeat);
      if (opened === undefined) return;
      heartbeats = scope.add(opened);
    }
    heartbeats.setPeers(map.peers);
  };
  const wish = (map: NetworkMap) => {
    const wireguardPort = keeper?.listenPort ?? 0;
    hooks.firewall.replace(
      renderFirewallWish({ map, interfaceName, wireguardPort, agentPort: probes?.agentPort }),
    );
    hooks.names.replace(renderNames(map));
    hooks.firewall.settled().then(
      () => setProbing(true),
      () => setProbing(false),
    );
  };
  const setProbing = (isSettled: boolean) => {
    if (scope.signal.aborted) return;
    const canProbe = isSettled && probes !== undefined;
    setWarning(health, !canProbe, MESH_WARNINGS.portSharing);
    runner.setCanProbe(canProbe);
  };
  const applyMap = createSingleFlight(async () => {
    const map = maps.map();
    if (map === undefined || keeper === undefined || scope.signal.aborted) return;
    const states = new Map((await keeper.read()).map((state) => [state.publicKey, state]));
    const relay = map.beacons[0]?.endpoint;
    if (relay !== undefined)
      runner.setPeers(map.peers, relay, (key) => ({
        endpoint: states.get(key)?.endpoint,
        handshakeAgeMs: handshakeAgeMs(states.get(key), clock.wallMs()),
      }));
    probes?.setPeers(map.peers);
    await keeper.reconcile(map, [...states.values()]);
    await ensureHeartbeats(map);
    if (scope.signal.aborted) return;
    wish(map);
    setWarning(health, ...overlapOf(map, network.view(), interfaceName));
    facts.setMap(map);
    const { kind, listenPort } = keeper;
    facts.setTunnel({ interfaceName, kind, listenPort, mtuBytes: config.mtuBytes });
    facts.setLife({ state: 'up' });
    publishPeers();
  });
  const onRead = async () => {
    const map = maps.map();
    if (map === undefined || poll === undefined) return;
    if (heartbeats === undefined) await ensureHeartbeats(map);
    const isReachable = hasBeaconAnswered(map, poll.latest(), clock.wallMs());
    const isPatienceOver = clock.monoMs() - greetedAtMs > BEACON_PATIENCE_MS;
    setWarning(health, !isReachable && isPatienceOver, MESH_WARNINGS.beaconUnreachable);
    facts.setLife({ beaconReachable: isReachable });
    if (isReachable || isPatienceOver) up.resolve();
    publishPeers();
  };

  keeper = await openTunnelKeeper({
    tunnel: ports.tunnel,
    log,
    config: {
      interfaceName,
      privateKey: identity.privateKey,
      mtuBytes: config.mtuBytes,
      address4: identity.enrolment.address4,
      address6: identity.enrolment.address6,
    },
    fixedPort: config.listenPort,
    ownKey,
    keepaliveSecOf: runner.keepaliveSecOf,
    signal: scope.signal,
  });
  probes = await startProbeService({
    sockets: ports.sockets,
    clock,
    privateKey: identity.privateKey,
    ownKey,
    onProbe,
  }).catch(() => undefined);
  if (probes !== undefined) scope.add(probes);
  poll = scope.add(
    startTunnelPoll({ clock, log, keeper, runner, heartbeats: () => heartbeats, map: maps.map, onRead }),
  );
  await applyMap.request();
  const { listenPort } = keeper;
  link = scope.add(
    openBrokerLink({
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
          healthCodes: deps.healthCodes(),
        }),
      onMapChanged() {
        applyMap
          .request()
          .then(() => poll?.request())
          .catch(complain('could not apply the network map'));
      },
      onPunch,
      onBeaconsLost,
      onRevoked: deps.onRevoked,
      onContact: ({ isConnected, lastContactAt }) =>
        facts.setLife({
          brokerConnected: isConnected,
          ...(lastContactAt === undefined ? {} : { lastContactAt }),
        }),
    }),
  );
  scope.add(hooks.candidates.watch(() => link?.checkInSoon()));
  return {
    whenUp: up.promise,
    readPeers: async () => await poll?.request(),
    [Symbol.asyncDispose]: () => scope.end(),
  };
};
