/**
 * What the beacon knows of each node: one leg a beacon (its sessions and its mapping), and its relay routes.
 *
 * Invariants: a way is set by `moveLeg` only, which `beacon.ts` calls only for an authenticated transport packet with
 * a new highest counter, of this run or the one before; an endpoint belongs to one node at a time; routes name nodes,
 * never addresses, so that they follow a node that moves.
 */
import type { KeyObject } from 'node:crypto';
import type { UdpEndpoint } from '@sidegate/kit';
import type { Ip, NodeId, PublicKey } from '@sidegate/protocol';
import type { BeaconLimits } from './beacon-limits.ts';
import type { MidState } from './blake2s.ts';
import type { Handshake } from './initiator.ts';
import { decodePublicKey, importPublicKey, sharedSecret } from './key-pair.ts';
import type { PackedKeys } from './mac1-search.ts';
import { createTokenBucket, type TokenBucket } from './rate-limit.ts';
import type { ReplayWindow } from './replay-window.ts';
import { type BeaconIdentity, prepareMac1Key } from './responder.ts';
import { isWebSocket, type NatKind, type NodeRef, type Way } from './types.ts';

/** A WireGuard session between a node and a beacon. */
export interface Session {
  readonly index: number;
  readonly beaconIndex: number;
  readonly leg: Leg;
  readonly receiveKey: Uint8Array;
  readonly sendKey: Uint8Array;
  /** What the node calls this session. */
  readonly peerIndex: number;
  readonly bornMs: number;
  readonly window: ReplayWindow;
  /** Counter of the next packet that we send; never used twice. */
  nextCounter: number;
}

/** One node at one beacon. At most three sessions, as the kernel keeps them (noise.h, struct noise_keypairs). */
export interface Leg {
  readonly node: NodeState;
  readonly staticKey: KeyObject;
  readonly staticSecret: Uint8Array;
  readonly mac1Key: MidState;
  /** TAI64N of the newest initiation accepted. */
  lastTimestamp: Uint8Array | undefined;
  lastInitiationMs: number;
  /** Answered, but the node has not shown yet that it has the keys. */
  next: Session | undefined;
  current: Session | undefined;
  previous: Session | undefined;
  /** How to send to the node: where the newest authenticated packet came from. */
  way: Way | undefined;
  /** The node showed itself through its WebSocket, which is open. It may use it while it changes over to UDP. */
  hasWebSocket: boolean;
  changedAtMs: number;
  seenAtMs: number;
  /** Its way is from before a restart, and so are its sessions: the handshake that we began last, and when. */
  adopted: { readonly handshake: Handshake | undefined; readonly begunAtMs: number } | undefined;
}

/** What one node sends to one other through the relay. */
export interface RelayPair {
  readonly from: NodeState;
  readonly to: NodeState;
  /** Receiver indexes that lead from `from` to `to`, oldest first. */
  readonly indexes: number[];
  isPermitted: boolean;
  hasUsedUp: boolean;
  checkedAtMs: number;
  /** Not reported yet. */
  bytes: number;
}

/** Where transport packets of the owning node with a certain receiver index go. */
export interface Route {
  readonly pair: RelayPair;
  usedAtMs: number;
}

/** All whom a node may reach and who were here at `builtAtMs`, laid out for the search. */
export interface Audience {
  readonly nodes: readonly NodeState[];
  readonly packed: PackedKeys;
  readonly builtAtMs: number;
  usedAtMs: number;
}

/** Everything about one node. */
export interface NodeState {
  readonly id: NodeId;
  readonly publicKey: PublicKey;
  readonly staticKey: KeyObject;
  readonly mac1Key: MidState;
  readonly legs: (Leg | undefined)[];
  /** The leg on which the node is reached; legs keep NAT mappings open, so any live one serves. */
  relayLeg: Leg | undefined;
  relayBeaconIndex: number;
  readonly routes: Map<number, Route>;
  readonly pairs: Map<NodeId, RelayPair>;
  /** Nodes it exchanged handshakes with; those that it greeted in the order of its last greeting. */
  readonly acquaintances: Map<NodeId, NodeState>;
  /** Whom it greeted last. */
  newest: NodeState | undefined;
  /** Made for its first contacts. */
  audience: Audience | undefined;
  readonly quota: TokenBucket;
  readonly trials: TokenBucket;
  readonly echoes: TokenBucket;
}

