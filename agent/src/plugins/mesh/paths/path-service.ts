/** The paths of a session with what they run on: machines, probe socket, heartbeats. */
import { createScope, type Secret } from '@sidegate/kit';
import type {
  Candidate,
  Endpoint,
  MapPeer,
  NetworkMap,
  NodeId,
  ProbeFrame,
  PublicKey,
  Punch,
} from '@sidegate/protocol';
import { isInUse } from '../../../paths/liveness.ts';
import type { PathState } from '../../../paths/path-machine.ts';
import { directWayOf } from '../../../paths/path-state.ts';
import { beaconEndpoint, NO_UNDERLAY, relayFor, relayKeyAt, type Underlay } from '../../../paths/underlay.ts';
import { validateCandidates } from '../../../paths/validate-candidates.ts';
import type { PluginHost } from '../../../plugin-api/index.ts';
import type { IfName, TunnelPeerState } from '../../../ports/index.ts';
import { MESH_WARNINGS, setWarning } from '../mesh-health.ts';
import { candidateContext } from '../mesh-views.ts';
import type { NetworkView } from '../underlay/network-watcher.ts';
import { type HeartbeatService, startHeartbeatService } from './heartbeat-service.ts';
import { createEffectPerformer, type EffectParts } from './path-effects.ts';
import { createPathRunner, type PathRunner } from './path-runner.ts';
import { type ProbeService, startProbeService } from './probe-service.ts';
import { startRelayWatch } from './relay-watch.ts';

export interface PathServiceDeps
  extends Pick<EffectParts, 'keeper' | 'poll' | 'requestPunch' | 'showMapping'> {
  readonly host: PluginHost;
  readonly interfaceName: IfName;
  readonly privateKey: Secret;
  readonly ownKey: PublicKey;
  readonly onWoken: () => void;
  readonly onMoved: (peer: MapPeer, state: PathState) => void;
  /** Other relays answer than before, or in another order. */
  readonly onRelaysChanged: () => void;
}

export interface PathService extends AsyncDisposable {
  readonly runner: PathRunner;
  /** Port of the probe socket; absent where there is none. */
  readonly agentPort: number | undefined;
  readonly heartbeats: () => HeartbeatService | undefined;
  /** Paths to the peers of the map; new ones begin as the tunnel has them. */
  setMap(map: NetworkMap, underlay: Underlay, states: readonly TunnelPeerState[]): void;
  /** Where a peer's path begins. */
  relayOf(peer: MapPeer): Endpoint | undefined;
  /** Relays that answer, the nearest first; `undefined` where there is no choice. */
  relays(): readonly PublicKey[] | undefined;
  /** The mesh address may come later than we do. */
  ensureHeartbeats(map: NetworkMap): Promise<void>;
  onPunch(punch: Punch, map: NetworkMap, network: NetworkView): void;
  /**
   * We have another address, and a packet goes to where each peer in use was reached directly, before any to a beacon.
   * Behind the same router as before, a flow of our old address may hold our outside port towards a peer; a NAT that
   * meets the beacon first would give us that port there, and another one towards the peer, which nobody ever learns.
   */
  showDirectWays(): Promise<void>;
  /** Does the firewall carry probes between our socket and the WireGuard port? */
  setProbing(isCarried: boolean): void;
}

/** Of an echo that is to be answered by nobody. */
const NO_NONCE = '00'.repeat(8);

/** Does a port of our router lead to us, by its grant or by a person's hand? */
const hasOpenPort = (own: readonly Candidate[]): boolean =>
  own.some(({ kind }) => kind === 'mapped' || kind === 'static');

