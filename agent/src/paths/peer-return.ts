/**
 * A peer that went, as the broker saw it, and is back: perhaps with a tunnel that knows no session of before. It greets
 * whom it knew, but not thousands, and looks after no path that it has not used since. So who holds an old session in
 * use asks, and makes a new one where no answer comes, controller or not. Pure.
 */
import { hasAnsweredSince } from './liveness.ts';
import { beat, startFallback, still } from './path-moves.ts';
import type { PathState, PathStep } from './path-state.ts';
import { PATH_TIMERS as T } from './path-timers.ts';

/** The broker sees a peer in use again. */
export const onReturned = (state: PathState, nowMs: number): PathStep => {
  if (state.phase !== 'fallback' && state.phase !== 'down')
    return beat({ ...state, returnedAtMs: nowMs }, nowMs);
  const fallen = startFallback(state, 'the broker sees the peer again', nowMs, state.isController);
  const revival = { ...fallen.state.revival, isResetting: true };
  return { ...fallen, state: { ...fallen.state, revival } };
};

/**
 * When patience with it ends; `undefined`: nobody waits. While its packets come in the session works, and merely its
 * agent was away: the kernel goes on without it.
 */
export const returnEndsAtMs = ({ returnedAtMs, isController, liveness }: PathState): number | undefined =>
  returnedAtMs === undefined
    ? undefined
    : Math.max(
        returnedAtMs + T.returnMs[isController ? 'controller' : 'other'],
        (liveness.receivedAtMs ?? 0) + T.receivingMs,
      );

/** Has it answered, or is it time for a new session? */
export const checkReturn = (state: PathState, nowMs: number): PathStep => {
  const { liveness, returnedAtMs } = state;
  if (returnedAtMs === undefined) return still(state);
  if (hasAnsweredSince(liveness, returnedAtMs)) return still({ ...state, returnedAtMs: undefined });
  if (nowMs < (returnEndsAtMs(state) ?? 0)) return still(state);
  return startFallback(state, 'the peer is back without our session', nowMs, true);
};
