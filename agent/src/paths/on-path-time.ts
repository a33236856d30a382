/** What becomes due on a path as time passes, and when the next thing will. Pure. */
import type { Endpoint } from '@sidegate/protocol';
import {
  hasAnsweredSince,
  hasMissed,
  isBusy,
  isCutOff,
  isDead,
  isInUse,
  nextHeartbeatAtMs,
  usedAtMs,
} from './liveness.ts';
import {
  andThen,
  beat,
  failPunch,
  giveUp,
  goDown,
  nextShakeMs,
  settleOnDirect,
  settleOnRelay,
  shakeAgain,
  startFallback,
  still,
} from './path-moves.ts';
import { enterPhase, type PathEffect, type PathState, type PathStep } from './path-state.ts';
import { PATH_TIMERS as T } from './path-timers.ts';
import { checkReturn, returnEndsAtMs } from './peer-return.ts';
import {
  chooseEndpoint,
  nextProbeAtMs,
  type PingToSend,
  type ProbeSession,
  planPings,
  planSelect,
  probeEndsAtMs,
} from './probe-session.ts';

const isDue = (atMs: number | undefined, nowMs: number): boolean => atMs !== undefined && atMs <= nowMs;

/**
 * The first missed answer may mean that our NAT has another address for us. Nobody but us can show it to the relay, and
 * nothing would make us before the beacon's next keepalive. Readings meanwhile tell silence from a busy peer's agent.
 */
const lookCloser = (state: PathState): readonly PathEffect[] =>
  state.liveness.pending.length === 1
    ? [{ kind: 'show-mapping' }, { kind: 'read-tunnel' }]
    : [{ kind: 'read-tunnel' }];

const beatIfDue = (state: PathState, nowMs: number): PathStep => {
  if (!isDue(nextHeartbeatAtMs(state.liveness, nowMs), nowMs)) return still(state);
  const isSilent =
    (state.phase === 'direct' || state.phase === 'relayed') && hasMissed(state.liveness, nowMs);
  const looked: PathStep = { state, effects: isSilent ? lookCloser(state) : [] };
  return andThen(looked, (next) => beat(next, nowMs));
};

/** One side asks, while packets flow: the controller, or whoever has moved. */
const mayAsk = (state: PathState, nowMs: number): boolean =>
  (state.isController || state.upgrade.isEager) && state.canProbe && isBusy(state.liveness, nowMs);

const askForPunch = (state: PathState, nowMs: number): PathStep => {
  const { askedAtMs, notBeforeMs } = state.upgrade;
  if (isDue(askedAtMs === undefined ? undefined : askedAtMs + T.punchAnswerMs, nowMs))
    return still(failPunch(state, nowMs));
  if (!mayAsk(state, nowMs) || askedAtMs !== undefined || nowMs < notBeforeMs) return still(state);
  return {
    state: { ...state, upgrade: { ...state.upgrade, askedAtMs: nowMs, isEager: false } },
    effects: [{ kind: 'request-punch' }],
  };
};

/** Nobody answers, and it may be our own router that has forgotten us: see `shakeAgain`. */
const fallSilent = (state: PathState, why: string, nowMs: number): PathStep =>
  andThen(startFallback(state, why, nowMs, state.isController), (fallen) => ({
    state: fallen,
    effects: [{ kind: 'show-mapping' }],
  }));

const onRelayed = (state: PathState, nowMs: number): PathStep => {
  if (isDead(state.liveness, nowMs)) return fallSilent(state, 'no answer through the relay', nowMs);
  const isReachedDirectly = state.strayReads >= T.switchGoodReads && state.direct !== undefined;
  if (isReachedDirectly && hasAnsweredSince(state.liveness, nowMs - T.heartbeatBusyMs))
    return still(settleOnDirect(state, state.direct, 'the peer reaches us directly', nowMs));
  return askForPunch(state, nowMs);
};

const sendProbes = (session: ProbeSession, type: 'ping' | 'select', probes: readonly PingToSend[]) =>
  probes.map(({ nonce, to }): PathEffect => ({ kind: 'send-probe', type, session: session.id, nonce, to }));

const onProbing = (state: PathState, nowMs: number): PathStep => {
  if (state.probe === undefined) return giveUp(state, 'there is nothing to probe', nowMs);
  // The relay carries the traffic meanwhile, and may die as at any other time.
  if (state.direct === undefined && isDead(state.liveness, nowMs))
    return fallSilent(state, 'no answer through the relay', nowMs);
  if (probeEndsAtMs(state.probe) <= nowMs) {
    const why =
      state.probe.selection === undefined ? 'no candidate answered' : 'the choice was not confirmed';
    return giveUp(state, why, nowMs);
  }
  const { session, pings } = planPings(state.probe, nowMs);
  const pinged = { state: { ...state, probe: session }, effects: sendProbes(session, 'ping', pings) };
  const chosen = session.selection?.endpoint ?? chooseEndpoint(session, nowMs);
  const isSelectDue = state.isController && (session.selection?.nextAtMs ?? nowMs) <= nowMs;
  if (chosen === undefined || !isSelectDue) return pinged;
  const { session: selecting, select } = planSelect(session, chosen, nowMs);
  return {
    state: { ...state, probe: selecting },
    effects: [...pinged.effects, ...sendProbes(selecting, 'select', [select])],
  };
};

/**
 * What to do in a round of switching. The endpoint is read before it is set again, else one would read what one has
 * just set. Steady traffic may keep some packet in flight on the relay for ever, each pulling the endpoint back and
 * being answered there; a session made on the direct path ends that at the price of what is in flight.
 */
