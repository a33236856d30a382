/** Every interval of the path machine, in one place: what each is for, and what bounds it. */
export const PATH_TIMERS = {
  /** When each candidate is pinged, from the start of the session: dense while holes open, sparse for slow peers. */
  probeOffsetsMs: [0, 100, 250, 500, 1000, 2000, 3000],
  /** A side with a port of its own on a symmetric NAT lets the peer come in there first: see `ProbeSession`. */
  probeYieldMs: 1000,
  /** A session that has not passed by then has failed. */
  probeMaxMs: 4000,
  /** A candidate is chosen after this many answers, or this long after the first: a better one may be slower. */
  probeEnoughAnswers: 3,
  probeSettleMs: 300,
  /** The selection is repeated until it is confirmed. */
  selectIntervalMs: 100,
  selectMaxMs: 1000,
  /** Packets in flight on the relay pull WireGuard's endpoint back: both sides set it again, this often. */
  reassertIntervalMs: 200,
  reassertCount: 6,
  /** Not holding by then, the controller makes a new session on the direct path, which nothing can pull back. */
  switchForceMs: 1000,
  switchMaxMs: 3000,
  /** Readings of the tunnel in a row that must show the new endpoint. */
  switchGoodReads: 3,
  /** The broker's punch event must follow the request within. */
  punchAnswerMs: 5000,
  /**
   * Delays after failed tries, and the longest while packets flow. It is longer than a router keeps a flow (Linux: two
   * minutes): one of an address that we left may stand in the way, and each probe that meets it keeps it alive.
   */
  retryMs: [15_000, 30_000, 130_000, 300_000],
  retryBusyMaxMs: 130_000,
  /** A direct path that lasted this long proves that another try is worth its packets. */
  directProvenMs: 60_000,
  probeAfterFallbackMs: 2000,
  probeAfterMoveMs: 300,
  /** While packets flow, and for how long after the last one. */
  heartbeatFlowMs: 500,
  flowMs: 3000,
  heartbeatBusyMs: 2000,
  heartbeatIdleMs: 20_000,
  /** An answer later than this counts as missed, and the next request follows sooner. */
  heartbeatMissMs: 300,
  heartbeatRetryMs: 300,
  deadMs: 3000,
  /** The same on a direct path where packets flowed and none comes in any more: the relay is a cheap way to be wrong. */
  cutOffMs: 1200,
  /**
   * A peer that is back as the broker sees it answers by then, or knows no session of ours. It greets its peers by
   * itself, so this is for those it does not greet; both ends wait differently, as two handshakes would cross.
   */
  returnMs: { controller: 600, other: 900 },
  /** While the peer's packets still come in, its agent may merely be restarting: the kernel works without it. */
  deadWhileReceivingMs: 30_000,
  receivingMs: 2500,
  deadMinUnanswered: 3,
  /** Traffic makes a peer busy for this long, and in use for that long. */
  busyMs: 60_000,
  inUseMs: 600_000,
  /** The relay must carry an answer by then, else the peer is down. */
  fallbackMaxMs: 5000,
  /** WireGuard repeats a lost handshake only after five seconds: when, in fallback, the resetting side makes another. */
  fallbackRetryMs: [350, 1000, 1700, 2400, 3600],
  /** A round of knocks at a stock app: several, as packets in flight on the relay pull the app back. */
  knocks: 10,
  knockIntervalMs: 200,
  /** A WireGuard peer that is sent data answers within 10 s (KEEPALIVE_TIMEOUT); readings are a second apart. */
  plainSilentMs: 12_000,
  downRetryMs: [5000, 10_000, 20_000, 40_000, 60_000],
} as const;

/** Learned candidates (where a peer's pings came from) beside the broker's, at most. */
export const LEARNED_CANDIDATES_MAX = 4;
/** Transitions kept for `sidegate peers --explain`. */
export const TRANSITIONS_KEPT = 32;
