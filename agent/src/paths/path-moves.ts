/** The moves between phases that more than one rule makes. Each gives the new state and what it costs. Pure. */
import type { Endpoint } from '@sidegate/protocol';
import { forgetPending, hasOwnTraffic, isBusy, noteHeartbeatSent } from './liveness.ts';
import { enterPhase, type PathEffect, type PathState, type PathStep } from './path-state.ts';
import { PATH_TIMERS as T } from './path-timers.ts';

/** A step without effects. */
export const still = (state: PathState): PathStep => ({ state, effects: [] });

/** Runs the next rule on what this one left. */
export const andThen = (step: PathStep, rule: (state: PathState) => PathStep): PathStep => {
  const next = rule(step.state);
  return { state: next.state, effects: [...step.effects, ...next.effects] };
};

/** A heartbeat now, whatever is due. */
export const beat = (state: PathState, nowMs: number): PathStep => {
  const { liveness, id } = noteHeartbeatSent(state.liveness, nowMs);
  return {
    state: { ...state, liveness },
    effects: [{ kind: 'send-heartbeat', id, isBusy: hasOwnTraffic(state.liveness, nowMs) }],
  };
};

/**
 * Another handshake, or, on the side that waits for one, a packet that opens our own NAT for it. Through the relay as
 * a rule, which has to know where we are now for the answer to come back; every third one goes where the peer was
 * reached before, because the relay may be what is wrong.
 *
 * The handshake first: a relay that does not know our mapping yet holds it until it is shown. The other way round, what
 * is shown would release the handshake of the try before, whose session the new one then undid at once.
 */
export const shakeAgain = ({ relay, lastWay, revival }: PathState): readonly PathEffect[] => {
  if (!revival.isResetting) return [{ kind: 'show-mapping' }];
  return lastWay !== undefined && revival.tries % 3 === 2
    ? [{ kind: 'reset-peer', endpoint: lastWay }]
    : [{ kind: 'reset-peer', endpoint: relay }, { kind: 'show-mapping' }];
};

/** When, after the fallback began, the next handshake is due; a slow path gets the time that it needs. */
export const nextShakeMs = ({ liveness }: PathState, tries: number): number =>
  Math.min(
    T.fallbackMaxMs,
    Math.max(T.fallbackRetryMs[tries] ?? T.fallbackMaxMs, 3 * (tries + 1) * (liveness.rttMs ?? 0)),
  );

const delayUpgrade = (state: PathState, delayMs: number, nowMs: number): PathState => {
  const boundMs = isBusy(state.liveness, nowMs) ? T.retryBusyMaxMs : Number.POSITIVE_INFINITY;
  const failures = state.upgrade.failures + 1;
  const notBeforeMs = nowMs + Math.min(delayMs, boundMs);
  return { ...state, upgrade: { failures, notBeforeMs, askedAtMs: undefined, isEager: false } };
};
const retryMsAfter = (failures: number): number => T.retryMs[Math.min(failures, T.retryMs.length) - 1]!;

/** Counts a failed try: the next one waits longer, less long while packets flow. */
export const failUpgrade = (state: PathState, nowMs: number): PathState =>
  delayUpgrade(state, retryMsAfter(state.upgrade.failures + 1), nowMs);

/** The broker could not bring both sides together: it or the peer may be reconnecting, so the first time ask soon. */
export const failPunch = (state: PathState, nowMs: number): PathState => {
  const { failures } = state.upgrade;
  if (failures > 0) return failUpgrade(state, nowMs);
  const delayed = delayUpgrade(state, T.probeAfterFallbackMs, nowMs);
  return { ...delayed, upgrade: { ...delayed.upgrade, isEager: true } };
};

const withoutDirect = (state: PathState): PathState => ({
  ...state,
  direct: undefined,
  probe: undefined,
  switching: undefined,
});

/** A try that knew less than we do now says nothing. */
const retrySoon = (state: PathState, nowMs: number): PathState => ({
  ...state,
  upgrade: { ...state.upgrade, notBeforeMs: nowMs + T.probeAfterMoveMs, askedAtMs: undefined },
});

