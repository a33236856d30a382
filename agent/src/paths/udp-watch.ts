/**
 * Does UDP reach the broker? Beacons that were greeted and keep silent, while HTTPS works, mean that it is blocked:
 * then the relay is used through a WebSocket. UDP is tried again where another beacon answers, where the network
 * changes and now and then; only beacon 0 is moved for the trial, so that nothing is lost by one that fails. A machine
 * that is too busy to look may be too busy to answer as well: silence counts only as far as somebody listened.
 *
 *   working --doubt--> doubted --silence--> opening --open--> blocked --a reason--> trying --answer--> leaving
 *      ^__________________|____ an answer ____|                  ^__ no answer ________|                  |
 *      |__________________________________________________________________________________________________|
 *
 * Pure: `(state, reading, now) -> { state, effects }`.
 */

/** Every interval. */
export const UDP_TIMERS = {
  /** A beacon that answered so lately is no cause for doubt. */
  trustMs: 5_000,
  /** One lost packet is no blockade: the beacons are greeted once more. WireGuard itself would only after 5 s. */
  greetAgainMs: 1_200,
  /** Silence for so long in all, longer where there is another address family to try, and so long after a greeting. */
  silenceMs: 3_000,
  silenceOfBothMs: 5_500,
  silenceAfterGreetingMs: 1_300,
  /** What one reading adds to the silence at most; they are to come three times as often. */
  listenedMaxMs: 300,
  /** What was read so soon after a greeting may be from before it. */
  settleMs: 100,
  trialMs: 3_000,
  /** How soon after a failed trial another beacon's answer, or a dead WebSocket, counts again. */
  trialPauseMs: [5_000, 15_000, 60_000, 300_000],
  /** Without any reason. */
  trialIntervalMs: 300_000,
  /** What is still in flight through the WebSocket arrives within. */
  lingerMs: 2_000,
} as const;

/** `opening` waits for the shim, `blocked` uses it, `trying` greets over UDP all the same, `leaving` lets go of it. */
export type UdpPhase = 'working' | 'doubted' | 'opening' | 'blocked' | 'trying' | 'leaving';

/** What is remembered between readings, replaced whole by each step. Times are monotonic. */
export interface UdpWatch {
  readonly phase: UdpPhase;
  readonly sinceMs: number;
  readonly greetedAtMs: number;
  readonly greetings: number;
  readonly answeredAtMs: number;
  /** Of the present doubt: the last reading, and for how long we listened in vain. */
  readonly readAtMs: number;
  readonly silentMs: number;
  readonly failedTrials: number;
  /** Something happened that makes a trial worth it, whenever the last one was. */
  readonly isTrialDue: boolean;
}

/** What is known at this moment. */
export interface UdpReading {
  /** By beacon: did it shake hands since it was greeted last? */
  readonly answers: readonly boolean[];
  readonly isBrokerReachable: boolean;
  readonly isShimOpen: boolean;
  /** The beacons have an address of another family, which is tried first. */
  readonly hasOtherFamily: boolean;
}

/** What the caller is to do. */
export type UdpEffect =
  /** Greet every beacon anew; `greeted` follows. */
  | 'greet'
  | 'open-shim'
  /** Reach beacon 0 and the relay through the shim. */
  | 'use-shim'
  /** Greet beacon 0 over UDP, and leave everything else where it is. */
  | 'try-udp'
  /** Greet beacon 0 through the shim again. */
  | 'end-trial'
  /** Reach the relay over UDP. Beacon 0 is there already. */
  | 'leave-shim'
  | 'close-shim';

/** What a reading or a greeting makes of it; effects in the order in which they are to be done. */
export interface UdpStep {
  readonly state: UdpWatch;
  readonly effects: readonly UdpEffect[];
}

/** At the start beacons are greeted, and whether they answer is open. */
export const createUdpWatch = (nowMs: number): UdpWatch => ({
  phase: 'doubted',
  sinceMs: nowMs,
  greetedAtMs: nowMs,
  greetings: 1,
  answeredAtMs: Number.NEGATIVE_INFINITY,
  readAtMs: nowMs,
  silentMs: 0,
  failedTrials: 0,
  isTrialDue: false,
});

const enter = (state: UdpWatch, phase: UdpPhase, nowMs: number): UdpWatch => ({
  ...state,
  phase,
  sinceMs: nowMs,
});
const still = (state: UdpWatch): UdpStep => ({ state, effects: [] });
const doubt = (state: UdpWatch, nowMs: number): UdpWatch => ({
  ...enter(state, 'doubted', nowMs),
  greetedAtMs: nowMs,
  greetings: 1,
  readAtMs: nowMs,
  silentMs: 0,
});

