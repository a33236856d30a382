/** What each thing heard does to a path. What time alone does is in `on-path-time.ts`. Pure. */
import type { Endpoint } from '@sidegate/protocol';
import { familyOf } from './family.ts';
import {
  forgetPending,
  isInUse,
  noteHeartbeatAnswer,
  notePeerBusy,
  noteRead,
  noteTraffic,
} from './liveness.ts';
import {
  andThen,
  failPunch,
  giveUp,
  goDown,
  settleOnRelay,
  startFallback,
  startSwitching,
  still,
} from './path-moves.ts';
import {
  enterPhase,
  type PathEffect,
  type PathEvent,
  type PathState,
  type PathStep,
  SESSION_LIFE_MS,
} from './path-state.ts';
import { PATH_TIMERS as T } from './path-timers.ts';
import { onReturned } from './peer-return.ts';
import {
  createProbeSession,
  isSelectConfirmed,
  isVerified,
  noteProbePing,
  noteProbePong,
} from './probe-session.ts';

type Of<K extends PathEvent['kind']> = Extract<PathEvent, { kind: K }>;

const onDirectRead = (
  state: PathState,
  endpoint: Endpoint | undefined,
  isOffRelay: boolean,
  nowMs: number,
): PathStep => {
  const { isPeerElsewhere, strayReads, direct } = state;
  if (!isOffRelay)
    return still(
      isPeerElsewhere || strayReads >= 1
        ? settleOnRelay(state, 'the peer went back to the relay', nowMs)
        : { ...state, strayReads: strayReads + 1 },
    );
  // Whoever moved has just shown the relay where it is, so a handshake through there reaches it.
  if (isPeerElsewhere && endpoint === direct)
    return startFallback(state, 'the peer is elsewhere now', nowMs, true);
  // WireGuard follows a peer that roams; heartbeats tell whether the new endpoint works.
  return still({ ...state, direct: endpoint, strayReads: 0, isPeerElsewhere: false });
};

const onTunnelRead = (state: PathState, event: Of<'tunnel-read'>, nowMs: number): PathStep => {
  const hasSession = event.handshakeAgeMs !== undefined && event.handshakeAgeMs < SESSION_LIFE_MS;
  const isOffRelay = event.endpoint !== undefined && event.endpoint !== state.relay;
  const read = { ...state, hasSession, liveness: noteRead(state.liveness, nowMs) };
  if (state.phase === 'switching' && state.switching !== undefined) {
    const goodReads = isOffRelay ? state.switching.goodReads + 1 : 0;
    return still({ ...read, switching: { ...state.switching, goodReads } });
  }
  if (state.phase === 'direct') return onDirectRead(read, event.endpoint, isOffRelay, nowMs);
  return still(
    isOffRelay
      ? { ...read, strayReads: state.strayReads + 1, direct: event.endpoint }
      : { ...read, strayReads: 0 },
  );
};

/** Did the broker name this endpoint among the peer's candidates? */
const isNamed = (reachKey: string, endpoint: Endpoint | undefined): boolean =>
  endpoint !== undefined && reachKey.split(' ').includes(endpoint);

/** The relay is elsewhere: worth a word, where it is what carries the packets. */
const noteRelay = (state: PathState, before: Endpoint, nowMs: number): PathState => {
  if (state.relay === before || state.phase !== 'relayed') return state;
  const isShim = state.relay.startsWith('127.');
  const why = isShim ? 'UDP is blocked: the relay over WebSocket' : `the relay is ${state.relay} now`;
  return enterPhase(state, 'relayed', why, nowMs);
};

/**
 * Another relay knows no session that was made elsewhere. Only the controller makes the new one: two handshakes that
 * cross undo each other. The other side's packets go on by the relay of before until the handshake reaches it; a
 * follower that hears of the change first would send into nothing.
 */
const moveToRelay = (state: PathState, before: Endpoint, nowMs: number): PathStep => {
  const isWorking = state.hasSession && state.phase !== 'fallback' && state.phase !== 'down';
  if (state.isController && (isWorking || isInUse(state.liveness, nowMs))) {
    const moved = startFallback(state, 'the pair has another relay', nowMs, true);
    return { ...moved, state: { ...moved.state, lastWay: before } };
  }
  const isFollowing = isWorking && !state.isController;
  return { state, effects: isFollowing ? [] : [{ kind: 'aim', endpoint: state.relay }] };
};

