import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  AccountId,
  Cidr4,
  Cidr6,
  DnsLabel,
  Email,
  EnrolmentKeyId,
  Ip4,
  Ip6,
  NodeId,
  PublicKey,
  Tag,
  UserId,
} from '@sidegate/protocol';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EnrolmentKeyRow } from './enrolment-store.ts';
import type { NodeRow } from './node-store.ts';
import type { SecretHash } from './schema.ts';
import { openStore, type Store } from './store.ts';

const POSTGRES_URL = process.env.SIDEGATE_TEST_PG;
const accountId = 'a_0000000000000000' as AccountId;
const userId = 'u_0000000000000000' as UserId;

const nodeRow = (number: number, more: Partial<NodeRow> = {}): NodeRow => ({
  id: `n_${String(number).padStart(16, '0')}` as NodeId,
  accountId,
  role: 'edge',
  name: `home-${number}` as DnsLabel,
  publicKey: `key ${number}` as PublicKey,
  address4: `100.64.0.${number}` as Ip4,
  address6: `fd00::${number}` as Ip6,
  tokenHash: `token ${number}` as SecretHash,
  ownerId: userId,
  tags: ['north' as Tag],
  note: '',
  profileDigest: null,
  hostname: 'home',
  platform: 'debian',
  agentVersion: '1.0.0',
  createdAt: 1_700_000_000_000,
  removedAt: null,
  lastSeenAt: null,
  endpoint: null,
  nat: 'unknown',
  relay: null,
  ...more,
});
const keyRow = (more: Partial<EnrolmentKeyRow> = {}): EnrolmentKeyRow => ({
  id: 'k_0000000000000000' as EnrolmentKeyId,
  accountId,
  secretHash: 'secret' as SecretHash,
  label: "Robert'); drop table nodes; --",
  role: 'edge',
  tags: [],
  reusable: 0,
  uses: 0,
  createdBy: userId,
  createdAt: 1,
  expiresAt: 2,
  revokedAt: null,
  ...more,
});

const fill = async (store: Store): Promise<void> => {
  await store.accounts.insert({
    id: accountId,
    label: 'acme' as DnsLabel,
    name: 'Acme',
    preset: 'service',
    prefix4: '100.64.0.0/10' as Cidr4,
    prefix6: 'fd12:3456:789a::/48' as Cidr6,
    addressCursor: 0,
    createdAt: 1_700_000_000_000,
  });
  await store.users.insert({
    id: userId,
    accountId,
    name: 'Olga',
    email: 'owner@example.com' as Email,
    role: 'owner',
    passwordHash: '',
    createdAt: 1_700_000_000_000,
    lastLoginAt: null,
  });
};

/** An empty schema of its own each time. */
const openPostgres = async (url: string): Promise<Store> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('drop schema public cascade; create schema public;');
  await client.end();
  return openStore(url);
};

const DIALECTS: readonly (readonly [string, (() => Promise<Store>) | undefined])[] = [
  ['SQLite', () => openStore(':memory:')],
  ['PostgreSQL', POSTGRES_URL === undefined ? undefined : () => openPostgres(POSTGRES_URL)],
];

