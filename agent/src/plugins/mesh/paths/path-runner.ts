/**
 * Runs a path machine for each peer that is talked to, and none for the others: of ten thousand edges in a
 * technician's map a handful is in use. Feeds it what was heard, carries out its effects in order, wakes it up when
 * something is due. Knows nothing of sockets and tools: `perform` does.
 */
import { type Clock, createScope, describeError, type Logger } from '@sidegate/kit';
import type { Endpoint, MapPeer, NodeId, PublicKey } from '@sidegate/protocol';
import { isInUse } from '../../../paths/liveness.ts';
import {
  createPath,
  nextPathTimeMs,
  type PathEffect,
  type PathEvent,
  type PathState,
  stepPath,
} from '../../../paths/path-machine.ts';
import { SESSION_LIFE_MS } from '../../../paths/path-state.ts';
import { createPlainWatch, nextPlainTimeMs, stepPlainPath } from '../../../paths/plain-path.ts';

/** Timers that are due already still let the event loop turn. */
const WAKE_MIN_MS = 5;

/** Which relay is at an endpoint; `undefined`: none. Relays know no sessions that were made through others. */
export type RelayAt = (endpoint: Endpoint) => string | undefined;

/** How a peer was found in the tunnel when its path began. */
export interface FoundPeer {
  readonly endpoint: Endpoint | undefined;
  readonly handshakeAgeMs: number | undefined;
}

export interface PathRunnerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly ownKey: PublicKey;
  /** Carries out one effect; a rejection is logged, and the machine learns by what it then sees. */
  readonly perform: (peer: MapPeer, effect: PathEffect) => Promise<void>;
  /** Somebody begins to talk to a peer, or a peer to us. */
  readonly onWoken: () => void;
  /** A path's phase changed. */
  readonly onMoved: (peer: MapPeer, state: PathState) => void;
}

interface Known {
  readonly peer: MapPeer;
  readonly relay: Endpoint;
}

interface Running {
  peer: MapPeer;
  state: PathState;
  /** Effects in order, one after the other. */
  queue: Promise<void>;
  timer: Disposable | undefined;
}

export interface PathRunner extends AsyncDisposable {
  /** Peers that came, changed and went; one that has no relay yet waits. */
  setPeers(
    peers: readonly MapPeer[],
    relayOf: (peer: MapPeer) => Endpoint | undefined,
    found: (key: PublicKey) => FoundPeer,
    relayAt?: RelayAt,
  ): void;
  setCanProbe(canProbe: boolean): void;
  dispatch(id: NodeId, event: PathEvent): void;
  dispatchAll(event: PathEvent): void;
  /** `undefined` for a peer that nobody talks to. */
  stateOf(id: NodeId): PathState | undefined;
  hasPath(key: PublicKey): boolean;
  /** Is any path looking for another way? */
  isMoving(): boolean;
  /** Does the path need a keepalive of its own? Holes are held open while used; the beacon holds the rest. */
  keepaliveSecOf(key: PublicKey): number;
  /** Has everything asked for so far been carried out? */
  settled(): Promise<void>;
}

const KEEPALIVE_SEC = 25;
const MOVING: readonly PathState['phase'][] = ['probing', 'switching', 'fallback'];

const hasSession = ({ handshakeAgeMs }: FoundPeer): boolean =>
  handshakeAgeMs !== undefined && handshakeAgeMs < SESSION_LIFE_MS;

/** What tells whether old failures still mean something. */
const reachKeyOf = ({ candidates, nat }: MapPeer): string =>
  [nat, ...candidates.map(({ endpoint }) => endpoint)].join(' ');

/** What a peer without a path machine can do to get one. All else means something only to a path that is there. */
const WAKING: readonly PathEvent['kind'][] = ['traffic', 'punch', 'heartbeat-request'];
const isWaking = (event: PathEvent): boolean =>
  WAKING.includes(event.kind) || (event.kind === 'tunnel-read' && hasSession(event));

/** Nothing is known of the way to the peer, nobody uses it: a fresh machine would say the same. */
const isForgettable = ({ phase, hasSession, liveness }: PathState, nowMs: number): boolean =>
  (phase === 'relayed' || phase === 'down') && !hasSession && !isInUse(liveness, nowMs);

