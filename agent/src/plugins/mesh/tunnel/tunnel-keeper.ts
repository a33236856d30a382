/**
 * The one writer of the tunnel: brings the interface up or adopts it, keeps its peers what the map wants, and lines up
 * all changes so that two of them never cross.
 */
import { type Clock, createTurns, type Logger } from '@sidegate/kit';
import type { Beacon, Endpoint, MapPeer, MapRelay, NetworkMap, PublicKey } from '@sidegate/protocol';
import { AgentError } from '../../../errors.ts';
import { greetedOf, type Underlay } from '../../../paths/underlay.ts';
import type {
  IfName,
  Tunnel,
  TunnelConfig,
  TunnelPeerChange,
  TunnelPeerState,
} from '../../../ports/index.ts';
import { deriveListenPort } from '../../../tunnel/key-pair.ts';
import {
  beaconPeers,
  desiredPeers,
  nodePeer,
  peerNetworks,
  planTunnelPeers,
} from '../../../tunnel/plan-tunnel-peers.ts';
import { createSessionAges } from './session-ages.ts';

const PORT_ATTEMPTS = 20;
const KEEPALIVE_SEC = 25;
/** A technician's laptop may know thousands of edges, and its own packets make their handshakes. */
const GREETED_PEERS = 32;

export interface TunnelKeeper {
  readonly kind: 'kernel' | 'userspace';
  readonly listenPort: number;
  read(): Promise<readonly TunnelPeerState[]>;
  /** How old the session of a peer is, by the last reading; `undefined`: it has none. */
  sessionAgeMs(state: TunnelPeerState | undefined): number | undefined;
  /** Packets through the interface so far. */
  countPackets(): Promise<number | undefined>;
  /**
   * Makes peers and routes those of the map. `found` is a fresh reading; where only these peers are `changed` in it
   * since the last call, and neither map nor underlay is, the others are what they should be, but for those with a path.
   */
  reconcile(
    map: NetworkMap,
    underlay: Underlay,
    found: readonly TunnelPeerState[],
    changed?: ReadonlySet<PublicKey>,
  ): Promise<void>;
  setEndpoint(peer: MapPeer, endpoint: Endpoint): Promise<void>;
  /** The same without a packet. */
  aimPeer(peer: MapPeer, endpoint: Endpoint): Promise<void>;
  resetPeer(peer: MapPeer, endpoint: Endpoint): Promise<void>;
  /** A handshake with every peer that is there: for an interface that is new to peers that are not. */
  greetPeers(map: NetworkMap): Promise<void>;
  /** One packet to every beacon, which sees where it comes from. */
  pokeBeacons(beacons: readonly (Beacon | MapRelay)[], underlay: Underlay): Promise<void>;
  /** Greets every beacon anew, or the first `count`, and so shows our address and opens the way back. */
  resetBeacons(beacons: readonly (Beacon | MapRelay)[], underlay: Underlay, count?: number): Promise<void>;
}

/** Creates or adopts the interface; a port that is taken makes way for the next one. */
const ensureOnSomePort = async (
  tunnel: Tunnel,
  config: Omit<TunnelConfig, 'listenPort'>,
  portAt: (attempt: number) => number,
  signal: AbortSignal,
): Promise<{ readonly kind: 'kernel' | 'userspace'; readonly listenPort: number }> => {
  for (let attempt = 0; ; attempt++) {
    const listenPort = portAt(attempt);
    try {
      const { kind } = await tunnel.ensure({ ...config, listenPort }, signal);
      return { kind, listenPort };
    } catch (error) {
      const isTaken = error instanceof AgentError && error.code === 'TUNNEL_PORT_IN_USE';
      if (!isTaken || attempt >= PORT_ATTEMPTS || portAt(attempt + 1) === listenPort) throw error;
    }
  }
};

/**
 * A new interface has no sessions, while its peers may hold those of the one before and send into nothing for fifteen
 * seconds: a handshake from here ends that. The next reconcile takes the keepalive of idle peers back.
 */
const greetingsOf = (map: NetworkMap): readonly TunnelPeerChange[] =>
  map.peers
    .filter((peer) => peer.online)
    .slice(0, GREETED_PEERS)
    .map(({ publicKey }) => ({ kind: 'poke', publicKey, keepaliveSec: KEEPALIVE_SEC }));

