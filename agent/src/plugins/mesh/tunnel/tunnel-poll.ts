/**
 * Reads the tunnel about every second while packets pass, and seldom while none do: what the kernel knows becomes
 * events of the paths. A reading costs a process and a line for each of perhaps ten thousand peers; of those only what
 * changed, and what has a path, is worked on.
 */
import { type Clock, createSingleFlight, type Logger } from '@sidegate/kit';
import type { MapPeer, NetworkMap, PublicKey } from '@sidegate/protocol';
import { measureTraffic } from '../../../paths/traffic-meter.ts';
import type { Underlay } from '../../../paths/underlay.ts';
import type { TunnelPeerState } from '../../../ports/index.ts';
import type { HeartbeatService } from '../paths/heartbeat-service.ts';
import type { PathRunner } from '../paths/path-runner.ts';
import type { TunnelKeeper } from './tunnel-keeper.ts';

/** How often to look whether packets passed, and to read if so. */
const INTERVAL_MS = 1000;
/** How old a reading gets although nothing passed: handshakes and peers that roam in silence are no packets. */
const QUIET_INTERVAL_MS = { min: 10_000, max: 30_000 } as const;
/** Reading takes at most this share of the time, within limits: with very many peers it is slow. */
const READING_SHARE = { busy: 0.1, quiet: 0.01 } as const;
const INTERVAL_MAX_MS = 3000;
/** While somebody waits for the first handshake with a beacon. */
const EAGER_INTERVAL_MS = 100;

export interface TunnelPollDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly keeper: TunnelKeeper;
  readonly runner: PathRunner;
  readonly heartbeats: () => HeartbeatService | undefined;
  readonly map: () => NetworkMap | undefined;
  readonly underlay: () => Underlay;
  readonly isEager: () => boolean;
  /** Is nothing expected to happen: beacons answer, no path is on the move? */
  readonly isQuiet: () => boolean;
  /** After each reading, when paths have heard of it and peers are as wanted. */
  readonly onRead: () => Promise<void> | void;
}

export interface TunnelPoll extends AsyncDisposable {
  /** Read now; resolves when the reading is worked in. */
  request(): Promise<void>;
  /** The next handshake of this peer is our own doing, not somebody's first contact. */
  noteReset(key: PublicKey): void;
  latest(): ReadonlyMap<PublicKey, TunnelPeerState>;
}

const NONE: ReadonlySet<PublicKey> = new Set();

/** Peers that are not what they were, or came, or went. A reader gives the same object for the same line. */
const changedBetween = (
  before: ReadonlyMap<PublicKey, TunnelPeerState>,
  after: ReadonlyMap<PublicKey, TunnelPeerState>,
): ReadonlySet<PublicKey> => {
  const changed = new Set<PublicKey>();
  for (const [key, state] of after) if (before.get(key) !== state) changed.add(key);
  for (const key of before.keys()) if (!after.has(key)) changed.add(key);
  return changed;
};

/** Starts reading. */
export const startTunnelPoll = (deps: TunnelPollDeps): TunnelPoll => {
  const { clock, log, keeper, runner } = deps;
  let latest: ReadonlyMap<PublicKey, TunnelPeerState> = new Map();
  let states: readonly TunnelPeerState[] = [];
  const wasReset = new Set<PublicKey>();
  let isEnded = false;
  let timer: Disposable | undefined;

  const isFirstContact = (before: TunnelPeerState, after: TunnelPeerState): boolean =>
    before.latestHandshakeAt === undefined &&
    after.latestHandshakeAt !== undefined &&
    !wasReset.has(after.publicKey);
  const reportPeer = (peer: MapPeer, before: TunnelPeerState | undefined, after: TunnelPeerState) => {
    const tally = deps.heartbeats()?.takeTally(peer.id) ?? { sent: 0, received: 0 };
    const traffic = before === undefined ? 'none' : measureTraffic(before, after, tally);
    if (traffic !== 'none' || (before !== undefined && isFirstContact(before, after)))
      runner.dispatch(peer.id, { kind: 'traffic', isReceived: traffic === 'received' });
    if (after.latestHandshakeAt !== undefined) wasReset.delete(peer.publicKey);
    const { endpoint, rxBytes } = after;
    const handshakeAgeMs = keeper.sessionAgeMs(after);
    runner.dispatch(peer.id, { kind: 'tunnel-read', endpoint, handshakeAgeMs, rxBytes });
  };
  let packets: number | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let tookMs = 0;
  const flight = createSingleFlight(async () => {
    if (isEnded) return;
    const startedAtMs = clock.monoMs();
    packets = await keeper.countPackets();
    const [before, last] = [latest, states];
    states = await keeper.read();
    if (states !== last) latest = new Map(states.map((state) => [state.publicKey, state]));
    const map = deps.map();
    if (map === undefined) return;
    const changed = latest === before ? NONE : changedBetween(before, latest);
    for (const peer of map.peers) {
      if (!changed.has(peer.publicKey) && !runner.hasPath(peer.publicKey)) continue;
      const after = latest.get(peer.publicKey);
      if (after !== undefined) reportPeer(peer, before.get(peer.publicKey), after);
    }
    await keeper.reconcile(map, deps.underlay(), states, changed);
    await deps.onRead();
    readAtMs = clock.monoMs();
    tookMs = readAtMs - startedAtMs;
  });
  const intervalMs = (): number => {
    if (deps.isEager()) return EAGER_INTERVAL_MS;
    return Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MS, tookMs / READING_SHARE.busy));
  };
  const again = () => {
    timer?.[Symbol.dispose]();
    if (!isEnded) timer = clock.after(intervalMs(), tick);
  };
  const isWorthReading = async (): Promise<boolean> => {
    const quietMs = Math.min(
      QUIET_INTERVAL_MS.max,
      Math.max(QUIET_INTERVAL_MS.min, tookMs / READING_SHARE.quiet),
    );
    if (deps.isEager() || !deps.isQuiet() || clock.monoMs() - readAtMs >= quietMs) return true;
    return (await keeper.countPackets()) !== packets;
  };
  const tick = () => {
    isWorthReading()
      .then(async (isWorth) => {
        if (isWorth) await flight.request();
      })
      .catch((error: unknown) => {
        if (!isEnded) log.warn('could not read or set the tunnel', { error });
      })
      .finally(again);
  };
  again();
  return {
    request: () => flight.request().finally(again),
    noteReset: (key) => void wasReset.add(key),
    latest: () => latest,
    async [Symbol.asyncDispose]() {
      isEnded = true;
      timer?.[Symbol.dispose]();
      await flight.idle();
    },
  };
};
