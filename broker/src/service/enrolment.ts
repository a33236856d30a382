/**
 * Letting machines in. Database first and all in one transaction (key used, name, addresses, row); the registry, and
 * with it everybody's map, only when that is committed.
 */
import { type Clock, newId, newToken } from '@sidegate/kit';
import type { Enrolment, EnrolRequest, NodeDescription, NodeId, Tag } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { AccountRow } from '../store/account-store.ts';
import type { EnrolmentKeyRow } from '../store/enrolment-store.ts';
import type { NodeRow } from '../store/node-store.ts';
import type { SecretHash } from '../store/schema.ts';
import type { Store, Tables } from '../store/store.ts';
import { addressIn4, addressIn6 } from './allocate-address.ts';
import type { Network } from './network.ts';
import { createNode, type Node } from './node.ts';
import type { Registry } from './registry.ts';
import { hashSecret } from './secrets.ts';
import { takeOffset } from './take-offset.ts';
import { uniqueName } from './unique-name.ts';

/** Names are compared with those that share this many first letters: a suffix may shorten a long name. */
const NAME_STEM_LENGTH = 50;

/** Who lets the machine in, and with what. */
export interface Admission {
  readonly accountId: AccountRow['id'];
  readonly ownerId: NodeRow['ownerId'];
  readonly tags: readonly Tag[];
  /** The node's secret; its hash is kept. */
  readonly token: string;
  /** For a stock WireGuard app; see `profiles.ts`. */
  readonly profileDigest?: string;
}

