/** What a person may see and do in the portal. Pure. */
import type { NodeRole, UserId, UserRole } from '@sidegate/protocol';

/** The person who asks. */
export interface Actor {
  readonly id: UserId;
  readonly role: UserRole;
}

/** What matters of a node here. */
export interface OwnedNode {
  readonly role: NodeRole;
  readonly ownerId: UserId | null;
}

const isAdmin = (actor: Actor): boolean => actor.role === 'owner' || actor.role === 'admin';

/** Sees the node, and opens it: technicians all edges, members their own nodes only. */
export const canSeeNode = (actor: Actor, node: OwnedNode): boolean =>
  isAdmin(actor) || node.ownerId === actor.id || (actor.role === 'technician' && node.role === 'edge');

/** Renames, tags or removes it: whoever sees it. */
export const canManageNode = canSeeNode;

/** Lets machines of this role in, by key or by approval: members their own clients only, relays admins only. */
export const canEnrol = (actor: Actor, role: NodeRole): boolean =>
  isAdmin(actor) || role === 'client' || (role === 'edge' && actor.role === 'technician');

/** Sees, adds and changes people, and reads the audit log. */
export const canAdministrate = isAdmin;

/** Gives or takes this role: only owners make or unmake owners. */
export const canAssignRole = (actor: Actor, role: UserRole): boolean =>
  actor.role === 'owner' || (actor.role === 'admin' && role !== 'owner');