/** Starts without peers. */
export const createPathRunner = (deps: PathRunnerDeps): PathRunner => {
  const { clock, log } = deps;
  const scope = createScope();
  const running = new Map<NodeId, Running>();
  /** Peers of the map, by id, with their relay. */
  let known = new Map<NodeId, Known>();
  const byKey = new Map<PublicKey, Running>();
  let canProbe = false;
  let relayAt: RelayAt = () => undefined;

  const schedule = (id: NodeId, path: Running) => {
    path.timer?.[Symbol.dispose]();
    path.timer = undefined;
    const nextTimeMs = path.state.plain === undefined ? nextPathTimeMs : nextPlainTimeMs;
    const atMs = nextTimeMs(path.state, clock.monoMs());
    if (atMs === undefined || scope.signal.aborted) return;
    path.timer = clock.after(Math.max(WAKE_MIN_MS, atMs - clock.monoMs()), () =>
      dispatch(id, { kind: 'tick' }),
    );
  };
  const perform = async (path: Running, effect: PathEffect): Promise<void> => {
    if (scope.signal.aborted) return;
    try {
      await deps.perform(path.peer, effect);
    } catch (error) {
      log.debug(`could not ${effect.kind}: ${describeError(error)}`, { peer: path.peer.name });
    }
  };
  /** At whatever relay the peer is, it is no direct path. */
  const atRelay = (endpoint: Endpoint | undefined, relay: Endpoint): Endpoint | undefined =>
    endpoint !== undefined && relayAt(endpoint) !== undefined ? relay : endpoint;
  const wake = (id: NodeId): Running | undefined => {
    const peer = known.get(id);
    if (peer !== undefined) deps.onWoken();
    return peer && add(peer.peer, peer.relay, { endpoint: peer.relay, handshakeAgeMs: undefined });
  };
  const dispatch = (id: NodeId, heard: PathEvent) => {
    if (scope.signal.aborted) return;
    const path = running.get(id) ?? (isWaking(heard) ? wake(id) : undefined);
    if (path === undefined) return;
    const event =
      heard.kind === 'tunnel-read'
        ? { ...heard, endpoint: atRelay(heard.endpoint, path.state.relay) }
        : heard;
    const before = path.state.transitions.at(-1);
    const step = path.state.plain === undefined ? stepPath : stepPlainPath;
    const { state, effects } = step(path.state, event, clock.monoMs());
    path.state = state;
    for (const effect of effects) path.queue = path.queue.then(() => perform(path, effect));
    if (event.kind === 'tunnel-read' && isForgettable(state, clock.monoMs())) return drop(id);
    schedule(id, path);
    if (state.transitions.at(-1) !== before) deps.onMoved(path.peer, state);
  };
  const add = (peer: MapPeer, relay: Endpoint, found: FoundPeer): Running => {
    // A stock app controls nothing.
    const plain = peer.speaks === 'wireguard' ? createPlainWatch(clock.monoMs()) : undefined;
    const isController = plain !== undefined || deps.ownKey < peer.publicKey;
    const options = {
      isController,
      relay,
      isOnline: peer.online,
      canProbe,
      reachKey: reachKeyOf(peer),
      ...found,
      plain,
      endpoint: atRelay(found.endpoint, relay),
    };
    const state = createPath(options, clock.monoMs());
    const path: Running = { peer, state, queue: Promise.resolve(), timer: undefined };
    running.set(peer.id, path);
    byKey.set(peer.publicKey, path);
    schedule(peer.id, path);
    return path;
  };
  const drop = (id: NodeId) => {
    const path = running.get(id);
    if (path === undefined) return;
    path.timer?.[Symbol.dispose]();
    running.delete(id);
    byKey.delete(path.peer.publicKey);
  };
  return {
    setPeers(peers, relayOf, found, nextRelayAt = () => undefined) {
      relayAt = nextRelayAt;
      known = new Map(
        peers.flatMap((peer) => {
          const relay = relayOf(peer);
          return relay === undefined ? [] : [[peer.id, { peer, relay }]];
        }),
      );
      const wanted = new Map(peers.map(({ id, publicKey }) => [id, publicKey]));
      for (const [id, { peer }] of running) if (wanted.get(id) !== peer.publicKey) drop(id);
      for (const { peer, relay } of known.values()) {
        const path = running.get(peer.id);
        if (path === undefined) {
          const state = found(peer.publicKey);
          if (hasSession(state)) add(peer, relay, state);
        } else {
          path.peer = peer;
          const { online: isOnline } = peer;
          const isOtherRelay = relayAt(path.state.relay) !== relayAt(relay);
          const reachKey = reachKeyOf(peer);
          dispatch(peer.id, { kind: 'peer-changed', isOnline, relay, isOtherRelay, reachKey });
        }
      }
    },
    setCanProbe(value) {
      canProbe = value;
      this.dispatchAll({ kind: 'probing-changed', canProbe });
    },
    dispatch,
    dispatchAll(event) {
      for (const id of [...running.keys()]) dispatch(id, event);
    },
    stateOf: (id) => running.get(id)?.state,
    hasPath: (key) => byKey.has(key),
    isMoving: () => [...running.values()].some(({ state }) => MOVING.includes(state.phase)),
    keepaliveSecOf(key) {
      const path = byKey.get(key);
      if (path === undefined) return 0;
      const isResting = path.state.phase === 'relayed' || path.state.phase === 'down';
      return isResting && !isInUse(path.state.liveness, clock.monoMs()) ? 0 : KEEPALIVE_SEC;
    },
    async settled() {
      await Promise.all([...running.values()].map(({ queue }) => queue));
    },
    async [Symbol.asyncDispose]() {
      await scope.end();
      for (const id of [...running.keys()]) drop(id);
    },
  };
};
