/**
 * One session of probing: which candidates were pinged when, which answered, which is best. A candidate is verified
 * when a pong came back from the very address the ping went to: that proves both directions of that path. Pure.
 */
import type { Candidate, CandidateKind, Endpoint } from '@sidegate/protocol';
import { LEARNED_CANDIDATES_MAX, PATH_TIMERS as T } from './path-timers.ts';

interface ProbeCandidate {
  readonly endpoint: Endpoint;
  readonly rank: number;
  readonly isLearned: boolean;
  readonly startAtMs: number;
  /** By ping number; its length is how many of the offsets are used up. */
  readonly sentAtMs: readonly number[];
  readonly answers: number;
  readonly rttMs: number;
  readonly verifiedAtMs: number | undefined;
}

/** A selection under way on the controlling side. */
interface Selection {
  readonly endpoint: Endpoint;
  readonly sinceMs: number;
  readonly nextAtMs: number;
  readonly nonce: string;
}

/** One punch: the candidates of the peer with what came of the pings to each. Times are monotonic. */
export interface ProbeSession {
  /** The broker's: 16 hex digits. */
  readonly id: string;
  readonly startAtMs: number;
  /** The controlling side chooses; the other waits a little longer, for the choice. */
  readonly isController: boolean;
  readonly candidates: readonly ProbeCandidate[];
  readonly selection: Selection | undefined;
  /** Controlled side: selected by the peer before our own ping was answered. */
  readonly wanted: Endpoint | undefined;
  /** There is news that this try does not know: should it fail, the next one need not wait. */
  readonly isOutdated: boolean;
}

/** Order of preference; breaks ties only (facts: a LAN path is the faster one anyway). */
const RANKS: readonly CandidateKind[] = ['lan', 'ipv6', 'static', 'mapped', 'reflexive', 'observed'];

const candidateOf = (
  endpoint: Endpoint,
  kind: CandidateKind,
  startAtMs: number,
  isLearned: boolean,
): ProbeCandidate => ({
  endpoint,
  rank: RANKS.indexOf(kind),
  isLearned,
  startAtMs,
  sentAtMs: [],
  answers: 0,
  rttMs: Number.POSITIVE_INFINITY,
  verifiedAtMs: undefined,
});

/**
 * Begins a session; pings start at `startAtMs`. With `isYielding`, those to what the beacons saw of the peer start
 * later: our symmetric NAT would give them an outside port of their own, and what the peer then sends to the port that
 * our router maps to us is the other half of a flow that the router knows already. Linux hands it on from another
 * source port, so that the peer's true endpoint is never learned; stricter NATs drop it. Not left out, for routers
 * whose word is worth nothing.
 */
export const createProbeSession = (
  id: string,
  candidates: readonly Candidate[],
  startAtMs: number,
  isController: boolean,
  isYielding = false,
): ProbeSession => ({
  id,
  startAtMs,
  isController,
  candidates: candidates.map(({ endpoint, kind }) =>
    candidateOf(
      endpoint,
      kind,
      isYielding && kind === 'reflexive' ? startAtMs + T.probeYieldMs : startAtMs,
      false,
    ),
  ),
  selection: undefined,
  wanted: undefined,
  isOutdated: false,
});

/** The nonce names candidate and ping: the frame is authenticated, so it need not be random. */
const nonceOf = (candidateAt: number, pingAt: number): string =>
  candidateAt.toString(16).padStart(8, '0') + pingAt.toString(16).padStart(8, '0');
const SELECT_PING = 0x7fff;

/** The nonce comes back in the pong, and tells which ping of which candidate it answers. */
export interface PingToSend {
  readonly nonce: string;
  readonly to: Endpoint;
}

/** Pings due now. A late caller sends one for each candidate, not the missed ones in a burst. */
export const planPings = (
  session: ProbeSession,
  nowMs: number,
): { readonly session: ProbeSession; readonly pings: readonly PingToSend[] } => {
  const pings: PingToSend[] = [];
  const candidates = session.candidates.map((candidate, at) => {
    const due = T.probeOffsetsMs.filter((offset) => candidate.startAtMs + offset <= nowMs).length;
    const used = candidate.sentAtMs.length;
    if (due <= used) return candidate;
    pings.push({ nonce: nonceOf(at, due - 1), to: candidate.endpoint });
    return { ...candidate, sentAtMs: [...candidate.sentAtMs, ...Array<number>(due - used).fill(nowMs)] };
  });
  return pings.length === 0 ? { session, pings } : { session: { ...session, candidates }, pings };
};

