/** Single values of the broker itself. */
import type { Db, SettingsTable } from './schema.ts';

/** Queries on settings. */
export const createSettingStore = (db: Db) => ({
  async get(key: SettingsTable['key']): Promise<string | undefined> {
    const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
    return row?.value;
  },
  list: () => db.selectFrom('settings').selectAll().execute(),
  async set(key: SettingsTable['key'], value: string): Promise<void> {
    await db
      .insertInto('settings')
      .values({ key, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute();
  },
  async delete(key: SettingsTable['key']): Promise<void> {
    await db.deleteFrom('settings').where('key', '=', key).execute();
  },
});
export type SettingStore = ReturnType<typeof createSettingStore>;