/** Binds the probe socket; without one, paths stay on the relay. */
export const startPathService = async (deps: PathServiceDeps): Promise<PathService> => {
  const { host, interfaceName, privateKey, ownKey } = deps;
  const { clock, log, health, ports } = host;
  const scope = createScope();
  let heartbeats: HeartbeatService | undefined;
  let map: NetworkMap | undefined;
  let underlay = NO_UNDERLAY;
  let canProbe = false;
  const perform = createEffectPerformer({
    ...deps,
    probes: () => probes,
    heartbeats: () => heartbeats,
    onPunchFailed: (peer, why) => runner.dispatch(peer.id, { kind: 'punch-failed', why }),
  });
  const runner = scope.add(createPathRunner({ ...deps, clock, log, perform }));
  const onProbe = (peer: NodeId, { type, session, nonce }: ProbeFrame, from: Endpoint) => {
    if (type === 'pong') runner.dispatch(peer, { kind: 'pong', session, nonce, from });
    else runner.dispatch(peer, { kind: 'ping', session, nonce, from, isSelect: type === 'select' });
  };
  const probes: ProbeService | undefined = await startProbeService({
    sockets: ports.sockets,
    clock,
    privateKey,
    ownKey,
    onProbe,
    onEchoed: (nonce, from) => relays.noteEchoed(nonce, from),
  }).catch((error: unknown) => {
    log.warn('there is no socket for probes', { error });
    return undefined;
  });
  if (probes !== undefined) scope.add(probes);

  const isCarrying = (endpoint: Endpoint): boolean =>
    (map?.peers ?? []).some(({ id }) => {
      const state = runner.stateOf(id);
      if (state === undefined || state.phase === 'direct' || state.relay !== endpoint) return false;
      return isInUse(state.liveness, clock.monoMs());
    });
  const relays = scope.add(
    startRelayWatch({
      clock,
      sendEcho: (nonce, to) => probes?.sendEcho(nonce, to),
      isInUse: isCarrying,
      onChanged: deps.onRelaysChanged,
    }),
  );
  /** Without a choice there is nothing to measure. */
  const watchRelays = (): void => {
    const isChoice = canProbe && (map?.relays ?? []).length > 0 && underlay.shim === undefined;
    const watched = isChoice ? [...map!.beacons.slice(0, 1), ...(map!.relays ?? [])] : [];
    relays.setTargets(
      watched.flatMap((relay) => {
        const endpoint = beaconEndpoint(relay, underlay);
        const { publicKey } = relay;
        return endpoint === undefined ? [] : [{ publicKey, isPrivate: 'node' in relay, endpoint }];
      }),
    );
  };
  const relayOf = (peer: MapPeer): Endpoint | undefined =>
    map && relayFor(map, peer, underlay, { publicKey: ownKey, relays: relays.current() });

  const openHeartbeats = async (map: NetworkMap): Promise<HeartbeatService | undefined> => {
    const opened = await startHeartbeatService({
      sockets: ports.sockets,
      clock,
      address4: map.self.address4,
      onRequest: (peer, isBusy) => runner.dispatch(peer, { kind: 'heartbeat-request', isBusy }),
      onAnswer: (peer, id) => runner.dispatch(peer, { kind: 'heartbeat-answer', id }),
    }).catch((error: unknown) => {
      log.debug('no heartbeats yet', { error });
      return undefined;
    });
    setWarning(health, opened === undefined, MESH_WARNINGS.heartbeat);
    return opened === undefined ? undefined : scope.add(opened);
  };
  return {
    runner,
    agentPort: probes?.agentPort,
    heartbeats: () => heartbeats,
    relayOf,
    relays: () => (relays.current().length === 0 ? undefined : relays.current()),
    setMap(nextMap, nextUnderlay, states) {
      map = nextMap;
      underlay = nextUnderlay;
      watchRelays();
      const found = new Map(states.map((state) => [state.publicKey, state]));
      const foundOf = (key: PublicKey) => ({
        endpoint: found.get(key)?.endpoint,
        handshakeAgeMs: deps.keeper()?.sessionAgeMs(found.get(key)),
      });
      runner.setPeers(nextMap.peers, relayOf, foundOf, (endpoint) =>
        relayKeyAt(nextMap, endpoint, nextUnderlay),
      );
      probes?.setPeers(nextMap.peers);
      heartbeats?.setPeers(nextMap.peers);
    },
    async ensureHeartbeats(map) {
      if (heartbeats !== undefined) return;
      heartbeats = await openHeartbeats(map);
      heartbeats?.setPeers(map.peers);
    },
    onPunch({ peer, session, startInMs, candidates: named, nat }, map, network) {
      const candidates = validateCandidates(named, candidateContext(map, network, interfaceName, nat));
      const isYielding = map.self.nat === 'symmetric' && hasOpenPort(host.facts.get('own-candidates') ?? []);
      runner.dispatch(peer, { kind: 'punch', session, startInMs, candidates, isYielding });
    },
    async showDirectWays() {
      for (const { id } of map?.peers ?? []) {
        const state = runner.stateOf(id);
        if (state === undefined || !isInUse(state.liveness, clock.monoMs())) continue;
        const way = directWayOf(state);
        if (way !== undefined) probes?.sendEcho(NO_NONCE, way);
      }
      await probes?.sent();
    },
    setProbing(isCarried) {
      canProbe = isCarried && probes !== undefined;
      watchRelays();
      setWarning(health, !canProbe, MESH_WARNINGS.portSharing);
      runner.setCanProbe(canProbe);
    },
    [Symbol.asyncDispose]: () => scope.end(),
  };
};
