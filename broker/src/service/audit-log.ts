/** Reading the audit log; what is written stands beside each action. */
import type { AuditEntry } from '@sidegate/protocol';
import type { Store } from '../store/store.ts';
import { type PortalActor, requireRole } from './actor.ts';
import { canAdministrate } from './roles.ts';

const ENTRIES_MAX = 200;

/** Creates the service. */
export const createAuditLog = (store: Store) => ({
  /** Newest first. */
  async list(actor: PortalActor): Promise<AuditEntry[]> {
    requireRole(canAdministrate(actor), 'read the audit log');
    const rows = await store.audit.list(actor.accountId, ENTRIES_MAX);
    return rows.map(({ at, actor: who, action, target, detail }) => ({
      at,
      actor: who,
      action,
      target,
      detail,
    }));
  },
});