const planRound = (state: PathState, direct: Endpoint, nowMs: number): PathStep => {
  const { switching } = state;
  if (switching === undefined) return still(state);
  const { reassertsLeft, goodReads, isForced } = switching;
  const isForcing =
    state.isController && !isForced && goodReads === 0 && nowMs - state.sinceMs >= T.switchForceMs;
  const next = {
    ...switching,
    reassertsLeft: Math.max(0, reassertsLeft - 1),
    nextAtMs: nowMs + T.reassertIntervalMs,
    isForced: isForced || isForcing,
  };
  const effects: PathEffect[] = [{ kind: 'read-tunnel' }];
  if (isForcing) effects.push({ kind: 'reset-peer', endpoint: direct });
  else if (reassertsLeft > 0) effects.push({ kind: 'set-endpoint', endpoint: direct });
  return andThen({ state: { ...state, switching: next }, effects }, (now) => beat(now, nowMs));
};

const onSwitching = (state: PathState, nowMs: number): PathStep => {
  const { switching, direct } = state;
  if (switching === undefined || direct === undefined)
    return giveUp(state, 'there is nothing to switch to', nowMs);
  if (nowMs - state.sinceMs >= T.switchMaxMs) return giveUp(state, `${direct} did not hold`, nowMs);
  const recentMs = nowMs - T.reassertCount * T.reassertIntervalMs;
  const isAnswered = hasAnsweredSince(state.liveness, Math.max(state.sinceMs, recentMs));
  if (switching.reassertsLeft === 0 && switching.goodReads >= T.switchGoodReads && isAnswered)
    return still(settleOnDirect(state, direct, `${direct} carries packets both ways`, nowMs));
  return nowMs < switching.nextAtMs ? still(state) : planRound(state, direct, nowMs);
};

const onDirect = (state: PathState, nowMs: number): PathStep => {
  if (isDead(state.liveness, nowMs) || isCutOff(state.liveness, nowMs))
    return fallSilent(state, 'no answer on the direct path', nowMs);
  // Out of use, nothing would hold the holes open: one handshake through the relay puts both sides back there.
  if (state.isController && !isInUse(state.liveness, nowMs))
    return {
      state: settleOnRelay(state, 'nothing was sent for a while', nowMs),
      effects: [{ kind: 'reset-peer', endpoint: state.relay }],
    };
  return still(state);
};

/** Shakes again, until it is time to give up. */
export const onFallback = (state: PathState, nowMs: number): PathStep => {
  if (nowMs - state.sinceMs >= T.fallbackMaxMs)
    return still(goDown(state, 'nothing answers through the relay', nowMs));
  if (nowMs < state.revival.nextAtMs) return still(state);
  const tries = state.revival.tries + 1;
  const revival = { ...state.revival, tries, nextAtMs: state.sinceMs + nextShakeMs(state, tries) };
  return { state: { ...state, revival }, effects: shakeAgain({ ...state, revival }) };
};

/** Shakes again ever later, while somebody sends. */
export const onDown = (state: PathState, nowMs: number): PathStep => {
  if (state.hasSession && !isInUse(state.liveness, nowMs) && state.isOnline)
    return still(enterPhase(state, 'relayed', 'nothing is sent, nothing is known to be wrong', nowMs));
  if (!isBusy(state.liveness, nowMs) || nowMs < state.revival.nextAtMs) return still(state);
  const tries = state.revival.tries + 1;
  const delayMs = T.downRetryMs[Math.min(tries, T.downRetryMs.length - 1)]!;
  // The controlled side waits twice as long: two resets at once would cross.
  const revival = { ...state.revival, tries, nextAtMs: nowMs + delayMs * (state.isController ? 1 : 2) };
  return { state: { ...state, revival }, effects: shakeAgain({ ...state, revival }) };
};

const RULES = {
  relayed: onRelayed,
  probing: onProbing,
  switching: onSwitching,
  direct: onDirect,
  fallback: onFallback,
  down: onDown,
} as const;

/** The path after what is due by now. */
export const onPathTime = (state: PathState, nowMs: number): PathStep =>
  andThen(
    andThen(checkReturn(state, nowMs), (next) => RULES[next.phase](next, nowMs)),
    (next) => beatIfDue(next, nowMs),
  );

/** When the phase itself wants to be looked at. */
export const phaseWakeAtMs = (state: PathState, nowMs: number): number | undefined => {
  const { askedAtMs, notBeforeMs } = state.upgrade;
  switch (state.phase) {
    case 'relayed':
      if (askedAtMs !== undefined) return askedAtMs + T.punchAnswerMs;
      return mayAsk(state, nowMs) ? notBeforeMs : undefined;
    case 'probing':
      return state.probe === undefined ? nowMs : nextProbeAtMs(state.probe);
    case 'switching':
      return state.switching?.nextAtMs ?? nowMs;
    case 'direct':
      return state.isController ? (usedAtMs(state.liveness) ?? nowMs) + T.inUseMs : undefined;
    case 'fallback':
      return Math.min(state.revival.nextAtMs, state.sinceMs + T.fallbackMaxMs);
    case 'down':
      return isBusy(state.liveness, nowMs) ? state.revival.nextAtMs : undefined;
  }
};

/** When `tick` should come next; `undefined` while only events can change anything. */
export const nextPathTimeMs = (state: PathState, nowMs: number): number | undefined => {
  const times = [
    phaseWakeAtMs(state, nowMs),
    returnEndsAtMs(state),
    nextHeartbeatAtMs(state.liveness, nowMs),
  ].filter((atMs) => atMs !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
};
