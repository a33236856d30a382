/**
 * Finding devices of a network behind a router, where only a TCP answer, even a refusal, tells. All ports of an
 * address are knocked at together: the router out there asks its wire once for the address, and what waits for that
 * answer goes through at once. Tables have an end, here and on the way, and a scan takes only what nobody misses:
 *
 * - neighbours of the router out there: Linux has 1,024 places, and an address nobody has keeps one for 3 s. That,
 *   not our speed, is what a sweep of a large network takes its time from;
 * - connection tracking on the way: a knock nobody answers is remembered for 2 minutes;
 * - connection tracking here, which is looked at; our own file descriptors, which are counted.
 */
import { type Clock, networkSize } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import { createAddressOrder } from '../../../discovery/address-order.ts';
import type { ScanScope } from '../../../discovery/scopes.ts';
import { SWEEP_PORTS } from '../../../discovery/service-names.ts';
import type { Run } from '../../../ports/index.ts';
import { connectTcp } from '../../../tcp/connect-tcp.ts';
import type { DiscoverySink } from '../source.ts';
import { hasConntrackRoom } from './conntrack-room.ts';
import { createPinger } from './ping.ts';
import { createSlidingWindow, type SlidingWindow } from './sliding-window.ts';

/** `gc_thresh3` of Linux less what those take who live there: without a place their own questions are dropped. */
const NEIGHBOUR_PLACES = 1_024 - 96;
/** `mcast_solicit` questions, `retrans_time` apart, and what timers are late: so long one unanswered holds its place. */
const NEIGHBOUR_MS = 3_200;
/** Knocks remembered on the way at once: a /20 goes through, a /16 has to wait for its own to be forgotten. */
const TRACKED_PLACES = 24_576;
/** `nf_conntrack_tcp_timeout_syn_sent`. */
const TRACKED_MS = 120_000;
/** First knocks, which are small packets; no more than this in a second, in no shorter burst than a tick's. */
const PACKETS_PER_SEC = 3_200;
const BURST_MS = 80;

/** Long enough for the kernel's second try, which it makes after 1 s. */
const TIMEOUT_MS = 1_250;
const TICK_MS = 20;
/** Networks of this size are pinged too: a process each is too dear for larger ones. */
const PINGED_SIZE = 256;
const NO_PING = 'ping is not installed: devices that answer nothing else may be missing.';
/** Sockets open at once; the rest of the file descriptors is for the rest of the agent. */
const MAX_OPEN = 3_600;
const ROOM_EVERY_MS = 500;
const ROOM_TIMEOUT_MS = 150_000;

/** The first answer of any port tells; the other knocks are taken back. */
const knock = async (address: Ip4, ports: readonly number[], signal: AbortSignal): Promise<boolean> => {
  const settled = new AbortController();
  const both = AbortSignal.any([signal, settled.signal]);
  let isAlive = false;
  await Promise.all(
    ports.map(async (port) => {
      const connection = await connectTcp(address, port, { timeoutMs: TIMEOUT_MS, signal: both });
      if (connection.kind === 'silent') return;
      if (connection.kind === 'open') connection.socket.destroy();
      isAlive = true;
      settled.abort();
    }),
  );
  return isAlive;
};

/** What was tracked of our own knocks is forgotten within 2 minutes; what fills the table for longer is not ours. */
const waitForRoom = async (clock: Clock, signal: AbortSignal): Promise<void> => {
  const giveUpMs = clock.monoMs() + ROOM_TIMEOUT_MS;
  while (!(await hasConntrackRoom())) {
    if (clock.monoMs() > giveUpMs) throw new Error("this machine's connection tracking stays full");
    await clock.sleep(ROOM_EVERY_MS, signal);
  }
};

/** What limits how soon the next address may be asked; each in addresses. */
const createLimits = (knocks: number, packetsPerSec: number): readonly SlidingWindow[] => {
  const perSec = Math.min(PACKETS_PER_SEC, packetsPerSec) / knocks;
  const burst = Math.max(1, Math.floor((perSec * BURST_MS) / 1_000));
  return [
    createSlidingWindow(burst, (burst * 1_000) / perSec),
    createSlidingWindow(NEIGHBOUR_PLACES, NEIGHBOUR_MS),
    createSlidingWindow(Math.floor(TRACKED_PLACES / knocks), TRACKED_MS),
  ];
};

/** What a sweep of a routed network works with. */
export interface SweepRoutedDeps {
  readonly clock: Clock;
  readonly run: Run;
}

/** How a sweep knocks, where not as usual. */
export interface SweepOptions {
  readonly ports?: readonly number[];
  /** First packets; what the kernel repeats comes on top. */
  readonly packetsPerSec?: number;
}

/** Knocks at every address; ends early only by the signal. */
export const sweepRouted = async (
  { clock, run }: SweepRoutedDeps,
  scope: ScanScope,
  sink: Pick<DiscoverySink, 'observe' | 'progress' | 'notice'>,
  signal: AbortSignal,
  { ports = SWEEP_PORTS, packetsPerSec = scope.packetsPerSec ?? PACKETS_PER_SEC }: SweepOptions = {},
): Promise<void> => {
  const total = networkSize(scope.cidr);
  const underWay = new Set<Promise<void>>();
  const limits = createLimits(ports.length, packetsPerSec);
  const isAnsweringPing = total <= PINGED_SIZE ? createPinger(run, () => sink.notice(NO_PING)) : undefined;
  const order = createAddressOrder(scope.cidr, {
    ...(scope.known === undefined ? {} : { known: scope.known }),
    // What was under way when a restart came is asked again.
    skip: Math.max(0, Math.floor(total * (scope.resumeAt ?? 0)) - MAX_OPEN),
  });
  const visit = async (address: Ip4) => {
    // Only who kept silent is pinged: a process each must not hold up those who answered.
    const isAlive =
      (await knock(address, ports, signal)) || (await isAnsweringPing?.(address, signal)) === true;
    if (isAlive) {
      sink.observe({ address });
      order.noteAlive(address);
    }
    const nowMs = clock.monoMs();
    const spanMs = Math.max(...limits.map((limit) => limit.spanMs(total - order.passed, nowMs)));
    sink.progress(order.passed / total, spanMs + TIMEOUT_MS);
  };
  const mustWait = () => {
    const nowMs = clock.monoMs();
    return underWay.size * ports.length >= MAX_OPEN || limits.some((limit) => limit.waitMs(nowMs) > 0);
  };
  let roomCheckedMs = Number.NEGATIVE_INFINITY;
  // Drawn one by one: who was found meanwhile decides who comes next.
  for (let address = order.next(); address !== undefined; address = order.next()) {
    while (mustWait()) {
      await clock.sleep(TICK_MS, signal);
      if (clock.monoMs() - roomCheckedMs < ROOM_EVERY_MS) continue;
      roomCheckedMs = clock.monoMs();
      await waitForRoom(clock, signal);
    }
    const nowMs = clock.monoMs();
    for (const limit of limits) limit.take(nowMs);
    const visiting = visit(address).finally(() => underWay.delete(visiting));
    underWay.add(visiting);
  }
  await Promise.all(underWay);
  signal.throwIfAborted();
};
