/**
 * The way to one peer as a state machine: `(state, event, now) -> { state, effects }`.
 *
 * A peer starts RELAYED. When packets flow, the controller asks the broker for a punch; both sides go PROBING from
 * their WireGuard ports; the controller selects a path that answered both ways; both go SWITCHING, telling WireGuard
 * the endpoint again while packets in flight on the relay pull it back; in-tunnel heartbeats then prove it DIRECT.
 * No answer on a direct path: FALLBACK to the relay with a new handshake. No answer there either: DOWN.
 *
 * Invariants: the relay is never given up before the direct path is verified; no probe changes anything without the
 * broker's session; every phase but RELAYED, DIRECT and DOWN ends by itself; effects of one step are bounded.
 * Pure: no clock, no sockets, no WireGuard. Must not import anything but kit and protocol.
 */
import { onPathEvent } from './on-path-event.ts';
import { onPathTime } from './on-path-time.ts';
import { andThen } from './path-moves.ts';
import type { PathEvent, PathState, PathStep } from './path-state.ts';

export { nextPathTimeMs } from './on-path-time.ts';
export { createPath, type PathEffect, type PathEvent, type PathState } from './path-state.ts';

/** One step: what was heard, then what is due. */
export const stepPath = (state: PathState, event: PathEvent, nowMs: number): PathStep =>
  andThen(onPathEvent(state, event, nowMs), (heard) => onPathTime(heard, nowMs));