/** Brings the interface up. */
export const openTunnelKeeper = async (options: {
  readonly tunnel: Tunnel;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: Omit<TunnelConfig, 'listenPort'>;
  /** Fixed by a person; else one that follows from the key. */
  readonly fixedPort: number | undefined;
  readonly ownKey: PublicKey;
  readonly keepaliveSecOf: (key: PublicKey) => number;
  /** The relay that a path begins at. */
  readonly relayOf: (peer: MapPeer) => Endpoint | undefined;
  /** Does a path machine look after this peer? */
  readonly hasPath: (key: PublicKey) => boolean;
  /** Does the firewall hold what peers may reach? An edge lets nobody new in before. */
  readonly isFiltered: () => boolean;
  readonly signal: AbortSignal;
}): Promise<TunnelKeeper> => {
  const { tunnel, config, fixedPort, ownKey, signal } = options;
  const name: IfName = config.interfaceName;
  const portAt = (attempt: number) => fixedPort ?? deriveListenPort(ownKey, attempt);
  const { kind, listenPort } = await ensureOnSomePort(tunnel, config, portAt, signal);
  let routed: NetworkMap['peers'] | undefined;
  /** What the tunnel was made to hold last, and the peers that had a path then; `undefined` after a failure. */
  let held: { readonly map: NetworkMap; readonly underlay: Underlay } | undefined;
  let attended: ReadonlySet<PublicKey> = new Set();
  const ages = createSessionAges(options.clock);
  const inTurn = createTurns();
  const change = (changes: readonly TunnelPeerChange[]): Promise<void> =>
    changes.length === 0 ? Promise.resolve() : inTurn(() => tunnel.change(name, changes, signal));
  const ensureRoutes = async (map: NetworkMap) => {
    const { peers } = map;
    if (routed === peers) return;
    const networks = peers.flatMap(peerNetworks);
    if (networks.join() !== routed?.flatMap(peerNetworks).join())
      await inTurn(() => tunnel.ensureRoutes(name, networks, signal));
    routed = peers;
  };
  return {
    kind,
    listenPort,
    async read() {
      const states = await inTurn(() => tunnel.read(name, signal));
      ages.note(states ?? []);
      if (states !== undefined) return states;
      // Somebody removed the interface under us: with its routes.
      options.log.warn('the tunnel interface is gone; making it anew');
      routed = undefined;
      await inTurn(() => tunnel.ensure({ ...config, listenPort }, signal));
      return (await inTurn(() => tunnel.read(name, signal))) ?? [];
    },
    sessionAgeMs: ages.ageMs,
    countPackets: () => tunnel.countPackets(name),
    async reconcile(map, underlay, found, changed) {
      const isSame = changed !== undefined && held?.map === map && held.underlay === underlay;
      held = undefined;
      const looksAt = (key: PublicKey) =>
        !isSame || changed.has(key) || attended.has(key) || options.hasPath(key);
      const peers = map.peers.filter(({ publicKey }) => looksAt(publicKey));
      const nodes = new Set(peers.map(({ publicKey }) => publicKey));
      const beacons = new Set(greetedOf(map).map(({ publicKey }) => publicKey));
      const seen = found.filter(({ publicKey }) => beacons.has(publicKey) || looksAt(publicKey));
      const present = new Set(seen.map(({ publicKey }) => publicKey));
      const isOpen = map.self.role !== 'edge' || options.isFiltered();
      const wanted = desiredPeers(
        { ...map, peers },
        underlay,
        options.keepaliveSecOf,
        options.relayOf,
      ).filter(({ publicKey: key }) => isOpen || !nodes.has(key) || present.has(key));
      await change(planTunnelPeers(wanted, seen, (key) => nodes.has(key) && !options.hasPath(key)));
      attended = new Set([...nodes].filter(options.hasPath));
      await ensureRoutes(map);
      held = { map, underlay };
    },
    setEndpoint: ({ publicKey }, endpoint) =>
      change([
        { kind: 'endpoint', publicKey, endpoint },
        { kind: 'poke', publicKey, keepaliveSec: KEEPALIVE_SEC },
      ]),
    aimPeer: ({ publicKey }, endpoint) => change([{ kind: 'endpoint', publicKey, endpoint }]),
    resetPeer: (peer, endpoint) => change([{ kind: 'reset', peer: nodePeer(peer, endpoint, KEEPALIVE_SEC) }]),
    greetPeers: (map) => change(greetingsOf(map)),
    pokeBeacons: (beacons, underlay) =>
      change(
        beaconPeers(beacons, underlay).map(
          ({ publicKey, keepaliveSec }): TunnelPeerChange => ({ kind: 'poke', publicKey, keepaliveSec }),
        ),
      ),
    resetBeacons: (beacons, underlay, count = beacons.length) =>
      change(
        beaconPeers(beacons.slice(0, count), underlay).map(
          (peer): TunnelPeerChange => ({ kind: 'reset', peer }),
        ),
      ),
  };
};
