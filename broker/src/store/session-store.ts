/** Portal sessions, by the hash of their cookie. */
import type { UserId } from '@sidegate/protocol';
import type { Selectable } from 'kysely';
import type { Db, SecretHash, SessionsTable } from './schema.ts';

/** One session. */
export type SessionRow = Selectable<SessionsTable>;

/** Queries on sessions. */
export const createSessionStore = (db: Db) => ({
  async insert(session: SessionRow): Promise<void> {
    await db.insertInto('sessions').values(session).execute();
  },
  find: (tokenHash: SecretHash): Promise<SessionRow | undefined> =>
    db.selectFrom('sessions').selectAll().where('tokenHash', '=', tokenHash).executeTakeFirst(),
  async delete(tokenHash: SecretHash): Promise<void> {
    await db.deleteFrom('sessions').where('tokenHash', '=', tokenHash).execute();
  },
  /** Logs a person out everywhere. */
  async deleteOf(userId: UserId): Promise<void> {
    await db.deleteFrom('sessions').where('userId', '=', userId).execute();
  },
  async deleteExpired(now: number): Promise<void> {
    await db.deleteFrom('sessions').where('expiresAt', '<=', now).execute();
  },
});
export type SessionStore = ReturnType<typeof createSessionStore>;