/** Creates the service. */
export const createEnrolment = (deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly network: Network;
  readonly clock: Clock;
  readonly ticketKey: string;
}) => {
  const { store, registry, network, clock } = deps;
  /** With which key they came, of nodes that enrolled since this broker runs and were not seen yet. */
  const admittedBy = new Map<NodeId, SecretHash>();

  const refuseKnownKey = async (tables: Tables, admission: Admission, description: NodeDescription) => {
    const known = await tables.nodes.findByKey(description.publicKey);
    if (known === undefined) return;
    if (known.accountId !== admission.accountId) {
      throw new BrokerError('PUBLIC_KEY_TAKEN', 'Enrol with a key of another account');
    }
    throw new BrokerError('NODE_ALREADY_ENROLLED', `This machine is enrolled already, as ${known.name}`);
  };

  /** Inside a transaction: makes the row. */
  const insertNode = async (
    tables: Tables,
    admission: Admission,
    description: NodeDescription,
  ): Promise<NodeRow> => {
    await refuseKnownKey(tables, admission, description);
    const account = await tables.accounts.lock(admission.accountId);
    const offset = await takeOffset(tables, account);
    const names = await tables.nodes.listNames(account.id, description.name.slice(0, NAME_STEM_LENGTH));
    const { publicKey, role, hostname, platform, agentVersion } = description;
    const row: NodeRow = {
      id: newId<NodeId>('n'),
      accountId: account.id,
      role,
      name: uniqueName(description.name, new Set(names)),
      publicKey,
      address4: addressIn4(account.prefix4, offset),
      address6: addressIn6(account.prefix6, offset),
      tokenHash: hashSecret(admission.token),
      ownerId: admission.ownerId,
      tags: admission.tags,
      note: '',
      hostname,
      platform,
      agentVersion,
      createdAt: clock.wallMs(),
      removedAt: null,
      profileDigest: admission.profileDigest ?? null,
      lastSeenAt: null,
      endpoint: null,
      nat: 'unknown',
      relay: null,
    };
    await tables.nodes.insert(row);
    return row;
  };

  /** After the commit. Accounts and people may be new: the command line creates them beside a running broker. */
  const admit = async (row: NodeRow): Promise<Node> => {
    if (!registry.hasAccount(row.accountId)) registry.addAccount((await store.accounts.find(row.accountId))!);
    if (row.ownerId !== null && registry.person(row.ownerId) === undefined) {
      const person = await store.users.find(row.ownerId);
      if (person !== undefined) registry.setPerson(person);
    }
    const node = createNode(row, { wallMs: clock.wallMs(), monoMs: clock.monoMs() });
    network.add(node);
    return node;
  };

  const enrolmentOf = (node: Node, token: string): Enrolment => {
    const { id: nodeId, name, address4, address6 } = node.identity;
    const { id: accountId, name: accountName } = registry.accountOf(node).row;
    return { nodeId, token, name, address4, address6, accountId, accountName, ticketKey: deps.ticketKey };
  };

  const checkKey = (key: EnrolmentKeyRow | undefined, description: NodeDescription): EnrolmentKeyRow => {
    if (key === undefined)
      throw new BrokerError('ENROLMENT_KEY_UNKNOWN', 'This enrolment key does not exist');
    const state = keyStateOf(key, clock.wallMs());
    if (state === 'revoked') throw new BrokerError('ENROLMENT_KEY_REVOKED', 'This enrolment key was revoked');
    if (state === 'expired') throw new BrokerError('ENROLMENT_KEY_EXPIRED', 'This enrolment key has expired');
    if (state === 'used') throw new BrokerError('ENROLMENT_KEY_USED', 'This enrolment key was used before');
    if (key.role !== description.role) {
      const message = `This key is for the role ${key.role}, the machine wants to be ${description.role}`;
      throw new BrokerError('ENROLMENT_ROLE_MISMATCH', message, { field: 'node.role' });
    }
    return key;
  };

  /** The identity once more, for a machine that did not get the answer: with another token, the first is void. */
  const renew = async (node: Node): Promise<Enrolment> => {
    const token = newToken('sgn_');
    const tokenHash = hashSecret(token);
    await store.nodes.update(node.id, { tokenHash });
    network.change(node, { identity: { ...node.identity, tokenHash } });
    return enrolmentOf(node, token);
  };

  /** A machine that asks again, with the same two keys, because the answer was lost on the way. */
  const findUnanswered = (secret: string, { publicKey }: NodeDescription): Node | undefined => {
    for (const id of admittedBy.keys())
      if ((registry.find(id)?.presence.lastSeenAt ?? null) !== null) admittedBy.delete(id);
    const node = registry.findByKey(publicKey);
    return node !== undefined && admittedBy.get(node.id) === hashSecret(secret) ? node : undefined;
  };

  return {
    insertNode,
    admit,
    renew,
    /** `POST /v1/enrol`. */
    async enrolByKey({ key: secret, node: description }: EnrolRequest): Promise<Enrolment> {
      const unanswered = findUnanswered(secret, description);
      if (unanswered !== undefined) return renew(unanswered);
      const token = newToken('sgn_');
      const row = await store.transaction(async (tables) => {
        const key = checkKey(await tables.enrolment.findKey(hashSecret(secret)), description);
        if (!(await tables.enrolment.useKey(key.id))) {
          throw new BrokerError('ENROLMENT_KEY_USED', 'This enrolment key was used before');
        }
        const { accountId, createdBy: ownerId, tags } = key;
        const inserted = await insertNode(tables, { accountId, ownerId, tags, token }, description);
        await tables.audit.insert({
          accountId,
          at: clock.wallMs(),
          actor: `enrolment key ${key.label || key.id}`,
          action: 'node.enrolled',
          target: inserted.name,
          detail: `${inserted.role} ${inserted.address4}`,
        });
        return inserted;
      });
      admittedBy.set(row.id, hashSecret(secret));
      return enrolmentOf(await admit(row), token);
    },
  };
};
export type EnrolmentService = ReturnType<typeof createEnrolment>;

/** What has become of a key. */
export const keyStateOf = (key: EnrolmentKeyRow, now: number): 'valid' | 'used' | 'expired' | 'revoked' => {
  if (key.revokedAt !== null) return 'revoked';
  if (key.reusable === 0 && key.uses > 0) return 'used';
  return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'valid';
};
