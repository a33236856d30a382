/**
 * Devices with a stock WireGuard app. Each is a node of the role `client` without a token: it makes its key itself, the
 * beacons alone see it, and its configuration is made once. So the broker remembers what that held and says when it is
 * out of date; making it anew takes a new key, since nobody but the device has the old one.
 */
import { type Clock, newToken } from '@sidegate/kit';
import type { NewProfile, NodeId, ProfileCreated, ProfileRenewal } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { audit, type PortalActor, requireRole } from './actor.ts';
import { digestOf, type ProfileCompiler } from './compile-profile.ts';
import type { EnrolmentService } from './enrolment.ts';
import type { Network } from './network.ts';
import { isStockApp, type Node } from './node.ts';
import type { PortalNodeService } from './portal-nodes.ts';

/** What such a device says of its system, which is nothing. */
const PLATFORM = 'WireGuard app';
/** How often to look whose profile went out of date; people do not wait for it. */
export const PROFILE_REVIEW_MS = 1_000;

/** Creates the watch over what profiles held. */
export const createProfileReview = (network: Network, compiler: ProfileCompiler) => {
  const known = new WeakMap<Node, { readonly key: string; readonly isOutOfDate: boolean }>();
  const told = new WeakMap<Node, boolean>();
  const dirty = new Set<Node>();
  network.events.on('view.changed', (node) => {
    if (isStockApp(node)) dirty.add(node);
  });
  network.events.on('node.removed', (node) => void dirty.delete(node));

  const isOutOfDate = (node: Node): boolean => {
    const key = `${network.revisionOf(node)} ${node.identity.profileDigest}`;
    const before = known.get(node);
    if (before?.key === key) return before.isOutOfDate;
    const now = { key, isOutOfDate: digestOf(compiler.compile(node)) !== node.identity.profileDigest };
    known.set(node, now);
    return now.isOutOfDate;
  };
  return {
    isOutOfDate,
    /** Tells the portal of profiles that went out of date, or came back. Call every `PROFILE_REVIEW_MS`. */
    review(): void {
      const nodes = [...dirty];
      dirty.clear();
      for (const node of nodes) {
        const is = isOutOfDate(node);
        if (told.get(node) !== is) network.events.emit('node.changed', node);
        told.set(node, is);
      }
    },
  };
};

/** Creates the service. */
export const createProfiles = (deps: {
  readonly store: Store;
  readonly network: Network;
  readonly enrolment: EnrolmentService;
  readonly nodes: PortalNodeService;
  readonly compiler: ProfileCompiler;
  readonly clock: Clock;
  /** Ends the sessions of a key that is no more. */
  readonly forgetSessions: (node: NodeId) => void;
}) => {
  const { store, network, enrolment, nodes, compiler, clock } = deps;

  /** What the device gets, written down as what it has. */
  const issue = async (node: Node): Promise<ProfileCreated> => {
    const profile = compiler.compile(node);
    const profileDigest = digestOf(profile);
    await store.nodes.update(node.id, { profileDigest });
    network.change(node, { identity: { ...node.identity, profileDigest } });
    return { node: nodes.show(node), profile };
  };

  return {
    /** Lets a device of the person's own in. */
    async create(actor: PortalActor, { name, publicKey }: NewProfile): Promise<ProfileCreated> {
      const { accountId, id: ownerId } = actor;
      // A node has a token; nobody is told this one.
      const admission = { accountId, ownerId, tags: [], token: newToken('sgn_'), profileDigest: '' };
      const about = { hostname: name, platform: PLATFORM, agentVersion: '', bootId: '' };
      const row = await store.transaction(async (tables) => {
        const inserted = await enrolment.insertNode(tables, admission, {
          name,
          publicKey,
          role: 'client',
          ...about,
        });
        const detail = inserted.address4;
        await audit(tables, actor, clock.wallMs(), {
          action: 'profile.created',
          target: inserted.name,
          detail,
        });
        return inserted;
      });
      return issue(await enrolment.admit(row));
    },

    /** The same device with a new key and everything it may reach now. The old key is worthless at once. */
    async renew(actor: PortalActor, id: NodeId, { publicKey }: ProfileRenewal): Promise<ProfileCreated> {
      const node = nodes.find(actor, id);
      if (!isStockApp(node))
        throw new BrokerError('NODE_NOT_PROFILE', `${node.identity.name} has no profile`);
      requireRole(node.identity.ownerId === actor.id, "renew somebody else's profile");
      await store.transaction(async (tables) => {
        if ((await tables.nodes.findByKey(publicKey)) !== undefined)
          throw new BrokerError('PUBLIC_KEY_TAKEN', 'Renew with a key that is in use', {
            field: 'publicKey',
          });
        await tables.nodes.update(id, { publicKey });
        await audit(tables, actor, clock.wallMs(), {
          action: 'profile.renewed',
          target: node.identity.name,
        });
      });
      network.change(node, { identity: { ...node.identity, publicKey } });
      deps.forgetSessions(id);
      return issue(node);
    },
  };
};
