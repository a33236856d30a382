/** What is known of the way to one peer, and the vocabulary of the path machine. Plain data. */
import type { Candidate, Endpoint } from '@sidegate/protocol';
import type { Family } from './family.ts';
import { createLiveness, type Liveness } from './liveness.ts';
import { TRANSITIONS_KEPT } from './path-timers.ts';
import type { ProbeSession } from './probe-session.ts';

/** Relayed, looking for a direct way, changing over, direct, going back to the relay, unreachable. */
export type PathPhase = 'relayed' | 'probing' | 'switching' | 'direct' | 'fallback' | 'down';

/** One change of phase, for people. */
export interface PathTransition {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** What is watched of a peer that speaks plain WireGuard only; see `plain-path.ts`. */
export interface PlainWatch {
  /** Received by the last reading. */
  readonly rxBytes: number | undefined;
  /** When the counter last rose: any authenticated packet, be it a keepalive. */
  readonly heardAtMs: number;
  /** Knocks of the present round. */
  readonly knocks: number;
  readonly nextKnockAtMs: number;
}

/** Did the path just find out that nothing comes through the relay? */
export const isRelayInDoubt = (transitions: readonly PathTransition[]): boolean => {
  const last = transitions.at(-1);
  return (
    (last?.from !== 'direct' && last?.to === 'fallback') || (last?.from === 'fallback' && last.to === 'down')
  );
};

/** All that one path remembers between events, replaced whole by each step. Times are monotonic. */
export interface PathState {
  readonly phase: PathPhase;
  readonly sinceMs: number;
  /** The node with the smaller public key asks for punches, selects, and resets. */
  readonly isController: boolean;
  readonly relay: Endpoint;
  readonly isOnline: boolean;
  /** Port sharing works: probes can leave from the WireGuard port. */
  readonly canProbe: boolean;
  /** Changes when candidates or NAT kinds do: an old failure means little then. */
  readonly reachKey: string;
  /** The direct endpoint being switched to or in use. */
  readonly direct: Endpoint | undefined;
  /** Where the peer was reached before the path fell back or its relay changed: the one other place to knock at. */
  readonly lastWay: Endpoint | undefined;
  readonly probe: ProbeSession | undefined;
  readonly switching:
    | {
        readonly reassertsLeft: number;
        readonly nextAtMs: number;
        readonly goodReads: number;
        readonly isForced: boolean;
      }
    | undefined;
  /** Readings of the tunnel in a row that contradict the phase. */
  readonly strayReads: number;
  /** The broker does not name the endpoint in use any more: the next reading of the tunnel decides. */
  readonly isPeerElsewhere: boolean;
  /** When the broker saw the peer again: it may have come back without the session that we hold. */
  readonly returnedAtMs: number | undefined;
  readonly liveness: Liveness;
  /** Age of the WireGuard session at the last reading. */
  readonly hasSession: boolean;
  readonly upgrade: {
    readonly failures: number;
    readonly notBeforeMs: number;
    readonly askedAtMs: number | undefined;
    /** We moved: only we know, so we ask for a punch ourselves, controller or not. */
    readonly isEager: boolean;
  };
  /** While down or falling back: how often and when next to try a new handshake. */
  readonly revival: { readonly tries: number; readonly nextAtMs: number; readonly isResetting: boolean };
  /** Present where the peer is a stock WireGuard app. */
  readonly plain: PlainWatch | undefined;
  /** Oldest first. */
  readonly transitions: readonly PathTransition[];
}

/** Where the peer is reached past the relay, or was last. */
export const directWayOf = ({ direct, lastWay }: PathState): Endpoint | undefined => direct ?? lastWay;

/** What may happen to a path, from timers, the tunnel, the broker, the peer and this machine. */
export type PathEvent =
  | { readonly kind: 'tick' }
  /** Packets other than heartbeats and handshakes went either way. */
  | { readonly kind: 'traffic'; readonly isReceived: boolean }
  | {
      readonly kind: 'tunnel-read';
      readonly endpoint: Endpoint | undefined;
      readonly handshakeAgeMs: number | undefined;
      readonly rxBytes?: number;
    }
  | {
      readonly kind: 'peer-changed';
      readonly isOnline: boolean;
      readonly relay: Endpoint;
      /** Not just another address of the one before: it knows no session of ours. */
      readonly isOtherRelay?: boolean;
      readonly reachKey: string;
    }
  | { readonly kind: 'probing-changed'; readonly canProbe: boolean }
  | {
      readonly kind: 'punch';
      readonly session: string;
      readonly startInMs: number;
      /** Validated: see `validate-candidates.ts`. */
      readonly candidates: readonly Candidate[];
      /** Our NAT is symmetric and a port of our router leads to us: the peer is to come in there first. */
      readonly isYielding?: boolean;
    }
  | { readonly kind: 'punch-failed'; readonly why: string }
  | {
      readonly kind: 'ping';
      readonly session: string;
      readonly nonce: string;
      readonly from: Endpoint;
      readonly isSelect: boolean;
    }
  | { readonly kind: 'pong'; readonly session: string; readonly nonce: string; readonly from: Endpoint }
  | { readonly kind: 'heartbeat-request'; readonly isBusy: boolean }
  | { readonly kind: 'heartbeat-answer'; readonly id: number }
  /** Our own addresses or routes changed; `left`: the families over which the old way out is gone. */
  | { readonly kind: 'network-changed'; readonly left: readonly Family[] }
  /** A punch may work that did not: the beacons see us elsewhere, UDP passes again, the broker's word reaches us again. */
  | { readonly kind: 'prospects-changed' }
  /** The broker restarted: the relay knows no session any more. */
  | { readonly kind: 'relay-lost' };

/** What the caller is to do, in order. */
export type PathEffect =
  /** Set the endpoint and send a packet at once. */
  | { readonly kind: 'set-endpoint'; readonly endpoint: Endpoint }
  /** Set the endpoint in silence: the next packet, whoever's it is, goes there. */
  | { readonly kind: 'aim'; readonly endpoint: Endpoint }
  /** Remove and add the peer: a new handshake, through this endpoint. */
  | { readonly kind: 'reset-peer'; readonly endpoint: Endpoint }
  | { readonly kind: 'read-tunnel' }
  | { readonly kind: 'request-punch' }
  /** Our NAT may have another address for us, which the relay must know before anything can come through it. */
  | { readonly kind: 'show-mapping' }
  | {
      readonly kind: 'send-probe';
      readonly type: 'ping' | 'pong' | 'select';
      readonly session: string;
      readonly nonce: string;
      readonly to: Endpoint;
    }
  /** Send a handshake initiation that WireGuard here knows nothing of, from its port. */
  | { readonly kind: 'knock'; readonly to: Endpoint }
  | { readonly kind: 'send-heartbeat'; readonly id: number; readonly isBusy: boolean };

/** What an event makes of a path. */
export interface PathStep {
  readonly state: PathState;
  readonly effects: readonly PathEffect[];
}

/** A session younger than this can carry packets (WireGuard: REJECT_AFTER_TIME). */
export const SESSION_LIFE_MS = 180_000;

/** A path as it is found: an interface that outlived the agent may hold a healthy direct peer already. */
export const createPath = (
  options: {
    readonly isController: boolean;
    readonly relay: Endpoint;
    readonly isOnline: boolean;
    readonly canProbe: boolean;
    readonly reachKey: string;
    readonly endpoint: Endpoint | undefined;
    readonly handshakeAgeMs: number | undefined;
    readonly plain?: PlainWatch | undefined;
  },
  nowMs: number,
): PathState => {
  const { endpoint, handshakeAgeMs, ...peer } = options;
  const hasSession = handshakeAgeMs !== undefined && handshakeAgeMs < SESSION_LIFE_MS;
  const isDirect = hasSession && endpoint !== undefined && endpoint !== peer.relay;
  const fresh: PathState = {
    plain: undefined,
    ...peer,
    phase: 'relayed',
    sinceMs: nowMs,
    direct: undefined,
    lastWay: undefined,
    probe: undefined,
    switching: undefined,
    strayReads: 0,
    isPeerElsewhere: false,
    returnedAtMs: undefined,
    liveness: createLiveness(),
    hasSession,
    upgrade: { failures: 0, notBeforeMs: nowMs, askedAtMs: undefined, isEager: false },
    revival: { tries: 0, nextAtMs: nowMs, isResetting: true },
    transitions: [],
  };
  if (!isDirect) return enterPhase(fresh, 'relayed', 'every peer starts on the relay', nowMs);
  // Heartbeats must find out whether the adopted path still lives, so it counts as in use; until the second reading
  // tells what comes in, it is believed.
  const liveness = { ...fresh.liveness, trafficAtMs: nowMs, receivedAtMs: nowMs };
  return enterPhase({ ...fresh, direct: endpoint, liveness }, 'direct', 'found direct at the start', nowMs);
};

/** The state in a new phase, with the reason written down. */
export const enterPhase = (state: PathState, phase: PathPhase, why: string, nowMs: number): PathState => ({
  ...state,
  phase,
  sinceMs: nowMs,
  strayReads: 0,
  isPeerElsewhere: false,
  returnedAtMs: undefined,
  transitions: [
    ...state.transitions.slice(1 - TRANSITIONS_KEPT),
    { atMs: nowMs, from: state.transitions.length === 0 ? 'new' : state.phase, to: phase, why },
  ],
});