/** Probing or switching did not work out. The relay was never given up, so this costs at most one setting. */
export const giveUp = (state: PathState, why: string, nowMs: number): PathStep => {
  const effects: PathEffect[] =
    state.phase === 'switching' ? [{ kind: 'set-endpoint', endpoint: state.relay }] : [];
  const relayed = enterPhase(withoutDirect(state), 'relayed', why, nowMs);
  return { state: (state.probe?.isOutdated === true ? retrySoon : failUpgrade)(relayed, nowMs), effects };
};

/**
 * The way back to the relay is known to be open already: nothing to set, no doubt about the peer. A direct path that
 * lasted, or broke for the first time, is looked for again soon; one that keeps breaking ever later.
 */
export const settleOnRelay = (state: PathState, why: string, nowMs: number): PathState => {
  const relayed = enterPhase(withoutDirect(state), 'relayed', why, nowMs);
  if (state.phase !== 'direct') return relayed;
  const wasProven = nowMs - state.sinceMs >= T.directProvenMs;
  const failures = wasProven ? 0 : state.upgrade.failures;
  const settled = { ...relayed, upgrade: { ...relayed.upgrade, failures } };
  return delayUpgrade(settled, failures === 0 ? T.probeAfterFallbackMs : retryMsAfter(failures), nowMs);
};

/** Sets out for a verified endpoint: both sides do, and say so to WireGuard again and again. */
export const startSwitching = (state: PathState, endpoint: Endpoint, nowMs: number): PathStep => {
  const entered = enterPhase(state, 'switching', `${endpoint} answers both ways`, nowMs);
  const switching = {
    reassertsLeft: T.reassertCount,
    nextAtMs: nowMs + T.reassertIntervalMs,
    goodReads: 0,
    isForced: false,
  };
  const set: PathStep = {
    state: { ...entered, direct: endpoint, switching, liveness: forgetPending(entered.liveness) },
    effects: [{ kind: 'set-endpoint', endpoint }],
  };
  return andThen(set, (next) => beat(next, nowMs));
};

/** The direct path is proven. */
export const settleOnDirect = (
  state: PathState,
  endpoint: Endpoint,
  why: string,
  nowMs: number,
): PathState => ({
  ...enterPhase(withoutDirect(state), 'direct', why, nowMs),
  direct: endpoint,
  upgrade: { ...state.upgrade, askedAtMs: undefined },
});

/**
 * Back to the relay because nothing answers. The relay knows no session born elsewhere, so one side makes a new one;
 * two at once would cross. `isResetting` is for the side that must: the controller, or whoever moved.
 */
export const startFallback = (
  state: PathState,
  why: string,
  nowMs: number,
  isResetting: boolean,
): PathStep => {
  const relayed = settleOnRelay(state, why, nowMs);
  const fallen: PathState = {
    ...relayed,
    phase: 'fallback',
    lastWay: state.direct ?? state.lastWay,
    revival: { tries: 0, nextAtMs: nowMs + nextShakeMs(state, 0), isResetting },
    liveness: forgetPending(relayed.liveness),
    transitions: relayed.transitions.map((transition, at) =>
      at === relayed.transitions.length - 1 ? { ...transition, to: 'fallback' } : transition,
    ),
  };
  const effect: PathEffect = isResetting
    ? { kind: 'reset-peer', endpoint: state.relay }
    : { kind: 'set-endpoint', endpoint: state.relay };
  return andThen({ state: fallen, effects: [effect] }, (next) => beat(next, nowMs));
};

/** Nothing answers on the relay either. */
export const goDown = (state: PathState, why: string, nowMs: number): PathState => {
  const down = enterPhase(withoutDirect(state), 'down', why, nowMs);
  return { ...down, revival: { tries: 0, nextAtMs: nowMs + T.downRetryMs[0], isResetting: true } };
};
