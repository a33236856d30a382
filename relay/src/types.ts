/** What the beacon asks of the rest of the broker, and what it tells it. */
import type { UdpEndpoint } from '@sidegate/kit';
import type { NodeId, PublicKey } from '@sidegate/protocol';

/** A node and the key that is its identity on UDP. */
export interface NodeRef {
  readonly id: NodeId;
  readonly publicKey: PublicKey;
}

/**
 * How a datagram came, and how what answers it goes back: a UDP endpoint; or, where UDP is blocked, the WebSocket of
 * a node, which is known by the node whose token opened it.
 */
export type Way = UdpEndpoint | NodeId;
/** Is it a WebSocket? */
export const isWebSocket = (way: Way): way is NodeId => typeof way === 'string';

/** What is known of nodes and policy; in memory and synchronous, because it is asked for single packets. */
export interface BeaconDirectory {
  /** The enrolled node with this key. Asked at each handshake and keepalive: revocation works at once. */
  isNode(publicKey: PublicKey): NodeRef | undefined;
  /** May `from` open a tunnel to `to`? Answers travel on the same permission. Asked again at least every second. */
  mayTalk(from: NodeId, to: NodeId): boolean;
  /** Has the sender's account relayed all that it may for now? Its handshakes pass: direct paths begin with them. */
  hasUsedUp?(from: NodeId): boolean;
  /** The nodes that `from` may reach. */
  relayCandidates(from: NodeId): Iterable<NodeRef>;
}

/** What the beacon learns. Callbacks must return quickly and not throw. */
export interface BeaconEvents {
  /** The public endpoint of the node's WireGuard socket as this beacon sees it: first sight, or it changed. */
  onEndpoint(node: NodeId, endpoint: UdpEndpoint, beaconIndex: number): void;
  /** The node is behind its WebSocket now: where its WireGuard socket is seen from is not known any more. */
  onWebSocket?(node: NodeId, beaconIndex: number): void;
  /** The node proved to be there. Wall time, milliseconds since 1970. */
  onAlive(node: NodeId, atMs: number): void;
  /** Bytes relayed since the last report for the pair; reported by `sweep`. */
  onRelayed?(from: NodeId, to: NodeId, bytes: number): void;
  /** An IP packet that the node sent to the beacon itself, padded with zeros to a multiple of 16 bytes. */
  onInnerPacket?(node: NodeId, beaconIndex: number, packet: Uint8Array): void;
}

/** A datagram to send, from a beacon's socket or into a node's WebSocket. */
export interface Outgoing {
  readonly beaconIndex: number;
  readonly to: Way;
  readonly bytes: Uint8Array;
}

/**
 * How a node's NAT maps its WireGuard socket (RFC 4787 section 4.1): the same endpoint towards both beacons, or one
 * for each destination (address-dependent or address-and-port-dependent). No NAT at all is 'endpoint-independent'.
 */
export type NatKind = 'endpoint-independent' | 'symmetric' | 'unknown';

/** Why a datagram got no answer. Each has a counter; nothing is logged or sent. */
export const DROP_REASONS = [
  'not-wireguard',
  'bad-handshake',
  'unknown-node',
  'replayed-initiation',
  'rate-limited',
  'bad-transport',
  'replayed-counter',
  'expired-session',
  'unknown-source',
  'foreign-web-socket',
  'unknown-destination',
  'unknown-index',
  'not-permitted',
  'destination-offline',
  'over-quota',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Counters since the start, and what is held now. */
export interface BeaconStats {
  readonly handshakes: number;
  readonly cookieReplies: number;
  readonly relayedPackets: number;
  readonly relayedBytes: number;
  readonly drops: Readonly<Record<DropReason, number>>;
  readonly nodes: number;
  readonly sessions: number;
}
