/** Is a peer alive, and is it in use? Heartbeat bookkeeping as plain data. Pure. */
import { PATH_TIMERS as T } from './path-timers.ts';

interface PendingHeartbeat {
  readonly id: number;
  readonly sentAtMs: number;
}

/** What is known of one peer's signs of life. Times are monotonic; `undefined` is never. */
export interface Liveness {
  /** Last packet other than heartbeats, either way, by our own counters. */
  readonly trafficAtMs: number | undefined;
  /** Last packet of the peer other than heartbeats. */
  readonly receivedAtMs: number | undefined;
  /** Last look at the counters. What came in since, nobody knows: a busy machine is slow to look. */
  readonly readAtMs: number | undefined;
  /** Last time the peer said that it sees traffic. Never passed on, else two idle peers kept each other busy. */
  readonly peerBusyAtMs: number | undefined;
  readonly answerAtMs: number | undefined;
  readonly rttMs: number | undefined;
  /** Requests since the last answer, oldest first, bounded. */
  readonly pending: readonly PendingHeartbeat[];
  readonly sentAtMs: number | undefined;
  readonly nextId: number;
}

/** The first of them tells for how long nothing came; of the rest the newest matter. */
const PENDING_MAX = 16;

/** Nothing known yet. */
export const createLiveness = (): Liveness => ({
  trafficAtMs: undefined,
  receivedAtMs: undefined,
  readAtMs: undefined,
  peerBusyAtMs: undefined,
  answerAtMs: undefined,
  rttMs: undefined,
  pending: [],
  sentAtMs: undefined,
  nextId: 1,
});

const isWithin = (atMs: number | undefined, ms: number, nowMs: number): boolean =>
  atMs !== undefined && nowMs - atMs < ms;

/** Did we see packets in the last minute? What a heartbeat says. */
export const hasOwnTraffic = (liveness: Liveness, nowMs: number): boolean =>
  isWithin(liveness.trafficAtMs, T.busyMs, nowMs);
/** When either side last saw packets. */
export const usedAtMs = ({ trafficAtMs, peerBusyAtMs }: Liveness): number | undefined =>
  trafficAtMs === undefined || peerBusyAtMs === undefined
    ? (trafficAtMs ?? peerBusyAtMs)
    : Math.max(trafficAtMs, peerBusyAtMs);
/** Did packets flow in the last minute, as far as both sides can tell? */
export const isBusy = (liveness: Liveness, nowMs: number): boolean =>
  isWithin(usedAtMs(liveness), T.busyMs, nowMs);
/** Is the peer worth a heartbeat and a keepalive? */
export const isInUse = (liveness: Liveness, nowMs: number): boolean =>
  isWithin(usedAtMs(liveness), T.inUseMs, nowMs);

/** Have packets flowed in the last seconds, as we see it? */
const isFlowing = (liveness: Liveness, nowMs: number): boolean =>
  isWithin(liveness.trafficAtMs, T.flowMs, nowMs);

/** Packets other than heartbeats were seen. */
export const noteTraffic = (liveness: Liveness, isReceived: boolean, nowMs: number): Liveness => ({
  ...liveness,
  trafficAtMs: nowMs,
  receivedAtMs: isReceived ? nowMs : liveness.receivedAtMs,
});

/** The counters were read. */
export const noteRead = (liveness: Liveness, nowMs: number): Liveness => ({ ...liveness, readAtMs: nowMs });

/** The peer says that it sees packets. */
export const notePeerBusy = (liveness: Liveness, nowMs: number): Liveness => ({
  ...liveness,
  peerBusyAtMs: nowMs,
});

