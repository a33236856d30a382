/** Addresses of hosts behind edges: few rows, loaded whole at start, written at once. */
import type { AccountId, HostAddress, NodeId } from '@sidegate/protocol';
import type { Selectable } from 'kysely';
import { createAddressQueries } from './address-queries.ts';
import type { Db, HostAddressesTable } from './schema.ts';

/** One host's addresses, and whose host it is. */
export type HostAddressRow = Selectable<HostAddressesTable>;

const COLUMNS = ['key', 'name', 'address4', 'address6'] as const;

/** Queries on addresses of hosts. */
export const createHostAddressStore = (db: Db) => ({
  /** Those of every node, in the order of their names. */
  async listByNode(): Promise<ReadonlyMap<NodeId, readonly HostAddress[]>> {
    const rows = await db
      .selectFrom('hostAddresses')
      .select(['nodeId', ...COLUMNS])
      .orderBy('name')
      .execute();
    const byNode = new Map<NodeId, HostAddress[]>();
    for (const { nodeId, ...host } of rows) byNode.set(nodeId, [...(byNode.get(nodeId) ?? []), host]);
    return byNode;
  },
  list: (nodeId: NodeId): Promise<HostAddress[]> =>
    db.selectFrom('hostAddresses').select(COLUMNS).where('nodeId', '=', nodeId).orderBy('name').execute(),
  /** Those of removed nodes of this name: what an edge had before it was set up anew. */
  listLeftBehind: (accountId: AccountId, nodeName: string): Promise<HostAddressRow[]> =>
    db
      .selectFrom('hostAddresses')
      .innerJoin('nodes', 'nodes.id', 'hostAddresses.nodeId')
      .selectAll('hostAddresses')
      .where('nodes.accountId', '=', accountId)
      .where('nodes.name', '=', nodeName as never)
      .where('nodes.removedAt', 'is not', null)
      .orderBy('nodes.removedAt')
      .execute(),
  async insert(row: HostAddressRow): Promise<void> {
    await db.insertInto('hostAddresses').values(row).execute();
  },
  /** Another name, or another node. */
  async update(
    { nodeId, key }: Pick<HostAddressRow, 'nodeId' | 'key'>,
    change: Partial<Pick<HostAddressRow, 'name' | 'nodeId'>>,
  ): Promise<void> {
    await db
      .updateTable('hostAddresses')
      .set(change)
      .where('nodeId', '=', nodeId)
      .where('key', '=', key)
      .execute();
  },
  async remove({ nodeId, key }: Pick<HostAddressRow, 'nodeId' | 'key'>): Promise<void> {
    await db.deleteFrom('hostAddresses').where('nodeId', '=', nodeId).where('key', '=', key).execute();
  },
  ...createAddressQueries(db, 'hostAddresses'),
});
export type HostAddressStore = ReturnType<typeof createHostAddressStore>;