describe.each(DIALECTS)('the store over %s', (_, open) => {
  describe.skipIf(open === undefined)('keeps what it is told', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open!();
      await fill(store);
    });
    afterEach(() => store.close());

    test('a node comes back as it went in', async () => {
      await store.nodes.insert(nodeRow(1));
      expect(await store.nodes.list()).toEqual([nodeRow(1)]);
    });

    test('a name, a key and an address are given once', async () => {
      await store.nodes.insert(nodeRow(1));
      for (const twin of [
        { name: nodeRow(1).name },
        { publicKey: nodeRow(1).publicKey },
        { address4: nodeRow(1).address4 },
        { tokenHash: nodeRow(1).tokenHash },
      ]) {
        await expect(store.nodes.insert(nodeRow(2, twin))).rejects.toThrow();
      }
    });

    test('a removed node frees its name and key, but keeps its address for a while', async () => {
      await store.nodes.insert(nodeRow(1));
      await store.nodes.update(nodeRow(1).id, { removedAt: 5 });
      await store.nodes.insert(nodeRow(2, { name: nodeRow(1).name, publicKey: nodeRow(1).publicKey }));
      expect(await store.nodes.hasAddress(accountId, nodeRow(1).address4)).toBe(true);
      await store.nodes.forgetRemoved(6);
      expect(await store.nodes.hasAddress(accountId, nodeRow(1).address4)).toBe(false);
    });

    test('observations change nothing else', async () => {
      await store.nodes.insert(nodeRow(1));
      const seen = {
        lastSeenAt: 7,
        endpoint: '198.51.100.7:40001',
        nat: 'symmetric',
        agentVersion: '2',
      } as const;
      await store.nodes.observe([{ id: nodeRow(1).id, ...seen } as never]);
      expect(await store.nodes.list()).toEqual([{ ...nodeRow(1), ...seen }]);
    });

    test('a transaction that throws leaves nothing behind', async () => {
      const failed = store.transaction(async (tables) => {
        await tables.nodes.insert(nodeRow(1));
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await store.nodes.list()).toEqual([]);
    });

    test('a single-use key is used once, a revoked one never', async () => {
      await store.enrolment.insertKey(keyRow());
      expect(await store.enrolment.useKey(keyRow().id)).toBe(true);
      expect(await store.enrolment.useKey(keyRow().id)).toBe(false);
      const other = keyRow({ id: 'k_1' as EnrolmentKeyId, secretHash: 'other' as SecretHash, reusable: 1 });
      await store.enrolment.insertKey(other);
      expect(await store.enrolment.useKey(other.id)).toBe(true);
      expect(await store.enrolment.useKey(other.id)).toBe(true);
      await store.enrolment.revokeKey(other.id, 3);
      expect(await store.enrolment.useKey(other.id)).toBe(false);
    });

    test('text is text, whatever it says', async () => {
      await store.enrolment.insertKey(keyRow());
      expect(await store.enrolment.findKey('secret' as SecretHash)).toEqual(keyRow());
      expect(await store.enrolment.findKey(`' or '1'='1` as SecretHash)).toBeUndefined();
    });

    test('a person who is gone leaves nodes without an owner, and no sessions', async () => {
      await store.nodes.insert(nodeRow(1));
      await store.sessions.insert({ tokenHash: 't' as SecretHash, userId, createdAt: 1, expiresAt: 2 });
      await store.users.delete(userId);
      expect(await store.nodes.list()).toMatchObject([{ ownerId: null }]);
      expect(await store.sessions.find('t' as SecretHash)).toBeUndefined();
    });

    test('the log is read newest first', async () => {
      for (const target of ['one', 'two', 'three']) {
        await store.audit.insert({ accountId, at: 1, actor: 'a', action: 'b', target, detail: '' });
      }
      expect((await store.audit.list(accountId, 2)).map(({ target }) => target)).toEqual(['three', 'two']);
    });

    test('a setting is replaced', async () => {
      await store.settings.set('setup-code-hash', 'one');
      await store.settings.set('setup-code-hash', 'two');
      expect(await store.settings.get('setup-code-hash')).toBe('two');
    });
  });
});

describe('an SQLite file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sidegate-store-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const path = () => join(directory, 'broker.sqlite');

  test('is for its owner only, with all that SQLite puts beside it', async () => {
    const store = await openStore(path());
    await fill(store);
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path() + suffix).mode & 0o777).toBe(0o600);
    await store.close();
  });

  test('is shared by two processes: both see what the other wrote', async () => {
    const [server, command] = [await openStore(path()), await openStore(path())];
    await fill(server);
    await Promise.all([command.enrolment.insertKey(keyRow()), server.nodes.insert(nodeRow(1))]);
    expect(await server.enrolment.findKey('secret' as SecretHash)).toEqual(keyRow());
    expect(await command.nodes.list()).toEqual([nodeRow(1)]);
    await Promise.all([server.close(), command.close()]);
  });

  test('that is no database is refused with a code, and left alone', async () => {
    writeFileSync(path(), 'not a database, but somebody may need it');
    await expect(openStore(path())).rejects.toMatchObject({
      code: 'STORE_FAILED',
      details: { path: path() },
    });
    expect(statSync(path()).size).toBe(40);
  });
});
