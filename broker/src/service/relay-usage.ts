/**
 * How much the broker relayed for each node and account this month (UTC), and whether that is all it may: counted in
 * memory, written seldom and at the end.
 */
import type { Clock } from '@sidegate/kit';
import type { AccountId, NodeId } from '@sidegate/protocol';
import type { Store } from '../store/store.ts';
import type { Registry } from './registry.ts';
import { loadRelayQuotas, type QuotaState, quotaStateOf } from './relay-quotas.ts';

/** What a crash may forget. */
export const RELAY_USAGE_FLUSH_MS = 5 * 60_000;

/** The month that a moment counts for, `YYYY-MM`. */
export const monthAt = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 7);

/** Its account has relayed most, or all, of what it may this month. Stable: shown among the node's warnings. */
const QUOTA_WARNINGS = {
  free: [],
  near: ['relay-quota-near'],
  'used-up': ['relay-quota-used-up'],
} as const satisfies Record<QuotaState, readonly string[]>;

/** Loads this month's counts. */
export const createRelayUsage = async (deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  /** What each account may relay in a month that was not given a quota of its own; `undefined`: no bound. */
  readonly quotaBytes?: number | undefined;
}) => {
  const { store, registry, clock, quotaBytes } = deps;
  let quotaOf = await loadRelayQuotas(store, quotaBytes);
  let month = monthAt(clock.wallMs());
  const totals = new Map((await store.relayUsage.list(month)).map(({ nodeId, bytes }) => [nodeId, bytes]));
  const accounts = new Map((await store.relayUsage.listAccounts(month)).map(({ id, bytes }) => [id, bytes]));
  let unwritten = new Map<NodeId, number>();

  const flush = async (): Promise<void> => {
    const [writtenMonth, counts] = [month, unwritten];
    unwritten = new Map();
    for (const [id, bytes] of counts) {
      if (registry.find(id) !== undefined) await store.relayUsage.add(id, writtenMonth, bytes);
    }
  };
  /** Quotas are set beside a running broker. */
  const refresh = async (): Promise<void> => {
    quotaOf = await loadRelayQuotas(store, quotaBytes);
    await flush();
  };
  const turn = (): void => {
    const now = monthAt(clock.wallMs());
    if (now === month) return;
    void flush().catch(() => {});
    month = now;
    totals.clear();
    accounts.clear();
  };

  const bytesOfAccount = (id: AccountId): number => {
    turn();
    return accounts.get(id) ?? 0;
  };

  const stateOf = (id: NodeId): QuotaState => {
    const account = registry.find(id)?.identity.accountId;
    return account === undefined ? 'free' : quotaStateOf(bytesOfAccount(account), quotaOf(account));
  };

  return {
    /** `BeaconEvents.onRelayed`: counted for the node that sent. */
    onRelayed(from: NodeId, _to: NodeId, bytes: number): void {
      turn();
      totals.set(from, (totals.get(from) ?? 0) + bytes);
      const account = registry.find(from)?.identity.accountId;
      if (account !== undefined) accounts.set(account, (accounts.get(account) ?? 0) + bytes);
      unwritten.set(from, (unwritten.get(from) ?? 0) + bytes);
    },
    /** Bytes of this month. */
    bytesOf(id: NodeId): number {
      turn();
      return totals.get(id) ?? 0;
    },
    bytesOfAccount,
    /** `BeaconDirectory.hasUsedUp`. */
    hasUsedUp: (from: NodeId): boolean => stateOf(from) === 'used-up',
    /** What a person should know of the quota of the node's account. */
    warningsOf: (id: NodeId): readonly string[] => QUOTA_WARNINGS[stateOf(id)],
    flush,
    /** Writes what was counted, and reads what accounts may relay. */
    refresh,
  };
};
export type RelayUsage = Awaited<ReturnType<typeof createRelayUsage>>;
