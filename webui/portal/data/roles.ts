/** What the portal offers a role. The broker decides; the page only hides what would be refused. */
import type { NodeRole, UserRole } from '@sidegate/protocol';

/** Sees people and the audit log. */
export const canAdministrate = (role: UserRole): boolean => role === 'owner' || role === 'admin';

/** The kinds of machines that a person may let in. */
export const enrollableRoles = (role: UserRole): readonly NodeRole[] => {
  if (canAdministrate(role)) return ['edge', 'client', 'relay'];
  return role === 'technician' ? ['edge', 'client'] : ['client'];
};