/** A try under way does not know of it; one that has found its endpoint need not. */
const withNews = (state: PathState): PathState => ({
  ...state,
  probe: state.probe && { ...state.probe, isOutdated: state.phase === 'probing' },
});

const onPeerChanged = (state: PathState, event: Of<'peer-changed'>, nowMs: number): PathStep => {
  const { relay, isOnline } = event;
  // A broker that restarted has seen nobody yet: what it knew before stands until it knows more.
  const reachKey = event.reachKey.includes(' ') ? event.reachKey : state.reachKey;
  const isBack = isOnline && !state.isOnline;
  // Old failures were those of another place, or of a peer that was going away.
  const notBeforeMs = Math.min(state.upgrade.notBeforeMs, nowMs);
  const told =
    isBack || reachKey !== state.reachKey
      ? { ...withNews(state), upgrade: { ...state.upgrade, failures: 0, notBeforeMs } }
      : state;
  const changed = noteRelay({ ...told, relay, isOnline, reachKey }, state.relay, nowMs);
  const isRelayInUse = state.phase !== 'direct' && state.phase !== 'switching';
  if (event.isOtherRelay === true && isRelayInUse && relay !== state.relay)
    return moveToRelay(changed, state.relay, nowMs);
  const effects: PathEffect[] =
    relay !== state.relay && isRelayInUse ? [{ kind: 'set-endpoint', endpoint: relay }] : [];
  if (state.phase === 'direct' && isNamed(state.reachKey, state.direct) && !isNamed(reachKey, state.direct))
    return { state: { ...changed, isPeerElsewhere: true }, effects: [{ kind: 'read-tunnel' }] };
  if (isBack && isInUse(state.liveness, nowMs))
    return andThen({ state: changed, effects }, (next) => onReturned(next, nowMs));
  if (isOnline && state.phase === 'down')
    return { state: enterPhase(changed, 'relayed', 'the broker sees the peer again', nowMs), effects };
  if (!isOnline && state.phase === 'relayed' && !state.hasSession)
    return { state: goDown(changed, 'the broker does not see the peer', nowMs), effects };
  return { state: changed, effects };
};

const onPunch = (state: PathState, event: Of<'punch'>, nowMs: number): PathStep => {
  if (!state.canProbe || state.phase === 'switching' || state.phase === 'fallback') return still(state);
  const probing = enterPhase(state, 'probing', `${event.candidates.length} candidates to try`, nowMs);
  const probe = createProbeSession(
    event.session,
    event.candidates,
    nowMs + event.startInMs,
    state.isController,
    event.isYielding,
  );
  return still({ ...probing, probe, upgrade: { ...state.upgrade, askedAtMs: undefined } });
};

const onPing = (state: PathState, event: Of<'ping'>, nowMs: number): PathStep => {
  const { session, nonce, from } = event;
  // Without the broker's session a probe is not even answered.
  if (state.probe?.id !== session) return still(state);
  const effects: PathEffect[] = [{ kind: 'send-probe', type: 'pong', session, nonce, to: from }];
  const probe = noteProbePing(state.probe, from, nowMs);
  const heard = { ...state, probe };
  if (!event.isSelect || state.isController || state.phase !== 'probing') return { state: heard, effects };
  if (!isVerified(probe, from)) return { state: { ...heard, probe: { ...probe, wanted: from } }, effects };
  const switching = startSwitching(heard, from, nowMs);
  return { state: switching.state, effects: [...effects, ...switching.effects] };
};

const onPong = (state: PathState, event: Of<'pong'>, nowMs: number): PathStep => {
  if (state.phase !== 'probing' || state.probe?.id !== event.session) return still(state);
  if (state.isController && isSelectConfirmed(state.probe, event.nonce, event.from))
    return startSwitching(state, event.from, nowMs);
  const probe = noteProbePong(state.probe, event.nonce, event.from, nowMs);
  const heard = { ...state, probe };
  return probe.wanted !== undefined && isVerified(probe, probe.wanted)
    ? startSwitching(heard, probe.wanted, nowMs)
    : still(heard);
};