/** A leg not heard of for this long is not preferred any more: two keepalives and some. */
const LEG_FRESH_MS = 60_000;
/** Two legs' endpoints are compared only when they were seen about the same time. */
const NAT_COMPARE_SLACK_MS = 5_000;

/** The nodes seen on UDP, by id and by authenticated source. */
export const createNodeTable = (identities: readonly BeaconIdentity[], limits: BeaconLimits) => {
  const nodes = new Map<NodeId, NodeState>();
  const sources = identities.map(() => new Map<Ip, Map<number, NodeState>>());
  let joinedAtMs = Number.NEGATIVE_INFINITY;

  const unlink = (node: NodeState, beaconIndex: number): void => {
    const leg = node.legs[beaconIndex];
    if (leg?.way === undefined) return;
    const { way } = leg;
    leg.way = undefined;
    if (isWebSocket(way)) return;
    const ports = sources[beaconIndex]!.get(way.address);
    ports?.delete(way.port);
    if (ports?.size === 0) sources[beaconIndex]!.delete(way.address);
  };

  const link = (node: NodeState, beaconIndex: number, endpoint: UdpEndpoint): void => {
    const byAddress = sources[beaconIndex]!;
    const ports = byAddress.get(endpoint.address) ?? new Map<number, NodeState>();
    byAddress.set(endpoint.address, ports.set(endpoint.port, node));
  };

  const chooseRelayLeg = (node: NodeState, nowMs: number): void => {
    let best = -1;
    node.legs.forEach((leg, beaconIndex) => {
      if (leg?.way === undefined) return;
      const chosen = node.legs[best];
      const isChosenFresh = chosen !== undefined && nowMs - chosen.seenAtMs < LEG_FRESH_MS;
      if (chosen === undefined || (!isChosenFresh && leg.seenAtMs > chosen.seenAtMs)) best = beaconIndex;
    });
    node.relayLeg = node.legs[best];
    node.relayBeaconIndex = best;
  };

  return {
    nodes: nodes as ReadonlyMap<NodeId, NodeState>,
    /** When a node last became reachable that was not. */
    get joinedAtMs(): number {
      return joinedAtMs;
    },

    /** The node that was authenticated at this source. */
    findBySource(beaconIndex: number, from: Way): NodeState | undefined {
      if (!isWebSocket(from)) return sources[beaconIndex]!.get(from.address)?.get(from.port);
      const node = nodes.get(from);
      return node?.legs[beaconIndex]?.hasWebSocket === true ? node : undefined;
    },

    /** The node's leg at a beacon, made when first asked for; `undefined` where its key is of low order. */
    ensureLeg(ref: NodeRef, beaconIndex: number, nowMs: number): Leg | undefined {
      const node = nodes.get(ref.id) ?? createNode(ref, limits, nowMs);
      const leg = node.legs[beaconIndex] ?? createLeg(node, identities[beaconIndex]!);
      if (leg === undefined) return undefined;
      node.legs[beaconIndex] = leg;
      nodes.set(ref.id, node);
      return leg;
    },

    /** Notes where an authenticated packet came from; true where that is news. */
    moveLeg(leg: Leg, beaconIndex: number, from: Way, nowMs: number): boolean {
      const { node } = leg;
      leg.seenAtMs = nowMs;
      const isNews = !isSameWay(leg.way, from);
      if (isNews) {
        unlink(node, beaconIndex);
        leg.changedAtMs = nowMs;
        if (node.relayLeg === undefined) joinedAtMs = nowMs;
        if (isWebSocket(from)) {
          leg.way = from;
          leg.hasWebSocket = true;
        } else {
          const former = this.findBySource(beaconIndex, from);
          if (former !== undefined) this.dropWay(former, beaconIndex, nowMs);
          leg.way = { address: from.address, port: from.port };
          link(node, beaconIndex, leg.way);
        }
      }
      chooseRelayLeg(node, nowMs);
      return isNews;
    },

    /** Forgets a mapping that expired or went to another node. */
    dropWay(node: NodeState, beaconIndex: number, nowMs: number): void {
      unlink(node, beaconIndex);
      chooseRelayLeg(node, nowMs);
    },

    /** Forgets the node's WebSocket: it is closed. */
    closeWebSocket(node: NodeState, nowMs: number): void {
      node.legs.forEach((leg, beaconIndex) => {
        if (leg === undefined) return;
        leg.hasWebSocket = false;
        if (leg.way !== undefined && isWebSocket(leg.way)) this.dropWay(node, beaconIndex, nowMs);
      });
    },

    /** Forgets a node. Routes towards it stay and find it offline, until they expire. */
    forget(node: NodeState): void {
      for (const beaconIndex of node.legs.keys()) unlink(node, beaconIndex);
      node.relayLeg = undefined;
      nodes.delete(node.id);
    },
  };
};
/** Nodes, their legs and where each of them is. */
export type NodeTable = ReturnType<typeof createNodeTable>;

