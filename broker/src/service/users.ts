/** The people of an account. A change reaches the maps of their nodes and ends sessions that rest on what was. */
import { type Clock, newId } from '@sidegate/kit';
import type { NewUser, User, UserId, UserPatch } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { Store, Tables } from '../store/store.ts';
import type { UserRow } from '../store/user-store.ts';
import { audit, type PortalActor, requireRole } from './actor.ts';
import { toUser } from './logins.ts';
import type { Network } from './network.ts';
import { hashPassword } from './password-hash.ts';
import type { PortalNodeService } from './portal-nodes.ts';
import type { PortalStreams } from './portal-streams.ts';
import type { Registry } from './registry.ts';
import { canAdministrate, canAssignRole } from './roles.ts';

/** Creates the service. */
export const createUsers = (deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly network: Network;
  readonly nodes: PortalNodeService;
  readonly streams: PortalStreams;
  readonly clock: Clock;
}) => {
  const { store, network, clock } = deps;

  const findIn = async (tables: Tables, actor: PortalActor, id: UserId): Promise<UserRow> => {
    const user = await tables.users.find(id);
    if (user?.accountId !== actor.accountId) throw new BrokerError('USER_UNKNOWN', 'There is no such person');
    return user;
  };
  /** Somebody must be left who can do everything. */
  const requireOtherOwner = async (tables: Tables, user: UserRow): Promise<void> => {
    if (user.role !== 'owner') return;
    const users = await tables.users.list(user.accountId);
    if (!users.some((other) => other.role === 'owner' && other.id !== user.id)) {
      throw new BrokerError('LAST_OWNER', `${user.name} is the only owner`);
    }
  };
  const refuseTakenEmail = async (tables: Tables, email: UserRow['email']): Promise<void> => {
    if ((await tables.users.findByEmail(email)) !== undefined) {
      throw new BrokerError('EMAIL_TAKEN', `${email} has a login already`, { field: 'email' });
    }
  };

  return {
    async list(actor: PortalActor): Promise<User[]> {
      requireRole(canAdministrate(actor), 'see the people of the account');
      return (await store.users.list(actor.accountId)).map(toUser);
    },

    async create(actor: PortalActor, wish: NewUser): Promise<User> {
      requireRole(
        canAdministrate(actor) && canAssignRole(actor, wish.role),
        `add people with the role ${wish.role}`,
      );
      const { name, email, role, password } = wish;
      const passwordHash = await hashPassword(password);
      const now = clock.wallMs();
      const user: UserRow = {
        id: newId<UserId>('u'),
        accountId: actor.accountId,
        name,
        email,
        role,
        passwordHash,
        createdAt: now,
        lastLoginAt: null,
      };
      await store.transaction(async (tables) => {
        await refuseTakenEmail(tables, email);
        await tables.users.insert(user);
        await audit(tables, actor, now, { action: 'user.created', target: email, detail: role });
      });
      network.changePerson(user.id, user);
      return toUser(user);
    },

    /** Administrators change everybody but owners; everybody changes their own name and password. */
    async update(actor: PortalActor, id: UserId, patch: UserPatch): Promise<User> {
      const isSelf = id === actor.id;
      requireRole(canAdministrate(actor) || (isSelf && patch.role === undefined), 'change other people');
      const passwordHash = patch.password === undefined ? undefined : await hashPassword(patch.password);
      const changed = await store.transaction(async (tables) => {
        const user = await findIn(tables, actor, id);
        requireRole(isSelf || canAssignRole(actor, user.role), 'change an owner');
        if (patch.role !== undefined && patch.role !== user.role) {
          requireRole(canAssignRole(actor, patch.role), `give the role ${patch.role}`);
          await requireOtherOwner(tables, user);
        }
        const change = {
          ...(patch.name === undefined ? {} : { name: patch.name }),
          ...(patch.role === undefined ? {} : { role: patch.role }),
          ...(passwordHash === undefined ? {} : { passwordHash }),
        };
        await tables.users.update(id, change);
        if (passwordHash !== undefined) await tables.sessions.deleteOf(id);
        const detail = Object.keys(patch).join(', ');
        await audit(tables, actor, clock.wallMs(), { action: 'user.changed', target: user.email, detail });
        return { ...user, ...change };
      });
      network.changePerson(id, changed);
      deps.streams.closeOf(id);
      return toUser(changed);
    },

    /** Removes a person, with the clients that were theirs; edges they set up stay. */
    async remove(actor: PortalActor, id: UserId): Promise<void> {
      requireRole(canAdministrate(actor), 'remove people');
      const user = await store.transaction(async (tables) => {
        const found = await findIn(tables, actor, id);
        requireRole(canAssignRole(actor, found.role), 'remove an owner');
        await requireOtherOwner(tables, found);
        return found;
      });
      const owned = deps.registry.ownedBy(user);
      for (const node of owned) if (node.identity.role === 'client') await deps.nodes.removeNode(actor, node);
      await store.transaction(async (tables) => {
        await tables.users.delete(id);
        await audit(tables, actor, clock.wallMs(), { action: 'user.removed', target: user.email });
      });
      for (const node of deps.registry.ownedBy(user)) {
        network.change(node, { identity: { ...node.identity, ownerId: null } });
      }
      network.changePerson(id, undefined);
      deps.streams.closeOf(id);
    },
  };
};