const onSignOfLife = (state: PathState, nowMs: number): PathState =>
  state.phase === 'fallback' || state.phase === 'down'
    ? { ...enterPhase(state, 'relayed', 'the peer answers', nowMs), liveness: forgetPending(state.liveness) }
    : state;

/** Does somebody wait for a first answer through the relay? */
const isWaiting = (state: PathState, nowMs: number): boolean =>
  (state.phase === 'fallback' || state.phase === 'down') && isInUse(state.liveness, nowMs);

const onNetworkChanged = (state: PathState, event: Of<'network-changed'>, nowMs: number): PathStep => {
  const hasDirect = state.phase === 'direct' || state.phase === 'switching';
  const hasMoved = event.left.includes(familyOf((hasDirect ? state.direct : undefined) ?? state.relay));
  const upgrade = {
    failures: 0,
    notBeforeMs: nowMs + T.probeAfterMoveMs,
    askedAtMs: undefined,
    isEager: event.left.length > 0,
  };
  if (hasMoved && hasDirect) {
    const fallen = startFallback(state, 'our own network changed', nowMs, true);
    return { ...fallen, state: { ...fallen.state, upgrade } };
  }
  const endpoint = (hasDirect ? state.direct : undefined) ?? state.relay;
  const effects: PathEffect[] = [];
  // A handshake sent into the gap is lost, and WireGuard repeats it only after five seconds.
  if (isWaiting(state, nowMs)) effects.push({ kind: 'reset-peer', endpoint: state.relay });
  // wireguard-go keeps its old source address until the endpoint is set again, be it the same.
  else if (state.hasSession) effects.push({ kind: 'set-endpoint', endpoint });
  if (event.left.length > 0 && state.phase === 'probing') {
    const idle = giveUp(state, 'our own network changed', nowMs);
    return { state: { ...idle.state, upgrade }, effects };
  }
  // We were late to notice: the fallback went on without knowing that the move is ours to make good.
  const revival = { ...state.revival, isResetting: state.revival.isResetting || hasMoved };
  return { state: hasDirect ? state : { ...withNews(state), upgrade, revival }, effects };
};

/** Old failures say little now, and only we know it. */
const onProspectsChanged = (state: PathState, nowMs: number): PathState => ({
  ...withNews(state),
  upgrade: {
    failures: 0,
    notBeforeMs: nowMs + T.probeAfterMoveMs,
    askedAtMs: undefined,
    isEager: state.phase !== 'direct',
  },
});

const onRelayLost = (state: PathState, nowMs: number): PathStep => {
  if (!state.isController || state.phase === 'direct' || state.phase === 'switching') return still(state);
  return state.hasSession || isWaiting(state, nowMs)
    ? startFallback(state, 'the broker restarted', nowMs, true)
    : still(state);
};

/** The path after one event. */
export const onPathEvent = (state: PathState, event: PathEvent, nowMs: number): PathStep => {
  switch (event.kind) {
    case 'tick':
      return still(state);
    case 'traffic':
      return still({ ...state, liveness: noteTraffic(state.liveness, event.isReceived, nowMs) });
    case 'tunnel-read':
      return onTunnelRead(state, event, nowMs);
    case 'peer-changed':
      return onPeerChanged(state, event, nowMs);
    case 'probing-changed':
      return still({ ...state, canProbe: event.canProbe });
    case 'punch':
      return onPunch(state, event, nowMs);
    case 'punch-failed':
      return still(state.upgrade.askedAtMs === undefined ? state : failPunch(state, nowMs));
    case 'ping':
      return onPing(state, event, nowMs);
    case 'pong':
      return onPong(state, event, nowMs);
    case 'heartbeat-request': {
      const alive = onSignOfLife(state, nowMs);
      return still(event.isBusy ? { ...alive, liveness: notePeerBusy(alive.liveness, nowMs) } : alive);
    }
    case 'heartbeat-answer': {
      const liveness = noteHeartbeatAnswer(state.liveness, event.id, nowMs);
      return still(liveness === state.liveness ? state : onSignOfLife({ ...state, liveness }, nowMs));
    }
    case 'network-changed':
      return onNetworkChanged(state, event, nowMs);
    case 'prospects-changed':
      return still(onProspectsChanged(state, nowMs));
    case 'relay-lost':
      return onRelayLost(state, nowMs);
  }
};
