/** The logged-in person on whose behalf the portal's services act, and what they note down of it. */
import type { AccountId } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { Tables } from '../store/store.ts';
import type { Actor } from './roles.ts';

/** Who asks, as the session says. */
export interface PortalActor extends Actor {
  readonly accountId: AccountId;
  readonly name: string;
  readonly email: string;
}

/** One action for the audit log: `action` is noun.past-tense. */
export interface AuditNote {
  readonly action: string;
  readonly target: string;
  readonly detail?: string;
}

/** Writes a line of the audit log; inside the transaction of the action itself. */
export const audit = (tables: Tables, actor: PortalActor, at: number, note: AuditNote): Promise<void> =>
  tables.audit.insert({
    accountId: actor.accountId,
    at,
    actor: `${actor.name} <${actor.email}>`,
    action: note.action,
    target: note.target,
    detail: note.detail ?? '',
  });

/** Throws where a role does not allow something. */
export const requireRole = (isAllowed: boolean, what: string): void => {
  if (!isAllowed) throw new BrokerError('ROLE_FORBIDDEN', `Your role does not allow to ${what}`);
};