/** Writes down a request about to be sent. */
export const noteHeartbeatSent = (
  liveness: Liveness,
  nowMs: number,
): { readonly liveness: Liveness; readonly id: number } => {
  const id = liveness.nextId;
  const { pending } = liveness;
  const kept = pending.length < PENDING_MAX ? pending : [pending[0]!, ...pending.slice(2)];
  return {
    id,
    liveness: {
      ...liveness,
      pending: [...kept, { id, sentAtMs: nowMs }],
      sentAtMs: nowMs,
      nextId: (id % 0xffffffff) + 1,
    },
  };
};

/** An answer settles its own request and all before it; one nobody asked for changes nothing. */
export const noteHeartbeatAnswer = (liveness: Liveness, id: number, nowMs: number): Liveness => {
  const at = liveness.pending.findIndex((heartbeat) => heartbeat.id === id);
  if (at < 0) return liveness;
  return {
    ...liveness,
    answerAtMs: nowMs,
    rttMs: nowMs - liveness.pending[at]!.sentAtMs,
    pending: liveness.pending.slice(at + 1),
  };
};

/** Has an answer come since then? */
export const hasAnsweredSince = ({ answerAtMs }: Liveness, sinceMs: number): boolean =>
  answerAtMs !== undefined && answerAtMs >= sinceMs;

/** Forgets what was not answered: the path has changed, and with it what silence means. */
export const forgetPending = (liveness: Liveness): Liveness => ({ ...liveness, pending: [] });

const intervalMs = (liveness: Liveness, nowMs: number): number => {
  if (isFlowing(liveness, nowMs)) return T.heartbeatFlowMs;
  return isBusy(liveness, nowMs) ? T.heartbeatBusyMs : T.heartbeatIdleMs;
};

/** When the next request is due; `undefined` while the peer is not in use. */
export const nextHeartbeatAtMs = (liveness: Liveness, nowMs: number): number | undefined => {
  if (!isInUse(liveness, nowMs)) return undefined;
  const { sentAtMs, pending } = liveness;
  if (sentAtMs === undefined) return nowMs;
  const regular = sentAtMs + intervalMs(liveness, nowMs);
  const first = pending[0];
  if (first === undefined) return regular;
  return Math.min(regular, Math.max(first.sentAtMs + T.heartbeatMissMs, sentAtMs + T.heartbeatRetryMs));
};

/** Milliseconds without an answer although several were due; 0 while there is no reason for doubt. */
const silentForMs = (liveness: Liveness, nowMs: number): number => {
  const first = liveness.pending[0];
  if (first === undefined || liveness.pending.length < T.deadMinUnanswered) return 0;
  return nowMs - Math.max(first.sentAtMs - T.heartbeatBusyMs, liveness.answerAtMs ?? 0);
};

/** Has the peer been silent for too long? */
export const isDead = (liveness: Liveness, nowMs: number): boolean => {
  const isReceiving = isWithin(liveness.receivedAtMs, T.receivingMs, liveness.readAtMs ?? nowMs);
  return silentForMs(liveness, nowMs) >= (isReceiving ? T.deadWhileReceivingMs : T.deadMs);
};

/** Is the oldest request overdue, so that a peer in use deserves a closer look? */
export const hasMissed = (liveness: Liveness, nowMs: number): boolean => {
  const first = liveness.pending[0];
  return first !== undefined && nowMs - first.sentAtMs >= T.heartbeatMissMs && isBusy(liveness, nowMs);
};

/**
 * Did packets flow, and has nothing come in since, neither answers nor packets, up to the last look? Slow paths get
 * more time.
 */
export const isCutOff = (liveness: Liveness, nowMs: number): boolean => {
  const first = liveness.pending[0];
  if (first === undefined || liveness.pending.length < T.deadMinUnanswered) return false;
  const patienceMs = Math.min(T.deadMs, Math.max(T.cutOffMs, 4 * (liveness.rttMs ?? 0)));
  const quietSinceMs = Math.max(first.sentAtMs, liveness.receivedAtMs ?? 0);
  return isFlowing(liveness, nowMs) && (liveness.readAtMs ?? 0) - quietSinceMs >= patienceMs;
};
