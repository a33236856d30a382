/**
 * Did a peer see traffic of its own between two readings of the tunnel? Heartbeats, handshakes and keepalives move
 * the same counters and are taken off first. Pure.
 */
import type { TunnelPeerState } from '../ports/index.ts';
import { HEARTBEAT_ON_WIRE_BYTES } from './heartbeat-frame.ts';

/** Initiation and response, and the keepalive that follows (WireGuard messages.h): 148 + 92 + 32. */
const HANDSHAKE_BYTES = 272;
/** Two keepalives, and what rounding leaves. */
const NOISE_BYTES = 64;

/** Heartbeats that went over the wire since the last reading, requests and answers together. */
export interface HeartbeatTally {
  readonly sent: number;
  readonly received: number;
}

/** True where more moved than we moved ourselves. A counter that went back is a peer that was reset: no traffic. */
export const hasTraffic = (
  before: TunnelPeerState,
  after: TunnelPeerState,
  heartbeats: HeartbeatTally,
): boolean => {
  // A handshake in the time between shows as a new stamp; one that fails shows as bytes sent and none received.
  const hasShaken = before.latestHandshakeAt !== after.latestHandshakeAt;
  const allowance = NOISE_BYTES + (hasShaken ? HANDSHAKE_BYTES : 0);
  const received = after.rxBytes - before.rxBytes - heartbeats.received * HEARTBEAT_ON_WIRE_BYTES;
  const sent = after.txBytes - before.txBytes - heartbeats.sent * HEARTBEAT_ON_WIRE_BYTES;
  const hasSession = after.latestHandshakeAt !== undefined;
  return received > allowance || (hasSession && sent > allowance + HANDSHAKE_BYTES);
};
