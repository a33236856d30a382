/**
 * The beacon: answers WireGuard handshakes on a plain UDP socket and so learns, proven by key and by return
 * routability, the public endpoint of each node's WireGuard socket. What is not for its own keys goes to the relay.
 *
 * Invariants: mac1 before any Diffie-Hellman; no reply is larger than its request before the sender is
 * authenticated, in this run or the one before; an endpoint comes from an authenticated transport packet with a new highest counter, and from
 * nothing else; a node's WebSocket carries that node only; strangers get silence. Pure: no socket, no timer; time and randomness are given.
 */
import type { Clock, UdpEndpoint } from '@sidegate/kit';
import { answerEcho, type NodeId, type PublicKey } from '@sidegate/protocol';
import { open, seal } from './aead.ts';
import { type BeaconLimits, DEFAULT_LIMITS } from './beacon-limits.ts';
import { hasMac } from './blake2s.ts';
import { createHeldInitiations } from './held-initiations.ts';
import { createInitiationGate } from './initiation-gate.ts';
import { importKeyPair, type RandomSource, systemRandom } from './key-pair.ts';
import { createNodeTable, type Leg, type NodeState, natKindOf, type Session } from './node-table.ts';
import { createOwnHandshakes } from './own-handshakes.ts';
import { takeTokens } from './rate-limit.ts';
import { createRelay } from './relay.ts';
import { acceptCounter } from './replay-window.ts';
import { type ConsumedInitiation, consumeInitiation, createIdentity, encodeResponse } from './responder.ts';
import { createSessionTable, isExpired } from './session-table.ts';
import {
  type BeaconDirectory,
  type BeaconEvents,
  type BeaconStats,
  DROP_REASONS,
  type DropReason,
  isWebSocket,
  type NatKind,
  type NodeRef,
  type Outgoing,
  type Way,
} from './types.ts';
import {
  INITIATION,
  INITIATION_MIN_INTERVAL_MS,
  MESSAGE_INITIATION,
  MESSAGE_RESPONSE,
  MESSAGE_TRANSPORT,
  messageType,
  PADDING_SIZE_BYTES,
  REJECT_AFTER_TIME_MS,
  readCounter,
  readIndex,
  TRANSPORT,
  TRANSPORT_HEADER_SIZE_BYTES,
  writeIndex,
} from './wireguard-messages.ts';

const NOTHING: readonly Outgoing[] = [];
const EMPTY = new Uint8Array(0);

/** Keys, what is known of nodes, and whom to tell; `limits` replaces single defaults. */
export interface BeaconOptions {
  /** One raw private key (32 bytes) for each beacon address; the place in the list is its `beaconIndex`. */
  readonly keys: readonly Uint8Array[];
  readonly directory: BeaconDirectory;
  readonly events: BeaconEvents;
  readonly clock: Pick<Clock, 'monoMs' | 'wallMs'>;
  readonly random?: RandomSource;
  readonly limits?: Partial<BeaconLimits>;
}

/** The beacon and relay core. */
export interface Beacon {
  /** What nodes set as the beacon peers' keys. */
  readonly publicKeys: readonly PublicKey[];
  /** Takes a datagram that arrived at a beacon's address; returns what to send. Never throws for any bytes. */
  handleDatagram(beaconIndex: number, bytes: Uint8Array, from: Way): readonly Outgoing[];
  /** Forgets what expired and reports relayed bytes. Call about every 10 s. */
  sweep(): void;
  /** What kind of NAT the node is behind, once both beacons have seen it. */
  natKind(node: NodeId): NatKind;
  /** Drops a node's sessions, mappings and routes: it was removed. */
  forget(node: NodeId): void;
  /** The node's WebSocket is gone: nothing comes from it or goes into it any more. */
  closeWebSocket(node: NodeId): void;
  /**
   * An IP packet to a node, in the session that it has with this beacon; nothing where there is none. Only ever an
   * answer: the caller has heard the node in `onInnerPacket`.
   */
  encodeInner(node: NodeId, beaconIndex: number, packet: Uint8Array): readonly Outgoing[];
  /**
   * Relays for a node where it was authenticated before a restart, until it shows itself again or is silent for as
   * long as any mapping is kept, and makes its session anew. For nodes that no event stream tells to come anew.
   */
  adopt(node: NodeRef, beaconIndex: number, endpoint: UdpEndpoint): void;
  /** Lets a node's clock start anew: it rebooted without one, as it said over an authenticated channel. */
  resetTimestamps(node: NodeId): void;
  stats(): BeaconStats;
}

