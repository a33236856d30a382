/** Bytes relayed for each node, by calendar month: one row a node and month, added to now and then. */
import type { NodeId } from '@sidegate/protocol';
import type { Db } from './store.ts';

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
  list: (month: string): Promise<{ nodeId: NodeId; bytes: number }[]> =>
    db.selectFrom('relayUsage').select(['nodeId', 'bytes']).where('month', '=', month).execute(),
});
export type RelayUsageStore = ReturnType<typeof createRelayUsageStore>;
