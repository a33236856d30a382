/**
 * The broker's durable state. This folder alone knows SQL; services see the functions of `Store` and plain rows.
 * Everything that must be all or nothing runs in `transaction`.
 */
import { CamelCasePlugin, Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { BrokerError } from '../errors.ts';
import { type AccountStore, createAccountStore } from './account-store.ts';
import { type AuditStore, createAuditStore } from './audit-store.ts';
import { dialectOf, openDialect, type StoreLocation } from './dialect.ts';
import { createEnrolmentStore, type EnrolmentStore } from './enrolment-store.ts';
import { createHostAddressStore, type HostAddressStore } from './host-address-store.ts';
import { migrationsFor } from './migrations.ts';
import { createNodeStore, type NodeStore } from './node-store.ts';
import { createRelayUsageStore, type RelayUsageStore } from './relay-usage-store.ts';
import type { Db, Schema } from './schema.ts';
import { createSessionStore, type SessionStore } from './session-store.ts';
import { createSettingStore, type SettingStore } from './setting-store.ts';
import { createUserStore, type UserStore } from './user-store.ts';

/** All tables, by concern. */
export interface Tables {
  readonly accounts: AccountStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly enrolment: EnrolmentStore;
  readonly nodes: NodeStore;
  readonly hostAddresses: HostAddressStore;
  readonly relayUsage: RelayUsageStore;
  readonly audit: AuditStore;
  readonly settings: SettingStore;
}

/** The database. */
export interface Store extends Tables {
  /** Commits what `task` did through its tables, or nothing where it throws. */
  transaction<T>(task: (tables: Tables) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const tablesOf = (db: Db): Tables => ({
  accounts: createAccountStore(db),
  users: createUserStore(db),
  sessions: createSessionStore(db),
  enrolment: createEnrolmentStore(db),
  nodes: createNodeStore(db),
  hostAddresses: createHostAddressStore(db),
  relayUsage: createRelayUsageStore(db),
  audit: createAuditStore(db),
  settings: createSettingStore(db),
});

const migrate = async (db: Db, migrations: Record<string, Migration>): Promise<void> => {
  const migrator = new Migrator({
    db: db.withoutPlugins(),
    provider: { getMigrations: async () => migrations },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
};

/** Opens a database and brings its schema up to date. A new SQLite file is readable by its owner only. */
export const openStore = async (location: StoreLocation): Promise<Store> => {
  const dialect = dialectOf(location);
  let db: Db | undefined;
  try {
    db = new Kysely<Schema>({ dialect: openDialect(location), plugins: [new CamelCasePlugin()] });
    await migrate(db, migrationsFor(dialect));
  } catch (cause) {
    await db?.destroy().catch(() => {});
    // A database URL may hold a password: only paths are shown.
    const details = dialect === 'sqlite' ? { path: location } : {};
    throw new BrokerError('STORE_FAILED', 'open the database', { cause, details });
  }
  const opened = db;
  return {
    ...tablesOf(opened),
    transaction: (task) => opened.transaction().execute((trx) => task(tablesOf(trx))),
    close: () => opened.destroy(),
  };
};