/** Creates the core. */
export const createBeacon = (options: BeaconOptions): Beacon => {
  const { directory, events, clock, random = systemRandom } = options;
  const limits: BeaconLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const keys = options.keys.map(importKeyPair);
  const identities = keys.map(createIdentity);
  const table = createNodeTable(identities, limits);
  const sessions = createSessionTable(random.bytes);
  const own = createOwnHandshakes({ keys, sessions, keyPair: random.keyPair });
  const held = createHeldInitiations();
  const gate = createInitiationGate(identities, limits, random.bytes, clock.monoMs());
  const counts = { handshakes: 0, cookieReplies: 0 };
  const drops = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  const drop = (reason: DropReason): readonly Outgoing[] => {
    drops[reason]++;
    return NOTHING;
  };
  const relay = createRelay({ table, directory, events, limits, drop });

  const forget = (node: NodeState): void => {
    for (const leg of node.legs) if (leg !== undefined) sessions.expire(leg);
    table.forget(node);
  };

  const findLeg = (publicKey: PublicKey, beaconIndex: number, nowMs: number): Leg | undefined => {
    const ref = directory.isNode(publicKey);
    if (ref === undefined) return undefined;
    const known = table.nodes.get(ref.id);
    if (known !== undefined && known.publicKey !== publicKey) forget(known);
    return table.ensureLeg(ref, beaconIndex, nowMs);
  };

  const onInitiation = (beaconIndex: number, bytes: Uint8Array, from: Way, nowMs: number) => {
    const admission = gate.admit(beaconIndex, bytes, from, nowMs);
    if (admission === 'rate-limited') return drop(admission);
    if (admission !== 'admitted') {
      counts.cookieReplies++;
      return [{ beaconIndex, to: from, bytes: admission }];
    }
    const consumed = consumeInitiation(identities[beaconIndex]!, bytes, (key) =>
      findLeg(key, beaconIndex, nowMs),
    );
    if (typeof consumed === 'string') return drop(consumed);
    if (isForeign(consumed.initiator, from)) return drop('foreign-web-socket');
    const stale = staleness(consumed, nowMs);
    if (stale !== undefined) return drop(stale);
    const index = sessions.pickIndex();
    const response = encodeResponse(consumed, index, random.keyPair());
    if (response === undefined) return drop('bad-handshake');
    const { receiveKey, sendKey } = response;
    const { initiator: leg, senderIndex: peerIndex } = consumed;
    sessions.add({ leg, beaconIndex, index, peerIndex, receiveKey, sendKey }, nowMs);
    counts.handshakes++;
    return [{ beaconIndex, to: from, bytes: response.bytes }];
  };

  const onSession = (session: Session, bytes: Uint8Array, from: Way, nowMs: number) => {
    const { leg, beaconIndex, window } = session;
    if (isForeign(leg, from)) return drop('foreign-web-socket');
    if (isExpired(session, nowMs)) return drop('expired-session');
    const counter = readCounter(bytes);
    if (counter === undefined) return drop('bad-transport');
    const inner = open(session.receiveKey, counter, bytes.subarray(TRANSPORT_HEADER_SIZE_BYTES), EMPTY);
    if (inner === undefined) return drop('bad-transport');
    const isNewest = counter > window.highest;
    if (!acceptCounter(window, counter)) return drop('replayed-counter');
    const { node } = leg;
    if (directory.isNode(node.publicKey)?.id !== node.id) return drop('unknown-node');
    sessions.confirm(session);
    leg.adopted = undefined;
    events.onAlive(node.id, clock.wallMs());
    if (inner.length > 0) events.onInnerPacket?.(node.id, beaconIndex, inner);
    // A packet that was overtaken, or of a session that was replaced, tells where the node was, not where it is.
    if (!isNewest || leg.current !== session) return NOTHING;
    if (table.moveLeg(leg, beaconIndex, from, nowMs)) {
      if (isWebSocket(from)) events.onWebSocket?.(node.id, beaconIndex);
      else events.onEndpoint(node.id, { address: from.address, port: from.port }, beaconIndex);
    }
    return relay.forwardHeld(node, held.release(beaconIndex, from, nowMs), nowMs);
  };

  const onRelayed = (type: number, beaconIndex: number, bytes: Uint8Array, from: Way, nowMs: number) => {
    const source = table.findBySource(beaconIndex, from);
    if (source === undefined) {
      if (type === MESSAGE_INITIATION) held.hold(beaconIndex, from, bytes, nowMs);
      return drop('unknown-source');
    }
    if (type === MESSAGE_INITIATION) return relay.forwardInitiation(source, bytes, nowMs);
    const leg = source.legs[beaconIndex];
    if (type !== MESSAGE_RESPONSE) {
      const forwarded = relay.forwardByIndex(source, bytes, nowMs);
      const initiation = leg && own.begin(leg, beaconIndex, nowMs, clock.wallMs());
      return initiation === undefined
        ? forwarded
        : [...forwarded, { beaconIndex, to: from, bytes: initiation }];
    }
    const session = leg && own.end(leg, beaconIndex, bytes, nowMs);
    if (session === undefined) return relay.forwardResponse(source, bytes, nowMs);
    counts.handshakes++;
    // Only a packet of ours tells the node that the session holds.
    return [{ beaconIndex, to: from, bytes: encodeTransport(session, EMPTY) }];
  };

  /** Not WireGuard's: a node measures its round trip. As many bytes go back to where only it can be. */
  const onOther = (beaconIndex: number, bytes: Uint8Array, from: Way, nowMs: number) => {
    const answer = answerEcho(bytes);
    if (answer === undefined) return drop('not-wireguard');
    const node = table.findBySource(beaconIndex, from);
    if (node === undefined) return drop('unknown-source');
    if (directory.isNode(node.publicKey)?.id !== node.id) return drop('unknown-node');
    if (!takeTokens(node.echoes, limits.echoesPerNode, nowMs)) return drop('rate-limited');
    return [{ beaconIndex, to: from, bytes: answer }];
  };

  return {
    publicKeys: identities.map(({ publicKey }) => publicKey),

    handleDatagram(beaconIndex, bytes, from) {
      const nowMs = clock.monoMs();
      // A source port of 0 means that no answer is expected (RFC 768), and no socket would send one.
      const type = !isWebSocket(from) && from.port === 0 ? 0 : messageType(bytes);
      if (type === MESSAGE_TRANSPORT) {
        const session = sessions.find(readIndex(bytes, TRANSPORT.receiver), beaconIndex);
        if (session !== undefined) return onSession(session, bytes, from, nowMs);
      }
      if (type === MESSAGE_INITIATION && hasMac(identities[beaconIndex]!.mac1Key, bytes, INITIATION.mac1)) {
        return onInitiation(beaconIndex, bytes, from, nowMs);
      }
      if (type === 0) return onOther(beaconIndex, bytes, from, nowMs);
      return onRelayed(type, beaconIndex, bytes, from, nowMs);
    },

    sweep() {
      const nowMs = clock.monoMs();
      gate.sweep(nowMs);
      held.sweep(nowMs);
      for (const node of table.nodes.values()) {
        relay.sweep(node, nowMs);
        node.legs.forEach((leg, beaconIndex) => {
          if (leg === undefined) return;
          sessions.expire(leg, nowMs);
          if (nowMs - leg.seenAtMs >= REJECT_AFTER_TIME_MS) table.dropWay(node, beaconIndex, nowMs);
        });
        if (isIdle(node)) forget(node);
      }
    },

    natKind(id) {
      const node = table.nodes.get(id);
      return node === undefined ? 'unknown' : natKindOf(node);
    },

    forget(id) {
      const node = table.nodes.get(id);
      if (node !== undefined) forget(node);
    },

    closeWebSocket(id) {
      const node = table.nodes.get(id);
      if (node !== undefined) table.closeWebSocket(node, clock.monoMs());
    },

    encodeInner(id, beaconIndex, packet) {
      const nowMs = clock.monoMs();
      const leg = table.nodes.get(id)?.legs[beaconIndex];
      const session = leg?.current;
      if (leg?.way === undefined || session === undefined || isExpired(session, nowMs)) return NOTHING;
      return [{ beaconIndex, to: leg.way, bytes: encodeTransport(session, packet) }];
    },

    adopt(ref, beaconIndex, endpoint) {
      const nowMs = clock.monoMs();
      const leg = table.ensureLeg(ref, beaconIndex, nowMs);
      if (leg === undefined || leg.way !== undefined || leg.current !== undefined) return;
      table.moveLeg(leg, beaconIndex, endpoint, nowMs);
      leg.adopted = { handshake: undefined, begunAtMs: Number.NEGATIVE_INFINITY };
    },

    resetTimestamps(id) {
      for (const leg of table.nodes.get(id)?.legs ?? []) if (leg !== undefined) leg.lastTimestamp = undefined;
    },

    stats: () => ({
      ...counts,
      relayedPackets: relay.total.packets,
      relayedBytes: relay.total.bytes,
      drops: { ...drops },
      nodes: table.nodes.size,
      sessions: sessions.count(),
    }),
  };
};