/** The beacons were greeted anew, for whatever reason. */
export const noteGreeted = (state: UdpWatch, nowMs: number): UdpWatch => {
  return state.phase === 'working' ? doubt(state, nowMs) : { ...state, greetedAtMs: nowMs };
};

/** A path finds nobody through the relay. */
export const noteDoubt = (state: UdpWatch, nowMs: number): UdpStep =>
  state.phase === 'working' && nowMs - state.answeredAtMs >= UDP_TIMERS.trustMs
    ? { state: doubt(state, nowMs), effects: ['greet'] }
    : still(state);

/** Our network is another: what was blocked may be open. */
export const noteMoved = (state: UdpWatch): UdpWatch => ({ ...state, failedTrials: 0, isTrialDue: true });

const onDoubted = (before: UdpWatch, reading: UdpReading, nowMs: number): UdpStep => {
  const { silenceAfterGreetingMs, greetAgainMs, listenedMaxMs } = UDP_TIMERS;
  const silenceMs = reading.hasOtherFamily ? UDP_TIMERS.silenceOfBothMs : UDP_TIMERS.silenceMs;
  const silentMs = before.silentMs + Math.min(listenedMaxMs, nowMs - before.readAtMs);
  const state = { ...before, silentMs, readAtMs: nowMs };
  const isOver = silentMs >= silenceMs && nowMs - state.greetedAtMs >= silenceAfterGreetingMs;
  if (isOver && reading.isBrokerReachable)
    return { state: enter(state, 'opening', nowMs), effects: ['open-shim'] };
  return state.greetings === 1 && silentMs >= greetAgainMs
    ? { state: { ...state, greetings: 2 }, effects: ['greet'] }
    : still(state);
};

const pauseMs = (failed: number): number =>
  failed === 0 ? 0 : UDP_TIMERS.trialPauseMs[Math.min(failed, UDP_TIMERS.trialPauseMs.length) - 1]!;

const onBlocked = (state: UdpWatch, reading: UdpReading, nowMs: number): UdpStep => {
  const waitedMs = nowMs - state.sinceMs;
  const hasReason = reading.answers.slice(1).includes(true) || !reading.isShimOpen;
  const isWorthIt =
    state.isTrialDue ||
    waitedMs >= UDP_TIMERS.trialIntervalMs ||
    (hasReason && waitedMs >= pauseMs(state.failedTrials));
  if (!isWorthIt) return still(state);
  return { state: { ...enter(state, 'trying', nowMs), isTrialDue: false }, effects: ['try-udp'] };
};

const onTrying = (state: UdpWatch, reading: UdpReading, nowMs: number): UdpStep => {
  if (reading.answers[0] === true)
    return { state: { ...enter(state, 'leaving', nowMs), failedTrials: 0 }, effects: ['leave-shim'] };
  if (nowMs - state.sinceMs < UDP_TIMERS.trialMs) return still(state);
  const failedTrials = state.failedTrials + 1;
  return { state: { ...enter(state, 'blocked', nowMs), failedTrials }, effects: ['end-trial'] };
};

const inPhase = (state: UdpWatch, reading: UdpReading, nowMs: number): UdpStep => {
  const isAnswered = reading.answers.includes(true);
  switch (state.phase) {
    case 'working':
      return still(isAnswered ? { ...state, isTrialDue: false } : state);
    case 'doubted':
      return isAnswered
        ? still({ ...enter(state, 'working', nowMs), answeredAtMs: nowMs })
        : onDoubted(state, reading, nowMs);
    case 'opening':
      if (isAnswered)
        return { state: { ...enter(state, 'working', nowMs), answeredAtMs: nowMs }, effects: ['close-shim'] };
      return reading.isShimOpen
        ? { state: { ...enter(state, 'blocked', nowMs), isTrialDue: false }, effects: ['use-shim'] }
        : still(state);
    case 'blocked':
      return onBlocked(state, reading, nowMs);
    case 'trying':
      return onTrying(state, reading, nowMs);
    case 'leaving':
      return nowMs - state.sinceMs >= UDP_TIMERS.lingerMs
        ? { state: { ...enter(state, 'working', nowMs), answeredAtMs: nowMs }, effects: ['close-shim'] }
        : still(state);
  }
};

/** Takes a reading of the tunnel into account. */
export const stepUdpWatch = (state: UdpWatch, reading: UdpReading, nowMs: number): UdpStep =>
  nowMs - state.greetedAtMs < UDP_TIMERS.settleMs ? still(state) : inPhase(state, reading, nowMs);

/** Is the relay reached through the shim? */
export const isBehindShim = ({ phase }: UdpWatch): boolean => phase === 'blocked' || phase === 'trying';

/** Will something be due soon, so that the tunnel should be read often? */
export const isUdpOpen = ({ phase }: UdpWatch): boolean => phase !== 'working' && phase !== 'blocked';
