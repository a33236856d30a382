/**
 * Private relays: who offers, who was let, and what each is told so that it can relay for its account and for nobody
 * else. The approved offer is part of the node's identity: the key cannot change without being approved anew, the
 * addresses may, as those of a public machine do.
 */
import { createHash } from 'node:crypto';
import type { Clock, Logger } from '@sidegate/kit';
import type { AccountId, PortalNode, RelayDirectory } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { audit, type PortalActor, requireRole } from './actor.ts';
import type { Network } from './network.ts';
import type { Node } from './node.ts';
import type { NodeStreams } from './node-streams.ts';
import type { PolicySubject } from './policy.ts';
import { canMeet } from './policy.ts';
import type { Registry } from './registry.ts';
import { canAdministrate } from './roles.ts';

/** Changes within this time make one announcement. */
const GATHER_MS = 100;

/** What the portal shows of a node's relay. */
export const relayStateOf = ({ identity, report }: Node): Pick<PortalNode, 'relay'> => {
  const { relay: approved } = identity;
  const offer = report.relay ?? approved;
  if (offer === null) return {};
  return { relay: { ...offer, isApproved: approved?.publicKey === offer.publicKey } };
};

/** Who an account's relays may relay for. Nodes of one role and owner are alike to policy. */
const compileDirectory = (registry: Registry, accountId: AccountId): Omit<RelayDirectory, 'revision'> => {
  const account = registry.account(accountId)!;
  const groups = new Map<string, number>();
  const subjects: PolicySubject[] = [];
  const nodes = [...account.nodes.values()].map((node) => {
    const { id, identity } = node;
    const name = `${identity.role} ${identity.ownerId}`;
    const group = groups.get(name) ?? groups.size;
    groups.set(name, group);
    subjects[group] ??= { role: identity.role, owner: registry.ownerOf(node) };
    return { id, publicKey: identity.publicKey, group };
  });
  const meets = subjects.flatMap((one, at) =>
    subjects
      .slice(at)
      .flatMap((other, offset): [number, number][] =>
        canMeet(one, other, account.row.preset) ? [[at, at + offset]] : [],
      ),
  );
  return { nodes, meets };
};

/** Creates the service. */
export const createRelays = (deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly network: Network;
  readonly streams: NodeStreams;
  readonly clock: Clock;
  readonly logger: Logger;
}) => {
  const { store, registry, network, streams, clock, logger } = deps;
  const directories = new Map<AccountId, RelayDirectory>();
  const announced = new Map<AccountId, string>();
  /** What of a node stands in the directory; objects are replaced whole, so that comparing them is enough. */
  const known = new WeakMap<Node, readonly unknown[]>();
  const scheduled = new Set<AccountId>();

  const directoryOf = (accountId: AccountId): RelayDirectory => {
    const cached = directories.get(accountId);
    if (cached !== undefined) return cached;
    const content = compileDirectory(registry, accountId);
    const revision = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
    const directory = { revision, ...content };
    directories.set(accountId, directory);
    return directory;
  };

  const announce = (accountId: AccountId): void => {
    scheduled.delete(accountId);
    const relays = registry.account(accountId)?.relays;
    if (relays === undefined || relays.size === 0) return;
    const { revision } = directoryOf(accountId);
    if (announced.get(accountId) === revision) return;
    announced.set(accountId, revision);
    for (const id of relays.keys()) streams.send(id, { event: 'relay-directory', data: {} });
  };
  const invalidate = (accountId: AccountId): void => {
    directories.delete(accountId);
    if (scheduled.has(accountId) || (registry.account(accountId)?.relays.size ?? 0) === 0) return;
    scheduled.add(accountId);
    clock.after(GATHER_MS, () => announce(accountId));
  };

  /** An approved relay moved: its addresses are those it has now. */
  const followOffer = (node: Node): void => {
    const { identity, report } = node;
    const { relay: approved } = identity;
    const { relay: offer } = report;
    if (approved === null || offer === undefined || offer.publicKey !== approved.publicKey) return;
    if (offer.endpoints.join() === approved.endpoints.join()) return;
    store.nodes.update(node.id, { relay: offer }).catch((error: unknown) => {
      logger.error("could not write a relay's addresses", { error });
    });
    network.change(node, { identity: { ...identity, relay: offer } });
  };
  network.events.on('node.changed', (node) => {
    followOffer(node);
    const { identity } = node;
    const owner = registry.ownerOf(node);
    const now = [identity.publicKey, identity.role, identity.relay, owner?.id, owner?.role];
    if (known.get(node)?.every((value, at) => value === now[at]) === true) return;
    known.set(node, now);
    invalidate(identity.accountId);
  });
  network.events.on('node.removed', ({ identity }) => invalidate(identity.accountId));

  return {
    /** Lets a node relay with the key that it offers now, or no longer. */
    async setApproved(actor: PortalActor, node: Node, isApproved: boolean): Promise<void> {
      requireRole(canAdministrate(actor), 'choose relays');
      const { identity, report } = node;
      const relay = isApproved ? report.relay : null;
      if (relay === undefined) {
        if (identity.relay !== null) return;
        throw new BrokerError('RELAY_NOT_OFFERED', `${identity.name} does not offer to relay`);
      }
      if (relay?.publicKey === identity.relay?.publicKey) return;
      await store.transaction(async (tables) => {
        await tables.nodes.update(node.id, { relay });
        const action = isApproved ? 'relay.approved' : 'relay.revoked';
        await audit(tables, actor, clock.wallMs(), { action, target: identity.name });
      });
      network.change(node, { identity: { ...node.identity, relay } });
      // It may have to begin or to stop at once, whatever the directory says.
      streams.send(node.id, { event: 'relay-directory', data: {} });
    },

    /** What an approved relay asks for. */
    directoryFor({ identity }: Node): RelayDirectory {
      if (identity.relay === null) throw new BrokerError('RELAY_NOT_APPROVED', 'This node may not relay');
      return directoryOf(identity.accountId);
    },
  };
};
export type Relays = ReturnType<typeof createRelays>;
