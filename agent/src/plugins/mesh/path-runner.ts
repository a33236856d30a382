/**
 * Runs one path machine for each peer: feeds it what was heard, carries out its effects in order, wakes it up when
 * something is due. Knows nothing of sockets and tools: `perform` does.
 */
import { type Clock, createScope, describeError, type Logger } from '@sidegate/kit';
import type { Endpoint, MapPeer, NodeId, PublicKey } from '@sidegate/protocol';
import { isInUse } from '../../paths/liveness.ts';
import {
  createPath,
  nextPathTimeMs,
  type PathEffect,
  type PathEvent,
  type PathState,
  stepPath,
} from '../../paths/path-machine.ts';
import { createPlainWatch, nextPlainTimeMs, stepPlainPath } from '../../paths/plain-path.ts';

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
  /** A path's phase changed. */
  readonly onMoved: (peer: MapPeer, state: PathState) => void;
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
  stateOf(id: NodeId): PathState | undefined;
  /** Does the path need a keepalive of its own? Holes are held open while used; the beacon holds the rest. */
  keepaliveSecOf(key: PublicKey): number;
  /** Has everything asked for so far been carried out? */
  settled(): Promise<void>;
}

const KEEPALIVE_SEC = 25;

/** What tells whether old failures still mean something. */
const reachKeyOf = ({ candidates, nat }: MapPeer): string =>
  [nat, ...candidates.map(({ endpoint }) => endpoint)].join(' ');

/** Starts without peers. */
export const createPathRunner = (deps: PathRunnerDeps): PathRunner => {
  const { clock, log } = deps;
  const scope = createScope();
  const running = new Map<NodeId, Running>();
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
  const dispatch = (id: NodeId, heard: PathEvent) => {
    const path = running.get(id);
    if (path === undefined || scope.signal.aborted) return;
    const event =
      heard.kind === 'tunnel-read'
        ? { ...heard, endpoint: atRelay(heard.endpoint, path.state.relay) }
        : heard;
    const before = path.state.transitions.at(-1);
    const step = path.state.plain === undefined ? stepPath : stepPlainPath;
    const { state, effects } = step(path.state, event, clock.monoMs());
    path.state = state;
    for (const effect of effects) path.queue = path.queue.then(() => perform(path, effect));
    schedule(id, path);
    if (state.transitions.at(-1) !== before) deps.onMoved(path.peer, state);
  };
  const add = (peer: MapPeer, relay: Endpoint, found: FoundPeer) => {
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
    schedule(peer.id, path);
  };
  const drop = (id: NodeId) => {
    running.get(id)?.timer?.[Symbol.dispose]();
    running.delete(id);
  };
  return {
    setPeers(peers, relayOf, found, nextRelayAt = () => undefined) {
      relayAt = nextRelayAt;
      const wanted = new Map(peers.map((peer) => [peer.id, peer]));
      for (const [id, { peer }] of running) if (wanted.get(id)?.publicKey !== peer.publicKey) drop(id);
      for (const peer of peers) {
        const path = running.get(peer.id);
        const relay = relayOf(peer);
        if (relay === undefined) continue;
        if (path === undefined) add(peer, relay, found(peer.publicKey));
        else {
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
    keepaliveSecOf(key) {
      const path = [...running.values()].find(({ peer }) => peer.publicKey === key);
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
