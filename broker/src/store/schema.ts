/**
 * The tables as Kysely sees them: camelCase here, snake_case in SQL. Times are milliseconds since 1970, flags 0 or 1,
 * lists JSON text: alike in both dialects.
 */
import type {
  AccountId,
  Cidr4,
  Cidr6,
  DnsLabel,
  Email,
  Endpoint,
  EnrolmentKeyId,
  HostKey,
  Ip4,
  Ip6,
  NatKind,
  NodeId,
  NodeRole,
  PublicKey,
  UserId,
  UserRole,
} from '@sidegate/protocol';
import type { Generated, Kysely } from 'kysely';

/** SHA-256 of a secret, base64url: what is kept of tokens, keys and codes. */
export type SecretHash = string & { readonly __brand: 'SecretHash' };
/** The account's rule for who reaches whom. */
export type PolicyPreset = 'mesh' | 'service';

/** `prefix4` and `prefix6` are whole networks; nodes and hosts get addresses out of both by one offset. */
export interface AccountsTable {
  id: AccountId;
  label: DnsLabel;
  name: string;
  preset: PolicyPreset;
  prefix4: Cidr4;
  prefix6: Cidr6;
  /** Offset in `prefix4` of the address given last. */
  addressCursor: number;
  createdAt: number;
}

/** One e-mail address belongs to one person of one account. */
export interface UsersTable {
  id: UserId;
  accountId: AccountId;
  name: string;
  email: Email;
  role: UserRole;
  /** PHC string. */
  passwordHash: string;
  createdAt: number;
  lastLoginAt: number | null;
}

/** Log-ins to the portal, by the hash of the cookie's token. */
export interface SessionsTable {
  tokenHash: SecretHash;
  userId: UserId;
  createdAt: number;
  expiresAt: number;
}

/** `uses` counts machines; a key that is not reusable is spent by the first. */
export interface EnrolmentKeysTable {
  id: EnrolmentKeyId;
  accountId: AccountId;
  secretHash: SecretHash;
  label: string;
  role: NodeRole;
  tags: string;
  reusable: number;
  uses: number;
  createdBy: UserId | null;
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
}

/** Machines that wait for a person, by the code that the person compares. */
export interface EnrolmentRequestsTable {
  code: string;
  pollHash: SecretHash;
  /** NodeDescription as JSON. */
  description: string;
  fromAddress: string;
  state: 'pending' | 'approved' | 'denied';
  nodeId: NodeId | null;
  createdAt: number;
  expiresAt: number;
}

/** Machines and stock WireGuard apps of all accounts, those that left included. */
export interface NodesTable {
  id: NodeId;
  accountId: AccountId;
  role: NodeRole;
  name: DnsLabel;
  publicKey: PublicKey;
  address4: Ip4;
  address6: Ip6;
  tokenHash: SecretHash;
  ownerId: UserId | null;
  tags: string;
  note: string;
  hostname: string;
  platform: string;
  agentVersion: string;
  createdAt: number;
  /** Set when the node left: the row stays a while, so that its address is not given out again soon. */
  removedAt: number | null;
  /** Of a stock WireGuard app: what its profile held when it was made. `null` for machines with our agent. */
  profileDigest: string | null;
  // Observed: written lazily, and good enough after a crash.
  lastSeenAt: number | null;
  endpoint: Endpoint | null;
  nat: NatKind;
  /** The offer to relay that was approved, as JSON. */
  relay: string | null;
}

/** Addresses of hosts behind an edge; they go when the edge lets them go, or some time after the edge itself. */
export interface HostAddressesTable {
  nodeId: NodeId;
  key: HostKey;
  accountId: AccountId;
  name: DnsLabel;
  address4: Ip4;
  address6: Ip6;
  createdAt: number;
}

/** What a node sent through the relay in a month (`YYYY-MM`, UTC). */
export interface RelayUsageTable {
  nodeId: NodeId;
  month: string;
  bytes: number;
}

/** Who did what, in the order of `seq`; rows are added and never changed. */
export interface AuditTable {
  seq: Generated<number>;
  accountId: AccountId;
  at: number;
  actor: string;
  action: string;
  target: string;
  detail: string;
}

/** What one account may relay in a month: bytes as text, or `Infinity`. */
export type RelayQuotaKey = `relay-quota:${AccountId}`;

/** The hash of the set-up code, and the quotas of accounts. */
export interface SettingsTable {
  key: 'setup-code-hash' | RelayQuotaKey;
  value: string;
}

/** All tables. */
export interface Schema {
  accounts: AccountsTable;
  users: UsersTable;
  sessions: SessionsTable;
  enrolmentKeys: EnrolmentKeysTable;
  enrolmentRequests: EnrolmentRequestsTable;
  nodes: NodesTable;
  hostAddresses: HostAddressesTable;
  relayUsage: RelayUsageTable;
  audit: AuditTable;
  settings: SettingsTable;
}

/** What every table's functions run on: the database, or a transaction of it. */
export type Db = Kysely<Schema>;
