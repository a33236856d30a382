/** Who did what: appended to, read newest first, never changed. */
import type { AccountId } from '@sidegate/protocol';
import type { Insertable, Selectable } from 'kysely';
import type { AuditTable, Db } from './schema.ts';

/** One line of the log. */
export type AuditRow = Selectable<AuditTable>;

/** Queries on the audit log. */
export const createAuditStore = (db: Db) => ({
  async insert(entry: Insertable<AuditTable>): Promise<void> {
    await db.insertInto('audit').values(entry).execute();
  },
  list: (accountId: AccountId, limit: number): Promise<AuditRow[]> =>
    db
      .selectFrom('audit')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute(),
});
export type AuditStore = ReturnType<typeof createAuditStore>;
