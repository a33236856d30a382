/** The two databases behind one Kysely: built-in SQLite for one machine, PostgreSQL when that is not enough. */
import { type Dialect, PostgresDialect, SqliteDialect } from 'kysely';
import { Pool, types } from 'pg';
import { openSqliteDatabase } from './sqlite-database.ts';

export { sql } from 'kysely';

/** Which SQL is spoken. */
export type SqlDialect = 'sqlite' | 'postgres';

/** Where the data is: a file path (or `:memory:`), or a `postgres://` URL. */
export type StoreLocation = string;

/** PostgreSQL's type id of int8, which `pg` gives as text; our times and counts are far below 2^53. */
const INT8 = 20;

/** Which database a location means. */
export const dialectOf = (location: StoreLocation): SqlDialect =>
  /^postgres(ql)?:\/\//.test(location) ? 'postgres' : 'sqlite';

/** Opens the database of a location. */
export const openDialect = (location: StoreLocation): Dialect => {
  if (dialectOf(location) === 'sqlite') return new SqliteDialect({ database: openSqliteDatabase(location) });
  const getTypeParser = (typeId: number, format?: 'text' | 'binary') =>
    typeId === INT8 ? Number : types.getTypeParser(typeId, format as 'text');
  return new PostgresDialect({
    pool: new Pool({ connectionString: location, max: 8, types: { getTypeParser: getTypeParser as never } }),
  });
};
