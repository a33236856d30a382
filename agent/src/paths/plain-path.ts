/**
 * The way to a peer that is a stock WireGuard app: it answers neither probes nor heartbeats, hears no events and asks
 * for nothing, so whatever there is to do is done from here, and WireGuard's own packets must tell the rest.
 *
 * It starts RELAYED and stays there unharmed. While packets flow we KNOCK: a handshake initiation of our own making
 * leaves from the WireGuard port towards where the beacon sees the app. WireGuard's session and endpoint here know
 * nothing of it, so it costs the relayed path nothing; where the app's NAT lets it in, the app roams to us by itself, its
 * next packet comes directly, and WireGuard here roams to that: DIRECT. A WireGuard peer that is sent data answers within
 * ten seconds, so silence for longer is FALLBACK to the relay, with a new handshake.
 *
 * Pure, as the machine for our own agents is, whose vocabulary and moves it shares.
 */
import type { Endpoint } from '@sidegate/protocol';
import { forgetPending, isBusy, isInUse, noteTraffic } from './liveness.ts';
import { onPathEvent } from './on-path-event.ts';
import { onDown, onFallback, phaseWakeAtMs } from './on-path-time.ts';
import { andThen, failUpgrade, settleOnDirect, settleOnRelay, startFallback, still } from './path-moves.ts';
import {
  enterPhase,
  type PathEffect,
  type PathEvent,
  type PathState,
  type PathStep,
  type PlainWatch,
} from './path-state.ts';
import { PATH_TIMERS as T } from './path-timers.ts';

/** What only our own agents understand. */
const FOREIGN: ReadonlySet<PathEffect['kind']> = new Set(['send-heartbeat', 'send-probe', 'request-punch']);
/** Endpoints knocked at; a device has one mapping for each beacon it knows, and one of each family. */
const KNOCKED_ENDPOINTS = 2;

/** Before anything was read. */
export const createPlainWatch = (nowMs: number): PlainWatch => ({
  rxBytes: undefined,
  heardAtMs: nowMs,
  knocks: 0,
  nextKnockAtMs: nowMs,
});

/** The reach key is the NAT's kind and the endpoints that the broker names. */
const namedEndpoints = (state: PathState): readonly Endpoint[] =>
  state.reachKey.split(' ').slice(1, 1 + KNOCKED_ENDPOINTS) as Endpoint[];

const onRead = (
  state: PathState,
  plain: PlainWatch,
  event: Extract<PathEvent, { kind: 'tunnel-read' }>,
  nowMs: number,
): PathStep => {
  const { rxBytes = 0, endpoint } = event;
  // A counter that went back is a peer that was reset.
  const isHeard = plain.rxBytes !== undefined && rxBytes > plain.rxBytes;
  const watch = { ...plain, rxBytes, heardAtMs: isHeard ? nowMs : plain.heardAtMs };
  const heard = { ...state, plain: watch };
  if (isHeard && (state.phase === 'fallback' || state.phase === 'down'))
    return still({
      ...enterPhase(heard, 'relayed', 'the app answers', nowMs),
      liveness: forgetPending(state.liveness),
    });
  const isOffRelay = endpoint !== undefined && endpoint !== state.relay;
  if (state.phase === 'relayed' && isHeard && isOffRelay)
    return still(settleOnDirect(heard, endpoint, 'the app reaches us directly', nowMs));
  return onPathEvent(heard, event, nowMs);
};

const onEvent = (state: PathState, plain: PlainWatch, event: PathEvent, nowMs: number): PathStep => {
  switch (event.kind) {
    case 'tunnel-read':
      return onRead(state, plain, event, nowMs);
    case 'traffic':
      return still({ ...state, liveness: noteTraffic(state.liveness, event.isReceived, nowMs) });
    case 'peer-changed':
    case 'probing-changed':
    case 'network-changed':
    case 'prospects-changed':
    case 'relay-lost':
      return onPathEvent(state, event, nowMs);
    default:
      return still(state);
  }
};

const mayKnock = (state: PathState, nowMs: number): boolean =>
  state.canProbe && state.hasSession && isBusy(state.liveness, nowMs) && namedEndpoints(state).length > 0;

const onRelayed = (state: PathState, plain: PlainWatch, nowMs: number): PathStep => {
  const dueAtMs = Math.max(plain.nextKnockAtMs, state.upgrade.notBeforeMs);
  if (!mayKnock(state, nowMs) || nowMs < dueAtMs) return still(state);
  if (plain.knocks >= T.knocks) {
    const rested = { ...plain, knocks: 0 };
    return still(failUpgrade({ ...state, plain: rested }, nowMs));
  }
  const watch = { ...plain, knocks: plain.knocks + 1, nextKnockAtMs: nowMs + T.knockIntervalMs };
  return {
    state: { ...state, plain: watch },
    effects: namedEndpoints(state).map((to): PathEffect => ({ kind: 'knock', to })),
  };
};

const onDirect = (state: PathState, plain: PlainWatch, nowMs: number): PathStep => {
  const sentAtMs = state.liveness.trafficAtMs ?? Number.NEGATIVE_INFINITY;
  if (sentAtMs - plain.heardAtMs >= T.plainSilentMs)
    return startFallback(state, 'nothing comes in on the direct path', nowMs, true);
  if (isInUse(state.liveness, nowMs)) return still(state);
  return {
    state: settleOnRelay(state, 'nothing was sent for a while', nowMs),
    effects: [{ kind: 'reset-peer', endpoint: state.relay }],
  };
};

const onTime = (state: PathState, nowMs: number): PathStep => {
  const { plain } = state;
  if (plain === undefined) return still(state);
  switch (state.phase) {
    case 'direct':
      return onDirect(state, plain, nowMs);
    case 'fallback':
      return onFallback(state, nowMs);
    case 'down':
      return onDown(state, nowMs);
    default:
      return onRelayed(state, plain, nowMs);
  }
};

/** One step: what was heard, then what is due. */
export const stepPlainPath = (state: PathState, event: PathEvent, nowMs: number): PathStep => {
  const { plain } = state;
  if (plain === undefined) return still(state);
  const step = andThen(onEvent(state, plain, event, nowMs), (heard) => onTime(heard, nowMs));
  return { state: step.state, effects: step.effects.filter(({ kind }) => !FOREIGN.has(kind)) };
};

/** When `tick` should come next; readings of the tunnel come by themselves. */
export const nextPlainTimeMs = (state: PathState, nowMs: number): number | undefined => {
  if (state.phase === 'fallback' || state.phase === 'down') return phaseWakeAtMs(state, nowMs);
  if (state.phase !== 'relayed' || state.plain === undefined || !mayKnock(state, nowMs)) return undefined;
  return Math.max(state.plain.nextKnockAtMs, state.upgrade.notBeforeMs);
};
