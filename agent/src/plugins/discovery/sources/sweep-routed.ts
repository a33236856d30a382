/**
 * Finding devices of a network behind a router, where only a TCP answer, even a refusal, tells. All ports of an
 * address are knocked at together: the router out there asks its wire once for the address, and what waits for that
 * answer goes through at once. Addresses follow each other at an even pace, for three tables have an end:
 *
 * - neighbours of the router out there: Linux has 1,024 places, and an address nobody has keeps one for 3 s;
 * - connection tracking here and on the way: a knock nobody answers is remembered for 2 minutes;
 * - our own file descriptors.
 */
import { type Clock, hostsOf, networkSize } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import type { ScanScope } from '../../../discovery/scopes.ts';
import { SWEEP_PORTS } from '../../../discovery/service-names.ts';
import { connectTcp } from '../../../tcp/connect-tcp.ts';
import type { DiscoverySink } from '../source.ts';
import { hasConntrackRoom } from './conntrack-room.ts';

/**
 * A quarter of the places is left to those who live there. Fewer addresses than that: as fast as sockets allow. More:
 * not more than the router out there can forget.
 */
const NEIGHBOUR_PLACES = 768;
const NEIGHBOUR_SEC = 3;
const MOST_PER_SEC = 640;
const ratePerSec = (addresses: number): number =>
  addresses <= NEIGHBOUR_PLACES ? MOST_PER_SEC : NEIGHBOUR_PLACES / NEIGHBOUR_SEC;

/** Long enough for the kernel's second try, which it makes after 1 s. */
const TIMEOUT_MS = 1_250;
const TICK_MS = 20;
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

/** Knocks at every address; ends early only by the signal. */
export const sweepRouted = async (
  { clock }: { readonly clock: Clock },
  scope: ScanScope,
  sink: Pick<DiscoverySink, 'observe' | 'progress'>,
  signal: AbortSignal,
  ports: readonly number[] = SWEEP_PORTS,
): Promise<void> => {
  const total = networkSize(scope.cidr);
  const underWay = new Set<Promise<void>>();
  let done = 0;
  const visit = async (address: Ip4) => {
    if (await knock(address, ports, signal)) sink.observe({ address });
    sink.progress(++done / total);
  };
  const perSec = ratePerSec(total);
  let dueAddresses = 0;
  let lastMs = clock.monoMs();
  let roomCheckedMs = Number.NEGATIVE_INFINITY;
  // Drawn one by one: a /16 costs no more memory than a /24.
  for (const address of hostsOf(scope.cidr)) {
    while (dueAddresses < 1 || underWay.size * ports.length >= MAX_OPEN) {
      await clock.sleep(TICK_MS, signal);
      const nowMs = clock.monoMs();
      if (nowMs - roomCheckedMs >= ROOM_EVERY_MS) {
        roomCheckedMs = nowMs;
        await waitForRoom(clock, signal);
      }
      // What was missed while the machine was busy is not made up for in one burst.
      const passedMs = Math.min(clock.monoMs() - lastMs, 4 * TICK_MS);
      lastMs = clock.monoMs();
      dueAddresses = Math.min(dueAddresses, 1) + (passedMs * perSec) / 1_000;
    }
    dueAddresses--;
    const visiting = visit(address).finally(() => underWay.delete(visiting));
    underWay.add(visiting);
  }
  await Promise.all(underWay);
  signal.throwIfAborted();
};
