/**
 * The beacon: answers WireGuard handshakes on a plain UDP socket and so learns, proven by key and by return
 * routability, the public endpoint of each node's WireGuard socket. What is not for its own keys goes to the relay.
 *
 * Invariants: mac1 before any Diffie-Hellman; no reply is larger than its request before the sender is authenticated, in
 * this run or the one before; an endpoint comes from an authenticated transport packet with a new highest counter, and
 * from nothing else; a node's WebSocket carries that node only; strangers get silence. Pure: no socket, no timer; time
 * and randomness are given.
 */
import type { Clock, UdpEndpoint } from '@sidegate/kit';
import { answerEcho, type NodeId, type PublicKey } from '@sidegate/protocol';
import { createInitiationAnswers } from './answer-initiation.ts';
import { type BeaconLimits, DEFAULT_LIMITS } from './beacon-limits.ts';
import { hasMac } from './blake2s.ts';
import { createHeldInitiations } from './held-initiations.ts';
import { importKeyPair, type RandomSource, systemRandom } from './key-pair.ts';
import { createNodeTable, isForeign, type NodeState, natKindOf, type Session } from './node-table.ts';
import { createOwnHandshakes } from './own-handshakes.ts';
import { takeTokens } from './rate-limit.ts';
import { createRelay } from './relay.ts';
import { acceptCounter } from './replay-window.ts';
import { createIdentity } from './responder.ts';
import { createSessionTable, isExpired } from './session-table.ts';
import { encodeTransport, openTransport } from './transport-message.ts';
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
  MESSAGE_INITIATION,
  MESSAGE_RESPONSE,
  MESSAGE_TRANSPORT,
  messageType,
  REJECT_AFTER_TIME_MS,
  readIndex,
  TRANSPORT,
} from './wireguard-messages.ts';

const NOTHING: readonly Outgoing[] = [];
const NO_PACKET = new Uint8Array(0);

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
  const drops = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  const drop = (reason: DropReason): readonly Outgoing[] => {
    drops[reason]++;
    return NOTHING;
  };
  const relay = createRelay({ table, directory, events, limits, drop });
  /** Those that we began ourselves. */
  let ownHandshakes = 0;

  const forget = (node: NodeState): void => {
    for (const leg of node.legs) if (leg !== undefined) sessions.expire(leg);
    table.forget(node);
  };

  const initiations = createInitiationAnswers({
    identities,
    limits,
    table,
    sessions,
    directory,
    random,
    drop,
    forget,
    nowMs: clock.monoMs(),
  });

  const onSession = (session: Session, bytes: Uint8Array, from: Way, nowMs: number) => {
    const { leg, beaconIndex, window } = session;
    if (isForeign(leg, from)) return drop('foreign-web-socket');
    if (isExpired(session, nowMs)) return drop('expired-session');
    const opened = openTransport(session, bytes);
    if (opened === undefined) return drop('bad-transport');
    const { counter, inner } = opened;
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
    ownHandshakes++;
    // Only a packet of ours tells the node that the session holds.
    return [{ beaconIndex, to: from, bytes: encodeTransport(session, NO_PACKET) }];
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
        return initiations.answer(beaconIndex, bytes, from, nowMs);
      }
      if (type === 0) return onOther(beaconIndex, bytes, from, nowMs);
      return onRelayed(type, beaconIndex, bytes, from, nowMs);
    },

    sweep() {
      const nowMs = clock.monoMs();
      initiations.sweep(nowMs);
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
      handshakes: initiations.counts.handshakes + ownHandshakes,
      cookieReplies: initiations.counts.cookieReplies,
      relayedPackets: relay.total.packets,
      relayedBytes: relay.total.bytes,
      drops: { ...drops },
      nodes: table.nodes.size,
      sessions: sessions.count(),
    }),
  };
};

/** Has the node neither mapping nor session nor route? */
const isIdle = (node: NodeState): boolean =>
  node.routes.size === 0 &&
  node.legs.every((leg) => leg?.way === undefined && leg?.next === undefined && leg?.current === undefined);
