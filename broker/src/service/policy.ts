/**
 * Who may open what on whom. Pure: presets over roles and owners. The answer stands in every map and decides what the
 * relay forwards; nodes enforce it once more.
 */
import type { Access, NodeRole, UserId, UserRole } from '@sidegate/protocol';
import type { PolicyPreset } from '../store/schema.ts';

/** What policy looks at in a node. */
export interface PolicySubject {
  readonly role: NodeRole;
  /** The user who created its key or approved it. */
  readonly owner: { readonly id: UserId; readonly role: UserRole } | undefined;
}

const ALL: Access = { kind: 'all' };
const NONE: Access = { kind: 'none' };

const isSameOwner = (one: PolicySubject, other: PolicySubject): boolean =>
  one.owner !== undefined && one.owner.id === other.owner?.id;

const reachesAllEdges = (client: PolicySubject): boolean =>
  client.owner !== undefined && client.owner.role !== 'member';

/**
 * What `from` may open on `to`.
 * - `mesh`: every node everything on every node.
 * - `service`: clients of technicians, administrators and owners reach all edges; clients of one person reach each
 *   other and that person's edges. An edge opens nothing anywhere, so that no home reaches another.
 */
export const accessBetween = (from: PolicySubject, to: PolicySubject, preset: PolicyPreset): Access => {
  if (preset === 'mesh') return ALL;
  if (from.role !== 'client' || to.role === 'relay') return NONE;
  if (to.role === 'edge' && reachesAllEdges(from)) return ALL;
  return isSameOwner(from, to) ? ALL : NONE;
};

/** Do the two know each other? A tunnel has two ends, so one direction of access puts each into the other's map. */
export const canMeet = (one: PolicySubject, other: PolicySubject, preset: PolicyPreset): boolean =>
  accessBetween(one, other, preset).kind !== 'none' || accessBetween(other, one, preset).kind !== 'none';
