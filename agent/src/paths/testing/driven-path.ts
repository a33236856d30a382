/** One path driven by a virtual time: what is due runs, and the test answers what it wants answered. */
import type { Candidate, Endpoint } from '@sidegate/protocol';
import {
  createPath,
  nextPathTimeMs,
  type PathEffect,
  type PathEvent,
  type PathState,
  stepPath,
} from '../path-machine.ts';

/** Where the relay is, where the peer is reached directly, and where it might be as well. */
export const RELAY = '203.0.113.1:7382' as Endpoint;
export const DIRECT = '198.51.100.7:40001' as Endpoint;
export const OTHER = '198.51.100.7:40002' as Endpoint;
/** The session of every punch. */
export const SESSION = '0011223344556677';
/** The candidate at `DIRECT`. */
export const REFLEXIVE: Candidate = { kind: 'reflexive', endpoint: DIRECT };

/** A relayed path that has a session, from time 0 on. */
export const pathOf = (options: Partial<Parameters<typeof createPath>[0]> = {}): PathState =>
  createPath(
    {
      isController: true,
      relay: RELAY,
      isOnline: true,
      canProbe: true,
      reachKey: '',
      endpoint: RELAY,
      handshakeAgeMs: 1000,
      ...options,
    },
    0,
  );

/** A path with a clock: runs what is due, answers what the test wants answered. */
export const drive = (start: PathState) => {
  let state = start;
  let nowMs = 0;
  const effects: (PathEffect & { atMs: number })[] = [];
  const feed = (event: PathEvent) => {
    const step = stepPath(state, event, nowMs);
    state = step.state;
    effects.push(...step.effects.map((effect) => ({ ...effect, atMs: nowMs })));
    return step.effects;
  };
  return {
    feed,
    effects,
    state: () => state,
    nowMs: () => nowMs,
    of: <K extends PathEffect['kind']>(kind: K) =>
      effects.filter((effect) => effect.kind === kind) as (Extract<PathEffect, { kind: K }> & {
        atMs: number;
      })[],
    /** Lets time pass; `answer` hears each effect and may feed events. */
    pass(ms: number, answer: (effect: PathEffect, feed: (event: PathEvent) => void) => void = () => {}) {
      const end = nowMs + ms;
      for (let turn = 0; turn < 10_000; turn++) {
        const dueMs = nextPathTimeMs(state, nowMs);
        if (dueMs === undefined || dueMs > end) break;
        nowMs = Math.max(nowMs, dueMs);
        for (const effect of feed({ kind: 'tick' })) answer(effect, feed);
      }
      nowMs = end;
    },
  };
};
/** A peer whose agent is there, and nothing else. */
export const answersHeartbeats = (effect: PathEffect, feed: (event: PathEvent) => void) => {
  if (effect.kind === 'send-heartbeat') feed({ kind: 'heartbeat-answer', id: effect.id });
};

/** A tunnel that is read when asked, and a peer that says nothing. */
export const readsOnly =
  (path: { state(): PathState }) =>
  (effect: PathEffect, feed: (event: PathEvent) => void): void => {
    if (effect.kind !== 'read-tunnel') return;
    const endpoint = path.state().phase === 'direct' ? DIRECT : RELAY;
    feed({ kind: 'tunnel-read', endpoint, handshakeAgeMs: 100 });
  };

const readsDirect = (effect: PathEffect, feed: (event: PathEvent) => void) => {
  answersHeartbeats(effect, feed);
  if (effect.kind === 'read-tunnel') feed({ kind: 'tunnel-read', endpoint: DIRECT, handshakeAgeMs: 100 });
};
/** A peer that answers everything from `DIRECT`. */
export const answersAll = (effect: PathEffect, feed: (event: PathEvent) => void) => {
  readsDirect(effect, feed);
  if (effect.kind === 'send-probe' && effect.type !== 'pong' && effect.to === DIRECT)
    feed({ kind: 'pong', session: effect.session, nonce: effect.nonce, from: DIRECT });
};
/** A punch towards `DIRECT`. */
export const PUNCH = {
  kind: 'punch',
  session: SESSION,
  startInMs: 150,
  candidates: [REFLEXIVE],
} as const satisfies PathEvent;

/** A path in use that has become direct. */
export const driveToDirect = (isController: boolean) => {
  const path = drive(pathOf({ isController }));
  path.feed({ kind: 'traffic', isReceived: false });
  path.feed(PUNCH);
  if (isController) path.pass(4000, answersAll);
  else {
    path.pass(400, answersAll);
    path.feed({ kind: 'ping', session: SESSION, nonce: '0000000000007fff', from: DIRECT, isSelect: true });
    path.pass(3000, answersAll);
  }
  return path;
};

/** What `drive` gives. */
export type DrivenPath = ReturnType<typeof drive>;
