/** The schema's history: append-only, each step named `YYYYMMDDHHMM-slug` and run once, in order. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { type SqlDialect, sql } from './dialect.ts';

// A migration must go on working when Schema has changed: it sees the tables untyped.
type Untyped = Kysely<Record<string, Record<string, unknown>>>;

const createAccounts = async (db: Untyped) => {
  await db.schema
    .createTable('accounts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('label', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('preset', 'text', (column) => column.notNull())
    .addColumn('prefix4', 'text', (column) => column.notNull())
    .addColumn('prefix6', 'text', (column) => column.notNull())
    .addColumn('address_cursor', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) =>
      column.notNull().references('accounts.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_login_at', 'bigint')
    .execute();
  await db.schema
    .createTable('sessions')
    .addColumn('token_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('sessions_by_user').on('sessions').column('user_id').execute();
};

const createEnrolment = async (db: Untyped) => {
  await db.schema
    .createTable('enrolment_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) =>
      column.notNull().references('accounts.id').onDelete('cascade'),
    )
    .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('reusable', 'integer', (column) => column.notNull())
    .addColumn('uses', 'integer', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.references('users.id').onDelete('set null'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .execute();
  await db.schema
    .createTable('enrolment_requests')
    .addColumn('code', 'text', (column) => column.primaryKey())
    .addColumn('poll_hash', 'text', (column) => column.notNull().unique())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('from_address', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('node_id', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
};

const createNodes = async (db: Untyped) => {
  await db.schema
    .createTable('nodes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) =>
      column.notNull().references('accounts.id').onDelete('cascade'),
    )
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('address4', 'text', (column) => column.notNull())
    .addColumn('address6', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('owner_id', 'text', (column) => column.references('users.id').onDelete('set null'))
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('note', 'text', (column) => column.notNull())
    .addColumn('hostname', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('agent_version', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('removed_at', 'bigint')
    .addColumn('last_seen_at', 'bigint')
    .addColumn('endpoint', 'text')
    .addColumn('nat', 'text', (column) => column.notNull())
    .execute();
  // A removed node keeps its address but frees its name and key.
  for (const [name, columns] of [
    ['nodes_by_key', ['public_key']],
    ['nodes_by_name', ['account_id', 'name']],
  ] as const) {
    await db.schema
      .createIndex(name)
      .on('nodes')
      .columns([...columns])
      .unique()
      .where(sql.ref('removed_at'), 'is', null)
      .execute();
  }
  await db.schema
    .createIndex('nodes_by_address4')
    .on('nodes')
    .columns(['account_id', 'address4'])
    .unique()
    .execute();
};

const createAudit = async (db: Untyped, dialect: SqlDialect) => {
  await db.schema
    .createTable('audit')
    .addColumn('seq', dialect === 'sqlite' ? 'integer' : 'bigserial', (column) =>
      dialect === 'sqlite' ? column.primaryKey().autoIncrement() : column.primaryKey(),
    )
    .addColumn('account_id', 'text', (column) =>
      column.notNull().references('accounts.id').onDelete('cascade'),
    )
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('audit_by_account').on('audit').columns(['account_id', 'seq']).execute();
  await db.schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
};

const createHostAddresses = async (db: Untyped) => {
  await db.schema
    .createTable('host_addresses')
    .addColumn('node_id', 'text', (column) => column.notNull().references('nodes.id').onDelete('cascade'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) =>
      column.notNull().references('accounts.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('address4', 'text', (column) => column.notNull())
    .addColumn('address6', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('host_addresses_pk', ['node_id', 'key'])
    .execute();
  await db.schema
    .createIndex('host_addresses_by_address4')
    .on('host_addresses')
    .columns(['account_id', 'address4'])
    .unique()
    .execute();
};

/** Devices with a stock WireGuard app. */
const addProfiles = async (db: Untyped) => {
  await db.schema.alterTable('nodes').addColumn('profile_digest', 'text').execute();
};

const addRelays = async (db: Untyped) => {
  await db.schema.alterTable('nodes').addColumn('relay', 'text').execute();
};

const createRelayUsage = async (db: Untyped) => {
  await db.schema
    .createTable('relay_usage')
    .addColumn('node_id', 'text', (column) => column.notNull().references('nodes.id').onDelete('cascade'))
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('relay_usage_pk', ['node_id', 'month'])
    .execute();
};

/** Every migration for the dialect, by name. */
export const migrationsFor = (dialect: SqlDialect): Record<string, Migration> => ({
  '202611221500-first-schema': {
    async up(db: Untyped) {
      await createAccounts(db);
      await createEnrolment(db);
      await createNodes(db);
      await createAudit(db, dialect);
    },
  },
  '202611221800-host-addresses': { up: createHostAddresses },
  '202611221801-profiles': { up: addProfiles },
  '202611221830-relays': { up: addRelays },
  '202611221855-relay-usage': { up: createRelayUsage },
});
