/** Enrolment keys, and requests that wait for a person. Always read from here: the command line adds keys meanwhile. */
import type { AccountId, EnrolmentKeyId, NodeId, Tag } from '@sidegate/protocol';
import type { Selectable } from 'kysely';
import type { Db, EnrolmentKeysTable, EnrolmentRequestsTable, SecretHash } from './schema.ts';

/** One key; the secret itself is nowhere. */
export type EnrolmentKeyRow = Omit<Selectable<EnrolmentKeysTable>, 'tags'> & {
  readonly tags: readonly Tag[];
};
/** One request. */
export type EnrolmentRequestRow = Selectable<EnrolmentRequestsTable>;

const fromRow = (row: Selectable<EnrolmentKeysTable>): EnrolmentKeyRow => ({
  ...row,
  tags: JSON.parse(row.tags) as Tag[],
});

/** Queries on keys and requests. */
export const createEnrolmentStore = (db: Db) => ({
  async insertKey(key: EnrolmentKeyRow): Promise<void> {
    await db
      .insertInto('enrolmentKeys')
      .values({ ...key, tags: JSON.stringify(key.tags) })
      .execute();
  },
  async findKey(secretHash: SecretHash): Promise<EnrolmentKeyRow | undefined> {
    const row = await db
      .selectFrom('enrolmentKeys')
      .selectAll()
      .where('secretHash', '=', secretHash)
      .executeTakeFirst();
    return row && fromRow(row);
  },
  async findKeyById(id: EnrolmentKeyId): Promise<EnrolmentKeyRow | undefined> {
    const row = await db.selectFrom('enrolmentKeys').selectAll().where('id', '=', id).executeTakeFirst();
    return row && fromRow(row);
  },
  async listKeys(accountId: AccountId): Promise<EnrolmentKeyRow[]> {
    const rows = await db
      .selectFrom('enrolmentKeys')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('createdAt', 'desc')
      .execute();
    return rows.map(fromRow);
  },
  /** Counts one use; false where a single-use key was used before, by whoever came first. */
  async useKey(id: EnrolmentKeyId): Promise<boolean> {
    const result = await db
      .updateTable('enrolmentKeys')
      .set(({ eb }) => ({ uses: eb('uses', '+', 1) }))
      .where('id', '=', id)
      .where('revokedAt', 'is', null)
      .where(({ or, eb }) => or([eb('reusable', '=', 1), eb('uses', '=', 0)]))
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
  async revokeKey(id: EnrolmentKeyId, revokedAt: number): Promise<void> {
    await db
      .updateTable('enrolmentKeys')
      .set({ revokedAt })
      .where('id', '=', id)
      .where('revokedAt', 'is', null)
      .execute();
  },
  async insertRequest(request: EnrolmentRequestRow): Promise<void> {
    await db.insertInto('enrolmentRequests').values(request).execute();
  },
  findRequest: (code: string): Promise<EnrolmentRequestRow | undefined> =>
    db.selectFrom('enrolmentRequests').selectAll().where('code', '=', code).executeTakeFirst(),
  findRequestByPoll: (pollHash: SecretHash): Promise<EnrolmentRequestRow | undefined> =>
    db.selectFrom('enrolmentRequests').selectAll().where('pollHash', '=', pollHash).executeTakeFirst(),
  /** Decides a pending request; false where somebody else was faster. */
  async decideRequest(code: string, state: 'approved' | 'denied', nodeId: NodeId | null): Promise<boolean> {
    const result = await db
      .updateTable('enrolmentRequests')
      .set({ state, nodeId })
      .where('code', '=', code)
      .where('state', '=', 'pending')
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
  async countPending(now: number): Promise<number> {
    const { count } = await db
      .selectFrom('enrolmentRequests')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('state', '=', 'pending')
      .where('expiresAt', '>', now)
      .executeTakeFirstOrThrow();
    return Number(count);
  },
  async deleteRequestsBefore(expiredAt: number): Promise<void> {
    await db.deleteFrom('enrolmentRequests').where('expiresAt', '<=', expiredAt).execute();
  },
});
export type EnrolmentStore = ReturnType<typeof createEnrolmentStore>;
