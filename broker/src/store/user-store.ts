/** People and their password hashes. */
import type { AccountId, Email, UserId } from '@sidegate/protocol';
import type { Selectable, Updateable } from 'kysely';
import type { Db, UsersTable } from './schema.ts';

/** One person, with the hash of the password. */
export type UserRow = Selectable<UsersTable>;

/** Queries on users. */
export const createUserStore = (db: Db) => ({
  async insert(user: UserRow): Promise<void> {
    await db.insertInto('users').values(user).execute();
  },
  find: (id: UserId): Promise<UserRow | undefined> =>
    db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst(),
  findByEmail: (email: Email): Promise<UserRow | undefined> =>
    db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst(),
  list: (accountId: AccountId): Promise<UserRow[]> =>
    db.selectFrom('users').selectAll().where('accountId', '=', accountId).orderBy('createdAt').execute(),
  async update(id: UserId, change: Omit<Updateable<UsersTable>, 'id' | 'accountId'>): Promise<void> {
    if (Object.keys(change).length > 0) {
      await db.updateTable('users').set(change).where('id', '=', id).execute();
    }
  },
  async delete(id: UserId): Promise<void> {
    await db.deleteFrom('users').where('id', '=', id).execute();
  },
});
export type UserStore = ReturnType<typeof createUserStore>;
