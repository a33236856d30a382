/** Accounts: read at start and when one is met for the first time. */
import type { AccountId, DnsLabel } from '@sidegate/protocol';
import type { Selectable } from 'kysely';
import type { AccountsTable, Db } from './schema.ts';

/** One private network. */
export type AccountRow = Selectable<AccountsTable>;

/** Queries on accounts. */
export const createAccountStore = (db: Db) => ({
  async insert(account: AccountRow): Promise<void> {
    await db.insertInto('accounts').values(account).execute();
  },
  list: (): Promise<AccountRow[]> => db.selectFrom('accounts').selectAll().execute(),
  find: (id: AccountId): Promise<AccountRow | undefined> =>
    db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst(),
  /** Reads an account and keeps others from changing it until the transaction ends. */
  lock: (id: AccountId): Promise<AccountRow> =>
    db
      .updateTable('accounts')
      .set(({ ref }) => ({ addressCursor: ref('addressCursor') }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(),
  async count(): Promise<number> {
    const { count } = await db
      .selectFrom('accounts')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  },
  async hasLabel(label: DnsLabel): Promise<boolean> {
    const row = await db.selectFrom('accounts').select('id').where('label', '=', label).executeTakeFirst();
    return row !== undefined;
  },
  async moveAddressCursor(id: AccountId, addressCursor: number): Promise<void> {
    await db.updateTable('accounts').set({ addressCursor }).where('id', '=', id).execute();
  },
});
export type AccountStore = ReturnType<typeof createAccountStore>;
