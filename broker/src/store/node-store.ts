/** Nodes: loaded whole at start; identity is written at once, observations lazily and in bulk. */
import type { AccountId, DnsLabel, NodeId, PublicKey, RelayOffer, Tag } from '@sidegate/protocol';
import type { Selectable } from 'kysely';
import { createAddressQueries } from './address-queries.ts';
import type { Db, NodesTable } from './schema.ts';

/** One machine, with what was last observed of it. */
export type NodeRow = Omit<Selectable<NodesTable>, 'tags' | 'relay'> & {
  readonly tags: readonly Tag[];
  readonly relay: RelayOffer | null;
};
/** What may change in a node's identity. */
export type NodeChange = Partial<
  Pick<
    NodeRow,
    | 'name'
    | 'note'
    | 'tags'
    | 'tokenHash'
    | 'ownerId'
    | 'agentVersion'
    | 'removedAt'
    | 'publicKey'
    | 'profileDigest'
    | 'relay'
  >
>;
/** What is observed, and worth little on its own. */
export type NodeObservation = Pick<NodeRow, 'id' | 'lastSeenAt' | 'endpoint' | 'nat' | 'agentVersion'>;

const fromRow = (row: Selectable<NodesTable>): NodeRow => ({
  ...row,
  tags: JSON.parse(row.tags) as Tag[],
  relay: row.relay === null ? null : (JSON.parse(row.relay) as RelayOffer),
});
const relayText = (relay: RelayOffer | null): string | null =>
  relay === null ? null : JSON.stringify(relay);

/** Queries on nodes. */
export const createNodeStore = (db: Db) => ({
  async insert(node: NodeRow): Promise<void> {
    await db
      .insertInto('nodes')
      .values({ ...node, tags: JSON.stringify(node.tags), relay: relayText(node.relay) })
      .execute();
  },
  /** Every node, those removed a while ago included. */
  async list(): Promise<NodeRow[]> {
    return (await db.selectFrom('nodes').selectAll().execute()).map(fromRow);
  },
  /** An address is taken also by a node that left a while ago. */
  ...createAddressQueries(db, 'nodes'),
  /** Names in use that begin with `stem`, which holds nothing but letters, digits and hyphens. */
  async listNames(accountId: AccountId, stem: string): Promise<string[]> {
    const rows = await db
      .selectFrom('nodes')
      .select('name')
      .where('accountId', '=', accountId)
      .where('removedAt', 'is', null)
      .where('name', 'like', `${stem}%` as DnsLabel)
      .execute();
    return rows.map((row) => row.name);
  },
  async findByKey(publicKey: PublicKey): Promise<Pick<NodeRow, 'id' | 'accountId' | 'name'> | undefined> {
    return db
      .selectFrom('nodes')
      .select(['id', 'accountId', 'name'])
      .where('publicKey', '=', publicKey)
      .where('removedAt', 'is', null)
      .executeTakeFirst();
  },
  async update(id: NodeId, change: NodeChange): Promise<void> {
    const { tags, relay, ...rest } = change;
    const values = {
      ...rest,
      ...(tags === undefined ? {} : { tags: JSON.stringify(tags) }),
      ...(relay === undefined ? {} : { relay: relayText(relay) }),
    };
    if (Object.keys(values).length > 0) {
      await db.updateTable('nodes').set(values).where('id', '=', id).execute();
    }
  },
  async observe(observations: readonly NodeObservation[]): Promise<void> {
    const [first] = observations;
    if (first === undefined) return;
    // Compiled once for many rows: building the query costs several times what running it does.
    const { id, ...values } = first;
    const compiled = db.updateTable('nodes').set(values).where('id', '=', id).compile();
    const columns = Object.keys(values) as (keyof typeof values)[];
    for (const observation of observations) {
      const parameters = [...columns.map((column) => observation[column]), observation.id];
      await db.executeQuery({ ...compiled, parameters });
    }
  },
  /** Frees the addresses of nodes that left before. */
  async forgetRemoved(before: number): Promise<void> {
    await db.deleteFrom('nodes').where('removedAt', '<', before).execute();
  },
});
export type NodeStore = ReturnType<typeof createNodeStore>;
