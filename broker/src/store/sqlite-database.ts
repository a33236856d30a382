/** Node's built-in SQLite in the shape that Kysely's SQLite dialect wants. */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** Another process (the CLI beside the server) may hold the write lock for this long. */
const BUSY_TIMEOUT_MS = 5_000;
/** Prepared statements kept: more than the broker has queries, so that only ad-hoc lists are evicted. */
const STATEMENTS_MAX = 200;

const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];

const wrap = (statement: StatementSync): SqliteStatement => ({
  reader: statement.columns().length > 0,
  all: (parameters) => statement.all(...values(parameters)),
  run: (parameters) => statement.run(...values(parameters)),
  iterate: (parameters) => statement.iterate(...values(parameters)),
});

/**
 * Opens or creates a database file (`:memory:` for tests). WAL: readers and the command line work beside the server;
 * `synchronous=FULL`, because an enrolled node must not lose its identity to a power cut.
 */
export const openSqliteDatabase = (path: string): SqliteDatabase => {
  // SQLite gives its side files the mode of the database, so that has to be right before it is opened.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  database.exec('pragma journal_mode = wal; pragma synchronous = full;');
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      // A transaction that begins as a reader cannot always become a writer (SQLITE_BUSY): take the lock at once.
      if (sql === 'begin') return wrap(database.prepare('begin immediate'));
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = wrap(database.prepare(sql));
      if (statements.size >= STATEMENTS_MAX) statements.delete(statements.keys().next().value!);
      statements.set(sql, statement);
      return statement;
    },
  };
};
