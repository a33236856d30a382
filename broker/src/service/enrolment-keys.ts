/** Making, listing and revoking enrolment keys. The database is asked every time: the command line makes keys too. */
import { type Clock, newId, newToken } from '@sidegate/kit';
import type { EnrolmentKey, EnrolmentKeyCreated, EnrolmentKeyId, NewEnrolmentKey } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { EnrolmentKeyRow } from '../store/enrolment-store.ts';
import type { Store } from '../store/store.ts';
import { audit, type PortalActor, requireRole } from './actor.ts';
import { keyStateOf } from './enrolment.ts';
import { canAdministrate, canEnrol } from './roles.ts';
import { hashSecret } from './secrets.ts';

/** 24 bytes: 32 characters after the prefix. */
const SECRET_SIZE_BYTES = 24;

/** A key as the portal shows it. */
const toEnrolmentKey = (row: EnrolmentKeyRow, now: number): EnrolmentKey => ({
  id: row.id,
  label: row.label,
  role: row.role,
  tags: [...row.tags],
  reusable: row.reusable === 1,
  uses: row.uses,
  createdAt: row.createdAt,
  ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt }),
  state: keyStateOf(row, now),
});

/** Creates the service. */
export const createEnrolmentKeys = (deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly publicUrl: string;
}) => {
  const { store, clock } = deps;
  return {
    /** Makes a key; its secret is in this answer and nowhere else. */
    async create(actor: PortalActor, wish: NewEnrolmentKey): Promise<EnrolmentKeyCreated> {
      requireRole(canEnrol(actor, wish.role), `create keys for the role ${wish.role}`);
      const secret = newToken('sgk_', SECRET_SIZE_BYTES);
      const now = clock.wallMs();
      const row: EnrolmentKeyRow = {
        id: newId<EnrolmentKeyId>('k'),
        accountId: actor.accountId,
        secretHash: hashSecret(secret),
        label: wish.label,
        role: wish.role,
        tags: wish.tags,
        reusable: wish.reusable ? 1 : 0,
        uses: 0,
        createdBy: actor.id,
        createdAt: now,
        expiresAt: now + wish.lifetimeSec * 1000,
        revokedAt: null,
      };
      await store.transaction(async (tables) => {
        await tables.enrolment.insertKey(row);
        await audit(tables, actor, now, {
          action: 'key.created',
          target: row.label || row.id,
          detail: row.role,
        });
      });
      return {
        key: toEnrolmentKey(row, now),
        secret,
        command: `sidegate up --broker ${deps.publicUrl} --key ${secret}`,
      };
    },

    /** All keys of the account for administrators, else one's own. */
    async list(actor: PortalActor): Promise<EnrolmentKey[]> {
      const rows = await store.enrolment.listKeys(actor.accountId);
      return rows
        .filter((row) => canAdministrate(actor) || row.createdBy === actor.id)
        .map((row) => toEnrolmentKey(row, clock.wallMs()));
    },

    /** Makes a key worthless; nodes it let in stay. */
    async revoke(actor: PortalActor, id: EnrolmentKeyId): Promise<void> {
      const row = await store.enrolment.findKeyById(id);
      const isMine =
        row?.accountId === actor.accountId && (canAdministrate(actor) || row.createdBy === actor.id);
      if (row === undefined || !isMine)
        throw new BrokerError('KEY_UNKNOWN', 'There is no such enrolment key');
      const now = clock.wallMs();
      await store.transaction(async (tables) => {
        await tables.enrolment.revokeKey(id, now);
        await audit(tables, actor, now, { action: 'key.revoked', target: row.label || row.id });
      });
    },
  };
};
