/**
 * All nodes, accounts and owners in memory, with the indexes that make every question of a check-in or a packet a
 * look-up. Loaded at start; the database stays the truth and is written first. Answers the beacon's questions.
 *
 * Invariants: a node is in every index or in none; only `network.ts` calls what changes the registry. Must not import
 * HTTP, UDP or the store.
 */
import type {
  Access,
  AccountId,
  DnsLabel,
  Ip,
  NodeId,
  PublicKey,
  UserId,
  UserRole,
} from '@sidegate/protocol';
import type { AccountRow } from '../store/account-store.ts';
import type { SecretHash } from '../store/schema.ts';
import type { Node } from './node.ts';
import { accessBetween, canMeet, type PolicySubject } from './policy.ts';

/** A user, as far as maps and policy care. */
export interface Person {
  readonly id: UserId;
  readonly accountId: AccountId;
  readonly name: string;
  readonly role: UserRole;
}

/** One account and its nodes. */
export interface Account {
  readonly row: AccountRow;
  readonly nodes: Map<NodeId, Node>;
  readonly clients: Map<NodeId, Node>;
  readonly byOwner: Map<UserId, Map<NodeId, Node>>;
  readonly byName: Map<DnsLabel, Node>;
  readonly byAddress: Map<Ip, Node>;
  /** Nodes that were let relay. */
  readonly relays: Map<NodeId, Node>;
}

/** Creates an empty registry. */
export const createRegistry = () => {
  const accounts = new Map<AccountId, Account>();
  const people = new Map<UserId, Person>();
  const nodes = new Map<NodeId, Node>();
  const byKey = new Map<PublicKey, Node>();
  const byToken = new Map<SecretHash, Node>();
  const revokedTokens = new Set<SecretHash>();

  const accountOf = (node: Node): Account => accounts.get(node.identity.accountId)!;
  const ownerOf = (node: Node): Person | undefined =>
    node.identity.ownerId === null ? undefined : people.get(node.identity.ownerId);
  const subjectOf = (node: Node): PolicySubject => ({ role: node.identity.role, owner: ownerOf(node) });
  const ownedBy = (account: Account, owner: UserId | null): ReadonlyMap<NodeId, Node> =>
    (owner === null ? undefined : account.byOwner.get(owner)) ?? new Map();

  /** A superset of whom policy lets the node meet, small where it can be. */
  const possiblePeers = (node: Node): Iterable<Node> => {
    const account = accountOf(node);
    if (account.row.preset === 'mesh' || node.identity.role === 'client') return account.nodes.values();
    return node.identity.role === 'edge' ? account.clients.values() : [];
  };

  function* peersOf(node: Node): Generator<Node> {
    const { preset } = accountOf(node).row;
    const subject = subjectOf(node);
    for (const other of possiblePeers(node)) {
      if (other.id !== node.id && canMeet(subject, subjectOf(other), preset)) yield other;
    }
  }

  const mayMeet = (one: Node, other: Node): boolean =>
    one.id !== other.id &&
    one.identity.accountId === other.identity.accountId &&
    canMeet(subjectOf(one), subjectOf(other), accountOf(one).row.preset);

  const index = (node: Node): void => {
    const { accountId, publicKey, tokenHash, role, ownerId, name, address4, address6 } = node.identity;
    const account = accounts.get(accountId)!;
    nodes.set(node.id, node);
    byKey.set(publicKey, node);
    byToken.set(tokenHash, node);
    account.nodes.set(node.id, node);
    account.byName.set(name, node);
    account.byAddress.set(address4, node).set(address6, node);
    if (role === 'client') account.clients.set(node.id, node);
    if (node.identity.relay !== null) account.relays.set(node.id, node);
    if (ownerId !== null) {
      const owned = account.byOwner.get(ownerId) ?? new Map<NodeId, Node>();
      account.byOwner.set(ownerId, owned.set(node.id, node));
    }
  };
  const unindex = (node: Node): void => {
    const { publicKey, tokenHash, ownerId, name, address4, address6 } = node.identity;
    const account = accountOf(node);
    nodes.delete(node.id);
    byKey.delete(publicKey);
    byToken.delete(tokenHash);
    account.nodes.delete(node.id);
    account.clients.delete(node.id);
    account.byName.delete(name);
    account.byAddress.delete(address4);
    account.byAddress.delete(address6);
    account.relays.delete(node.id);
    if (ownerId !== null) account.byOwner.get(ownerId)?.delete(node.id);
  };

  return {
    accountOf,
    ownerOf,
    peersOf,
    mayMeet,
    index,
    unindex,
    find: (id: NodeId): Node | undefined => nodes.get(id),
    findByKey: (publicKey: PublicKey): Node | undefined => byKey.get(publicKey),
    findByToken: (hash: SecretHash): Node | undefined => byToken.get(hash),
    all: (): Iterable<Node> => nodes.values(),
    nodesOf: (id: AccountId): Iterable<Node> => accounts.get(id)?.nodes.values() ?? [],
    ownedBy: (person: Person): Node[] => {
      const account = accounts.get(person.accountId);
      return account === undefined ? [] : [...ownedBy(account, person.id).values()];
    },
    access: (from: Node, to: Node): Access =>
      accessBetween(subjectOf(from), subjectOf(to), accountOf(from).row.preset),

    hasAccount: (id: AccountId): boolean => accounts.has(id),
    account: (id: AccountId): Account | undefined => accounts.get(id),
    countAccounts: (): number => accounts.size,
    addAccount(row: AccountRow): void {
      if (!accounts.has(row.id)) {
        accounts.set(row.id, {
          row,
          nodes: new Map(),
          clients: new Map(),
          byOwner: new Map(),
          byName: new Map(),
          byAddress: new Map(),
          relays: new Map(),
        });
      }
    },
    person: (id: UserId): Person | undefined => people.get(id),
    setPerson: (person: Person): void => void people.set(person.id, person),
    removePerson: (id: UserId): void => void people.delete(id),

    /** Tokens of nodes that were removed: they are told so, instead of being strangers. */
    isRevoked: (hash: SecretHash): boolean => revokedTokens.has(hash),
    revokeToken: (hash: SecretHash): void => void revokedTokens.add(hash),

    // What the beacon asks (`BeaconDirectory`).
    isNode(publicKey: PublicKey) {
      const node = byKey.get(publicKey);
      return node && { id: node.id, publicKey };
    },
    mayTalk(from: NodeId, to: NodeId): boolean {
      const [one, other] = [nodes.get(from), nodes.get(to)];
      return one !== undefined && other !== undefined && mayMeet(one, other);
    },
    *relayCandidates(from: NodeId) {
      const node = nodes.get(from);
      if (node === undefined) return;
      for (const peer of peersOf(node)) yield { id: peer.id, publicKey: peer.identity.publicKey };
    },
  };
};
export type Registry = ReturnType<typeof createRegistry>;