/** Seals an IP packet as the session's next transport message, padded as WireGuard pads (whitepaper section 5.4.6). */
const encodeTransport = (session: Session, packet: Uint8Array): Uint8Array => {
  const padded = new Uint8Array(Math.ceil(packet.length / PADDING_SIZE_BYTES) * PADDING_SIZE_BYTES);
  padded.set(packet);
  const counter = session.nextCounter++;
  const sealed = seal(session.sendKey, counter, padded, EMPTY);
  const bytes = new Uint8Array(TRANSPORT_HEADER_SIZE_BYTES + sealed.length);
  bytes[0] = MESSAGE_TRANSPORT;
  writeIndex(bytes, TRANSPORT.receiver, session.peerIndex);
  new DataView(bytes.buffer).setBigUint64(TRANSPORT.counter, BigInt(counter), true);
  bytes.set(sealed, TRANSPORT_HEADER_SIZE_BYTES);
  return bytes;
};

/** Takes note of an initiation's time, or tells why it is not fresh. */
const staleness = (
  { initiator: leg, timestamp }: ConsumedInitiation<Leg>,
  nowMs: number,
): DropReason | undefined => {
  if (leg.lastTimestamp !== undefined && Buffer.compare(timestamp, leg.lastTimestamp) <= 0) {
    return 'replayed-initiation';
  }
  if (nowMs - leg.lastInitiationMs < INITIATION_MIN_INTERVAL_MS) return 'rate-limited';
  leg.lastTimestamp = timestamp;
  leg.lastInitiationMs = nowMs;
  return undefined;
};

/** Does somebody send through a WebSocket that belongs to another node? */
const isForeign = ({ node }: Leg, from: Way): boolean => isWebSocket(from) && from !== node.id;

/** Has the node neither mapping nor session nor route? */
const isIdle = (node: NodeState): boolean =>
  node.routes.size === 0 &&
  node.legs.every((leg) => leg?.way === undefined && leg?.next === undefined && leg?.current === undefined);