/** A ping from an address nobody told us of (a symmetric NAT) is worth pinging, within bounds. */
export const noteProbePing = (session: ProbeSession, from: Endpoint, nowMs: number): ProbeSession => {
  if (session.candidates.some(({ endpoint }) => endpoint === from)) return session;
  if (session.candidates.filter(({ isLearned }) => isLearned).length >= LEARNED_CANDIDATES_MAX)
    return session;
  const learned = candidateOf(from, 'observed', Math.max(nowMs, session.startAtMs), true);
  return { ...session, candidates: [...session.candidates, learned] };
};

/** Counts an answer, if it came from where the ping went. */
export const noteProbePong = (
  session: ProbeSession,
  nonce: string,
  from: Endpoint,
  nowMs: number,
): ProbeSession => {
  const candidates = session.candidates.map((candidate, at) => {
    if (candidate.endpoint !== from || nonce.slice(0, 8) !== nonceOf(at, 0).slice(0, 8)) return candidate;
    const sentAtMs = candidate.sentAtMs[Number.parseInt(nonce.slice(8), 16)];
    if (sentAtMs === undefined) return candidate;
    return {
      ...candidate,
      answers: candidate.answers + 1,
      rttMs: Math.min(candidate.rttMs, nowMs - sentAtMs),
      verifiedAtMs: candidate.verifiedAtMs ?? nowMs,
    };
  });
  return { ...session, candidates };
};

/** Did an answer come from there? */
export const isVerified = (session: ProbeSession, endpoint: Endpoint): boolean =>
  session.candidates.some(
    (candidate) => candidate.endpoint === endpoint && candidate.verifiedAtMs !== undefined,
  );

/** Faster by a fifth and by 5 ms wins; else the preferred kind. */
const isBetter = (one: ProbeCandidate, other: ProbeCandidate): boolean => {
  const differenceMs = Math.abs(one.rttMs - other.rttMs);
  const isTie = differenceMs < 5 || differenceMs < Math.max(one.rttMs, other.rttMs) * 0.2;
  return isTie ? one.rank < other.rank : one.rttMs < other.rttMs;
};

/** The endpoint to select, once enough is known; `undefined` until then. */
export const chooseEndpoint = (session: ProbeSession, nowMs: number): Endpoint | undefined => {
  const verified = session.candidates.filter(({ verifiedAtMs }) => verifiedAtMs !== undefined);
  const firstAtMs = Math.min(...verified.map(({ verifiedAtMs }) => verifiedAtMs!));
  const best = verified.reduce<ProbeCandidate | undefined>(
    (winner, candidate) => (winner === undefined || isBetter(candidate, winner) ? candidate : winner),
    undefined,
  );
  if (best === undefined) return undefined;
  return best.answers >= T.probeEnoughAnswers || nowMs - firstAtMs >= T.probeSettleMs
    ? best.endpoint
    : undefined;
};

/** Begins or repeats the selection. */
export const planSelect = (
  session: ProbeSession,
  endpoint: Endpoint,
  nowMs: number,
): { readonly session: ProbeSession; readonly select: PingToSend } => {
  const at = session.candidates.findIndex((candidate) => candidate.endpoint === endpoint);
  const nonce = nonceOf(at, SELECT_PING);
  const sinceMs = session.selection?.sinceMs ?? nowMs;
  const selection = { endpoint, nonce, sinceMs, nextAtMs: nowMs + T.selectIntervalMs };
  return { session: { ...session, selection }, select: { nonce, to: endpoint } };
};

/** Is this pong the confirmation of the selection? */
export const isSelectConfirmed = (session: ProbeSession, nonce: string, from: Endpoint): boolean =>
  session.selection?.nonce === nonce && session.selection.endpoint === from;

/** When the session counts as failed. */
export const probeEndsAtMs = (session: ProbeSession): number =>
  session.selection === undefined
    ? session.startAtMs + T.probeMaxMs + (session.isController ? 0 : T.selectMaxMs)
    : session.selection.sinceMs + T.selectMaxMs;

/** When something is to be done next: a ping, a choice, a selection, the end. */
export const nextProbeAtMs = (session: ProbeSession): number => {
  const pings = session.candidates.flatMap(({ startAtMs, sentAtMs }) => {
    const offset = T.probeOffsetsMs[sentAtMs.length];
    return offset === undefined ? [] : [startAtMs + offset];
  });
  const settles = session.candidates.flatMap(({ verifiedAtMs }) =>
    verifiedAtMs === undefined || !session.isController ? [] : [verifiedAtMs + T.probeSettleMs],
  );
  const select = session.selection === undefined ? settles : [session.selection.nextAtMs];
  return Math.min(...pings, ...select, probeEndsAtMs(session));
};
