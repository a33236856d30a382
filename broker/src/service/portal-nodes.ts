/** The portal's list of machines: seeing, naming, opening and removing them. */
import type { Clock } from '@sidegate/kit';
import {
  type NodeId,
  type NodePatch,
  nodeFqdn,
  type PortalNode,
  type TicketCreated,
} from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { NodeChange } from '../store/node-store.ts';
import type { Store, Tables } from '../store/store.ts';
import { audit, type PortalActor, requireRole } from './actor.ts';
import type { Network } from './network.ts';
import type { Node } from './node.ts';
import type { Registry } from './registry.ts';
import type { RelayUsage } from './relay-usage.ts';
import { type Relays, relayStateOf } from './relays.ts';
import { canManageNode, canSeeNode } from './roles.ts';
import type { TicketService } from './tickets.ts';

/** A machine as the portal shows it. */
export const toPortalNode = (
  node: Node,
  registry: Registry,
  baseDomain: string,
  isProfileOutOfDate: (node: Node) => boolean,
): PortalNode => {
  const {
    accountId: _,
    ownerId: __,
    tokenHash: ___,
    profileDigest,
    tags,
    relay: ____,
    ...identity
  } = node.identity;
  const { presence, mapping, report } = node;
  const owner = registry.ownerOf(node);
  const endpoint = mapping.reflexive.find((seen) => seen !== undefined);
  return {
    ...identity,
    fqdn: nodeFqdn(identity.name, registry.accountOf(node).row.label, baseDomain),
    tags: [...tags],
    ...(owner === undefined ? {} : { owner: { id: owner.id, name: owner.name } }),
    online: presence.isOnline,
    ...(presence.lastSeenAt === null ? {} : { lastSeenAt: presence.lastSeenAt }),
    nat: mapping.nat,
    ...relayStateOf(node),
    ...(endpoint === undefined ? {} : { endpoint }),
    paths: [...report.paths],
    health: [...report.health],
    counts: report.counts,
    ...(profileDigest === null ? {} : { profile: { isOutOfDate: isProfileOutOfDate(node) } }),
  };
};

/** Creates the service. */
export const createPortalNodes = (deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly network: Network;
  readonly tickets: TicketService;
  readonly relays: Relays;
  readonly relayUsage: RelayUsage;
  readonly clock: Clock;
  readonly baseDomain: string;
  readonly isProfileOutOfDate: (node: Node) => boolean;
}) => {
  const { store, registry, network, clock } = deps;
  const show = (node: Node): PortalNode => {
    const relayedBytes = deps.relayUsage.bytesOf(node.id);
    const shown = toPortalNode(node, registry, deps.baseDomain, deps.isProfileOutOfDate);
    if (relayedBytes === 0) return shown;
    return { ...shown, relayedBytes, health: [...shown.health, ...deps.relayUsage.warningsOf(node.id)] };
  };

  const findNode = (actor: PortalActor, id: NodeId): Node => {
    const node = registry.find(id);
    // What one may not see does not exist, so that ids cannot be tried out.
    if (node?.identity.accountId !== actor.accountId || !canSeeNode(actor, node.identity)) {
      throw new BrokerError('NODE_UNKNOWN', 'There is no such node');
    }
    return node;
  };

  const refuseTakenName = async (tables: Tables, node: Node, name: NodePatch['name']): Promise<void> => {
    if (name === undefined || name === node.identity.name) return;
    const names = await tables.nodes.listNames(node.identity.accountId, name);
    if (names.includes(name)) {
      throw new BrokerError('NODE_NAME_TAKEN', `Another node is named ${name}`, { field: 'name' });
    }
  };

  const forget = async (node: Node, note: (tables: Tables, now: number) => Promise<void>): Promise<void> => {
    const now = clock.wallMs();
    await store.transaction(async (tables) => {
      await tables.nodes.update(node.id, { removedAt: now });
      await note(tables, now);
    });
    network.remove(node);
  };

  /** Removes a node; it hears of it on its stream, or at its next request. */
  const removeNode = (actor: PortalActor, node: Node): Promise<void> =>
    forget(node, (tables, now) =>
      audit(tables, actor, now, { action: 'node.removed', target: node.identity.name }),
    );

  return {
    removeNode,
    /** The node, for somebody who sees it. */
    find: findNode,

    list: (actor: PortalActor): PortalNode[] =>
      [...registry.nodesOf(actor.accountId)].filter((node) => canSeeNode(actor, node.identity)).map(show),

    get: (actor: PortalActor, id: NodeId): PortalNode => show(findNode(actor, id)),

    show,

    async update(actor: PortalActor, id: NodeId, patch: NodePatch): Promise<PortalNode> {
      const node = findNode(actor, id);
      requireRole(canManageNode(actor, node.identity), 'change this node');
      if (patch.isRelay !== undefined) await deps.relays.setApproved(actor, node, patch.isRelay);
      const change: NodeChange = {
        ...(patch.name === undefined ? {} : { name: patch.name }),
        ...(patch.note === undefined ? {} : { note: patch.note }),
        ...(patch.tags === undefined ? {} : { tags: [...new Set(patch.tags)] }),
      };
      const before = node.identity.name;
      await store.transaction(async (tables) => {
        await refuseTakenName(tables, node, patch.name);
        await tables.nodes.update(id, change);
        const detail = patch.name === undefined || patch.name === before ? '' : `now ${patch.name}`;
        await audit(tables, actor, clock.wallMs(), { action: 'node.changed', target: before, detail });
      });
      network.change(node, { identity: { ...node.identity, ...change } });
      return show(node);
    },

    async remove(actor: PortalActor, id: NodeId): Promise<void> {
      const node = findNode(actor, id);
      requireRole(canManageNode(actor, node.identity), 'remove this node');
      await removeNode(actor, node);
    },

    /** `DELETE /v1/nodes/self`: the node itself leaves. */
    leave: (node: Node): Promise<void> =>
      forget(node, (tables, at) =>
        tables.audit.insert({
          accountId: node.identity.accountId,
          at,
          actor: node.identity.name,
          action: 'node.left',
          target: node.identity.name,
          detail: '',
        }),
      ),

    /** The address of an edge's web UI with a ticket in it. */
    async createTicket(actor: PortalActor, id: NodeId): Promise<TicketCreated> {
      const node = findNode(actor, id);
      if (node.identity.role !== 'edge')
        throw new BrokerError('NODE_NOT_EDGE', `${node.identity.name} is no edge`);
      const ticket = deps.tickets.create(actor, node);
      await audit(store, actor, clock.wallMs(), { action: 'edge.opened', target: node.identity.name });
      return ticket;
    },
  };
};
export type PortalNodeService = ReturnType<typeof createPortalNodes>;
