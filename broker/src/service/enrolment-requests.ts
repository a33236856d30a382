/**
 * Letting a machine in without a key: it shows a short code, a person compares and approves it in the portal, and the
 * machine collects its identity with a poll token that nobody else has.
 */
import { randomInt } from 'node:crypto';
import { type Clock, createEmitter, newToken } from '@sidegate/kit';
import {
  DEFAULTS,
  type EnrolmentRequestCreated,
  type EnrolmentRequestState,
  type NodeDescription,
  type PendingEnrolment,
} from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { EnrolmentRequestRow } from '../store/enrolment-store.ts';
import type { Store } from '../store/store.ts';
import { audit, type PortalActor, requireRole } from './actor.ts';
import type { EnrolmentService } from './enrolment.ts';
import type { Node } from './node.ts';
import type { Registry } from './registry.ts';
import { canEnrol } from './roles.ts';
import { hashSecret } from './secrets.ts';

/** Consonants only: no look-alikes, and no words. */
const CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const POLL_INTERVAL_SEC = 3;
/** Requests of strangers cost rows: beyond this they wait. */
const PENDING_MAX = 1_000;
/** Answers are kept for machines that come late. */
const KEEP_ANSWERED_MS = 24 * 3_600_000;

const newCode = (): string => {
  const letters = () =>
    Array.from({ length: 4 }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join('');
  return `${letters()}-${letters()}`;
};

const describe = (row: EnrolmentRequestRow): NodeDescription =>
  JSON.parse(row.description) as NodeDescription;

const toPending = (row: EnrolmentRequestRow): PendingEnrolment => {
  const { name, role, hostname, platform } = describe(row);
  const { code, fromAddress, createdAt, expiresAt } = row;
  return { code, name, role, hostname, platform, fromAddress, createdAt, expiresAt };
};

/** Creates the service. */
export const createEnrolmentRequests = (deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly enrolment: EnrolmentService;
  readonly clock: Clock;
  readonly publicUrl: string;
}) => {
  const { store, registry, enrolment, clock } = deps;
  const events = createEmitter<{ 'enrolment.requested': PendingEnrolment }>();

  const findPending = async (code: string): Promise<EnrolmentRequestRow> => {
    const row = await store.enrolment.findRequest(code.toUpperCase());
    if (row === undefined || row.state !== 'pending' || row.expiresAt <= clock.wallMs()) {
      throw new BrokerError('ENROLMENT_REQUEST_UNKNOWN', 'No machine waits with this code');
    }
    return row;
  };

  const collect = async (row: EnrolmentRequestRow): Promise<EnrolmentRequestState> => {
    const node = row.nodeId === null ? undefined : registry.find(row.nodeId);
    if (node === undefined) return { state: 'denied' };
    // Collected and in use: whoever asks again does not get a second identity.
    if (node.presence.lastSeenAt !== null) return { state: 'expired' };
    return { state: 'approved', enrolment: await enrolment.renew(node) };
  };

  return {
    events,

    /** `POST /v1/enrol/requests`. */
    async create(description: NodeDescription, fromAddress: string): Promise<EnrolmentRequestCreated> {
      const now = clock.wallMs();
      await store.enrolment.deleteRequestsBefore(now - KEEP_ANSWERED_MS);
      if ((await store.enrolment.countPending(now)) >= PENDING_MAX) {
        throw new BrokerError('BROKER_BUSY', 'Too many machines wait for approval');
      }
      const pollToken = newToken('sgp_');
      const row: EnrolmentRequestRow = {
        code: newCode(),
        pollHash: hashSecret(pollToken),
        description: JSON.stringify(description),
        fromAddress,
        state: 'pending',
        nodeId: null,
        createdAt: now,
        expiresAt: now + DEFAULTS.enrolmentRequestSec * 1000,
      };
      await store.enrolment.insertRequest(row);
      events.emit('enrolment.requested', toPending(row));
      const { code, expiresAt } = row;
      const verificationUrl = `${deps.publicUrl}/approve?code=${code}`;
      return { code, pollToken, verificationUrl, expiresAt, pollIntervalSec: POLL_INTERVAL_SEC };
    },

    /** `GET /v1/enrol/requests/self`. */
    async poll(pollToken: string): Promise<EnrolmentRequestState> {
      const row = await store.enrolment.findRequestByPoll(hashSecret(pollToken));
      if (row === undefined)
        throw new BrokerError('ENROLMENT_REQUEST_UNKNOWN', 'This request does not exist');
      if (row.state === 'approved') return collect(row);
      if (row.state === 'denied') return { state: 'denied' };
      return { state: row.expiresAt <= clock.wallMs() ? 'expired' : 'pending' };
    },

    /** What waits with this code. */
    async find(actor: PortalActor, code: string): Promise<PendingEnrolment> {
      const row = await findPending(code);
      requireRole(canEnrol(actor, describe(row).role), 'let this machine in');
      return toPending(row);
    },

    /** Lets the machine into the account of the person, who becomes its owner. */
    async approve(actor: PortalActor, code: string): Promise<Node> {
      const request = await findPending(code);
      const description = describe(request);
      requireRole(canEnrol(actor, description.role), 'let this machine in');
      const row = await store.transaction(async (tables) => {
        const admission = {
          accountId: actor.accountId,
          ownerId: actor.id,
          tags: [],
          token: newToken('sgn_'),
        };
        const inserted = await enrolment.insertNode(tables, admission, description);
        if (!(await tables.enrolment.decideRequest(request.code, 'approved', inserted.id))) {
          throw new BrokerError('ENROLMENT_REQUEST_UNKNOWN', 'Somebody else has decided this request');
        }
        const detail = `${inserted.role} ${inserted.address4} from ${request.fromAddress}`;
        await audit(tables, actor, clock.wallMs(), {
          action: 'node.approved',
          target: inserted.name,
          detail,
        });
        return inserted;
      });
      return enrolment.admit(row);
    },

    /** Sends the machine away. */
    async deny(actor: PortalActor, code: string): Promise<void> {
      const row = await findPending(code);
      requireRole(canEnrol(actor, describe(row).role), 'decide on this machine');
      await store.transaction(async (tables) => {
        await tables.enrolment.decideRequest(row.code, 'denied', null);
        await audit(tables, actor, clock.wallMs(), { action: 'node.denied', target: describe(row).name });
      });
    },
  };
};
