/** Bytes relayed for each node, by calendar month: one row a node and month, added to now and then. */
import type { AccountId, DnsLabel, NodeId } from '@sidegate/protocol';
import type { Db } from './schema.ts';

/** Queries on relayed bytes. `month` is `YYYY-MM`, UTC. */
export const createRelayUsageStore = (db: Db) => ({
  async add(nodeId: NodeId, month: string, bytes: number): Promise<void> {
    await db
      .insertInto('relayUsage')
      .values({ nodeId, month, bytes })
      .onConflict((conflict) =>
        conflict
          .columns(['nodeId', 'month'])
          .doUpdateSet(({ eb, ref }) => ({ bytes: eb(ref('relayUsage.bytes'), '+', bytes) })),
      )
      .execute();
  },
  /** Sums of the accounts that relayed anything, the greatest first; nodes that were removed count. */
  async listAccounts(month: string): Promise<{ id: AccountId; label: DnsLabel; bytes: number }[]> {
    const rows = await db
      .selectFrom('relayUsage')
      .innerJoin('nodes', 'nodes.id', 'relayUsage.nodeId')
      .innerJoin('accounts', 'accounts.id', 'nodes.accountId')
      .select(({ fn }) => [
        'accounts.id',
        'accounts.label',
        fn.sum<number | string>('relayUsage.bytes').as('bytes'),
      ])
      .where('month', '=', month)
      .groupBy(['accounts.id', 'accounts.label'])
      .orderBy('bytes', 'desc')
      .execute();
    return rows.map(({ id, label, bytes }) => ({ id, label, bytes: Number(bytes) }));
  },
  list: (month: string): Promise<{ nodeId: NodeId; bytes: number }[]> =>
    db.selectFrom('relayUsage').select(['nodeId', 'bytes']).where('month', '=', month).execute(),
});
export type RelayUsageStore = ReturnType<typeof createRelayUsageStore>;
