/**
 * Which relays answer, and how far each is: echoes from the WireGuard port, so that what is measured is the way that
 * packets take and what is proven is that the relay knows us. Idle where there is but one relay.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@sidegate/kit';
import type { Endpoint, PublicKey } from '@sidegate/protocol';
import { orderRelays, type SettledOrder, settleOrder, settleRtt } from '../../../paths/relay-order.ts';

/** How often we look, and how long an answer may take before the next echo goes out. */
const TICK_MS = 500;
/** Echoes while nobody's packets depend on the relay. */
const IDLE_INTERVAL_MS = 20_000;
/** After so many in a row without an answer it is gone. */
const MISSES_MAX = 3;
/** The shortest of so many round trips counts: what a busy machine adds to one is no distance. */
const SAMPLES_MAX = 8;
/** A relay is used after so many answers. */
const SAMPLES_MIN = 3;
/** An answer to an older echo says nothing. */
const ANSWER_MAX_MS = 3_000;

/** A relay to watch. */
export interface RelayTarget {
  readonly publicKey: PublicKey;
  readonly isPrivate: boolean;
  readonly endpoint: Endpoint;
}

interface Watched {
  target: RelayTarget;
  rttMs: number | undefined;
  samplesMs: number[];
  misses: number;
  sentAtMs: number;
  isWaiting: boolean;
}

export interface RelayWatch extends Disposable {
  /** From now on these; those with an address as before keep what was measured. */
  setTargets(targets: readonly RelayTarget[]): void;
  noteEchoed(nonce: string, from: Endpoint): void;
  /** Those that answer, the nearest first. */
  current(): readonly PublicKey[];
}

/** Starts with nothing to watch. */
export const startRelayWatch = (options: {
  readonly clock: Clock;
  readonly sendEcho: (nonce: string, to: Endpoint) => void;
  /** Do packets of ours go through the relay at this endpoint now? */
  readonly isInUse: (endpoint: Endpoint) => boolean;
  readonly onChanged: (relays: readonly PublicKey[]) => void;
}): RelayWatch => {
  const { clock } = options;
  let watched: readonly Watched[] = [];
  let settled: SettledOrder = { order: [], wanted: [], wantedSinceMs: 0 };
  let timer: Disposable | undefined;
  const echoes = new Map<string, { readonly to: Watched; readonly atMs: number }>();

  const reorder = () => {
    const before = settled.order.join();
    const wanted = orderRelays(watched.map(({ target, rttMs }) => ({ ...target, rttMs })));
    settled = settleOrder(settled, wanted, clock.monoMs());
    if (settled.order.join() !== before) options.onChanged(settled.order);
  };
  const ask = (relay: Watched, nowMs: number) => {
    const nonce = randomBytes(8).toString('hex');
    echoes.set(nonce, { to: relay, atMs: nowMs });
    relay.sentAtMs = nowMs;
    relay.isWaiting = true;
    options.sendEcho(nonce, relay.target.endpoint);
  };
  const look = (relay: Watched, nowMs: number) => {
    const sinceMs = nowMs - relay.sentAtMs;
    if (relay.isWaiting && sinceMs >= TICK_MS) {
      relay.misses++;
      relay.isWaiting = false;
      if (relay.misses >= MISSES_MAX) {
        relay.rttMs = undefined;
        relay.samplesMs = [];
      }
    }
    const isDoubtful = relay.misses > 0 && relay.misses < MISSES_MAX;
    const isNew = relay.samplesMs.length > 0 && relay.samplesMs.length < SAMPLES_MIN;
    const isDue = sinceMs >= IDLE_INTERVAL_MS || (relay.rttMs === undefined && sinceMs >= 4 * TICK_MS);
    if (isDoubtful || isNew || isDue || options.isInUse(relay.target.endpoint)) ask(relay, nowMs);
  };
  const tick = () => {
    const nowMs = clock.monoMs();
    for (const [nonce, { atMs }] of echoes) if (nowMs - atMs > ANSWER_MAX_MS) echoes.delete(nonce);
    for (const relay of watched) look(relay, nowMs);
    reorder();
    timer = clock.after(TICK_MS, tick);
  };
  const stop = () => {
    timer?.[Symbol.dispose]();
    timer = undefined;
    echoes.clear();
  };
  return {
    setTargets(targets) {
      const before = new Map(watched.map((relay) => [relay.target.publicKey, relay]));
      watched = targets.map((target) => {
        const known = before.get(target.publicKey);
        if (known?.target.endpoint === target.endpoint) return Object.assign(known, { target });
        return {
          target,
          rttMs: undefined,
          samplesMs: [],
          misses: 0,
          sentAtMs: Number.NEGATIVE_INFINITY,
          isWaiting: false,
        };
      });
      if (watched.length === 0) stop();
      else timer ??= clock.after(0, tick);
      reorder();
    },
    noteEchoed(nonce, from) {
      const echo = echoes.get(nonce);
      if (echo === undefined || echo.to.target.endpoint !== from) return;
      echoes.delete(nonce);
      const relay = echo.to;
      relay.misses = 0;
      relay.isWaiting = false;
      relay.samplesMs = [...relay.samplesMs, clock.monoMs() - echo.atMs].slice(-SAMPLES_MAX);
      if (relay.samplesMs.length < SAMPLES_MIN) return;
      relay.rttMs = settleRtt(relay.rttMs, Math.min(...relay.samplesMs));
      reorder();
    },
    current: () => settled.order,
    [Symbol.dispose]: stop,
  };
};