/** Does somebody send through a WebSocket that belongs to another node? */
export const isForeign = ({ node }: Leg, from: Way): boolean => isWebSocket(from) && from !== node.id;

const createNode = (ref: NodeRef, limits: BeaconLimits, nowMs: number): NodeState => {
  const publicBytes = decodePublicKey(ref.publicKey);
  return {
    id: ref.id,
    publicKey: ref.publicKey,
    staticKey: importPublicKey(publicBytes),
    mac1Key: prepareMac1Key(publicBytes),
    legs: [],
    relayLeg: undefined,
    relayBeaconIndex: -1,
    routes: new Map(),
    pairs: new Map(),
    acquaintances: new Map(),
    newest: undefined,
    audience: undefined,
    quota: createTokenBucket(limits.relayBytesPerNode, nowMs),
    trials: createTokenBucket(limits.mac1TrialsPerNode, nowMs),
    echoes: createTokenBucket(limits.echoesPerNode, nowMs),
  };
};

const createLeg = (node: NodeState, identity: BeaconIdentity): Leg | undefined => {
  const staticSecret = sharedSecret(identity.privateKey, node.staticKey);
  if (staticSecret === undefined) return undefined;
  return {
    node,
    staticKey: node.staticKey,
    staticSecret,
    mac1Key: node.mac1Key,
    lastTimestamp: undefined,
    lastInitiationMs: Number.NEGATIVE_INFINITY,
    next: undefined,
    current: undefined,
    previous: undefined,
    way: undefined,
    hasWebSocket: false,
    changedAtMs: 0,
    seenAtMs: Number.NEGATIVE_INFINITY,
    adopted: undefined,
  };
};

const isSameWay = (one: Way | undefined, other: Way): boolean => {
  if (one === undefined || isWebSocket(one) || isWebSocket(other)) return one === other;
  return one.address === other.address && one.port === other.port;
};

/** Compares what two beacons saw of a node: over IPv4 where either saw it so, for that is where NATs are. */
export const natKindOf = (node: NodeState): NatKind => {
  const seen = node.legs.flatMap((leg) =>
    leg?.way === undefined || isWebSocket(leg.way) ? [] : [{ leg, endpoint: leg.way }],
  );
  const over4 = seen.filter(({ endpoint }) => !endpoint.address.includes(':'));
  const [one, other] = over4.length > 0 ? over4 : seen;
  if (one === undefined || other === undefined) return 'unknown';
  const isSameAddress = one.endpoint.address === other.endpoint.address;
  if (isSameAddress && one.endpoint.port === other.endpoint.port) return 'endpoint-independent';
  // One endpoint may be from before the node moved: wait until both beacons heard of it since.
  const slackMs = isSameAddress ? NAT_COMPARE_SLACK_MS : 0;
  const lastChangeMs = Math.max(one.leg.changedAtMs, other.leg.changedAtMs);
  return Math.min(one.leg.seenAtMs, other.leg.seenAtMs) + slackMs >= lastChangeMs ? 'symmetric' : 'unknown';
};
