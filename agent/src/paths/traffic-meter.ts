/**
 * Did a peer see traffic of its own between two readings of the tunnel? Heartbeats, handshakes and keepalives move
 * the same counters and are taken off first. Pure.
 */
import type { TunnelPeerState } from '../ports/index.ts';
import { HEARTBEAT_ON_WIRE_BYTES } from './heartbeat-frame.ts';

/** The larger half of a handshake with the keepalive that follows (WireGuard messages.h): 148 + 32. */
const HANDSHAKE_BYTES = 180;
/** Two keepalives, and what rounding leaves. */
const NOISE_BYTES = 64;

/** Heartbeats that went over the wire since the last reading, requests and answers together. */
export interface HeartbeatTally {
  readonly sent: number;
  readonly received: number;
}

/** Packets of the peer, or only of ours, or nothing to speak of. */
export type Traffic = 'received' | 'sent' | 'none';

/**
 * What moved beyond what we moved ourselves. A counter that went back is a peer that was reset: no traffic.
 * Initiations that nobody answers move the sending counter only, by one handshake at most.
 */
export const measureTraffic = (
  before: TunnelPeerState,
  after: TunnelPeerState,
  heartbeats: HeartbeatTally,
): Traffic => {
  const handshake = before.latestHandshakeAt === after.latestHandshakeAt ? 0 : HANDSHAKE_BYTES;
  const received = after.rxBytes - before.rxBytes - heartbeats.received * HEARTBEAT_ON_WIRE_BYTES;
  const sent = after.txBytes - before.txBytes - heartbeats.sent * HEARTBEAT_ON_WIRE_BYTES;
  if (received > NOISE_BYTES + handshake) return 'received';
  return sent > NOISE_BYTES + HANDSHAKE_BYTES ? 'sent' : 'none';
};
