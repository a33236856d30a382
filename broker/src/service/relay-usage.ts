/** How much the broker relayed for each node this month (UTC): counted in memory, written seldom and at the end. */
import type { Clock } from '@sidegate/kit';
import type { NodeId } from '@sidegate/protocol';
import type { Store } from '../store/store.ts';
import type { Registry } from './registry.ts';

/** What a crash may forget. */
export const RELAY_USAGE_FLUSH_MS = 5 * 60_000;

const monthAt = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 7);

/** Loads this month's counts. */
export const createRelayUsage = async (deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
}) => {
  const { store, registry, clock } = deps;
  let month = monthAt(clock.wallMs());
  const totals = new Map((await store.relayUsage.list(month)).map(({ nodeId, bytes }) => [nodeId, bytes]));
  let unwritten = new Map<NodeId, number>();

  const flush = async (): Promise<void> => {
    const [writtenMonth, counts] = [month, unwritten];
    unwritten = new Map();
    for (const [id, bytes] of counts) {
      if (registry.find(id) !== undefined) await store.relayUsage.add(id, writtenMonth, bytes);
    }
  };
  const turn = (): void => {
    const now = monthAt(clock.wallMs());
    if (now === month) return;
    void flush().catch(() => {});
    month = now;
    totals.clear();
  };

  return {
    /** `BeaconEvents.onRelayed`: counted for the node that sent. */
    onRelayed(from: NodeId, _to: NodeId, bytes: number): void {
      turn();
      totals.set(from, (totals.get(from) ?? 0) + bytes);
      unwritten.set(from, (unwritten.get(from) ?? 0) + bytes);
    },
    /** Bytes of this month. */
    bytesOf(id: NodeId): number {
      turn();
      return totals.get(id) ?? 0;
    },
    flush,
  };
};
export type RelayUsage = Awaited<ReturnType<typeof createRelayUsage>>;
