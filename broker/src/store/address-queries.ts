/** What two tables are asked alike: which addresses of an account are taken. */
import type { AccountId, Ip4 } from '@sidegate/protocol';
import type { Db } from './schema.ts';

/** Queries on the addresses in a table, each row of which has one. */
export const createAddressQueries = (db: Db, table: 'nodes' | 'hostAddresses') => ({
  async hasAddress(accountId: AccountId, address4: Ip4): Promise<boolean> {
    const row = await db
      .selectFrom(table)
      .select('address4')
      .where('accountId', '=', accountId)
      .where('address4', '=', address4)
      .executeTakeFirst();
    return row !== undefined;
  },
  async countAddresses(accountId: AccountId): Promise<number> {
    const { count } = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('accountId', '=', accountId)
      .executeTakeFirstOrThrow();
    return Number(count);
  },
});
