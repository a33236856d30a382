/**
 * What an agent answers: to its web UI over TCP (cookie session, CSRF header `x-sidegate-csrf`) and to the CLI
 * over a unix socket (the file's permission is the login). Paths are under `/api`.
 */
import * as v from 'valibot';
import { Host, Scan } from './discovery-api.ts';
import { EdgeStatus, PeerStatus } from './edge-status.ts';
import type { EventOf } from './event-of.ts';
import { Address, Forward } from './forwarding-api.ts';
import { AddressId, DnsLabel, ForwardId, HostId, WallMs } from './ids.ts';
import { LIMITS } from './limits.ts';
import { NodeRole } from './node-api.ts';
import { NewPassword, UserRole } from './portal-api.ts';

/** `POST /session`: a local password, or the ticket that the portal put into the URL's fragment. */
export const EdgeLogin = v.union([
  v.strictObject({ password: v.pipe(v.string(), v.maxLength(LIMITS.passwordMaxLength)) }),
  v.strictObject({ ticket: v.pipe(v.string(), v.maxLength(2048)) }),
]);
export type EdgeLogin = v.InferOutput<typeof EdgeLogin>;
/** `GET /session`. */
export const EdgeSession = v.strictObject({
  user: v.strictObject({ name: v.string(), role: UserRole, via: v.picklist(['password', 'ticket']) }),
  csrf: v.string(),
  expiresAt: WallMs,
});
export type EdgeSession = v.InferOutput<typeof EdgeSession>;
/** `GET /login`: what the login page may know before anyone has logged in. */
export const EdgeLoginInfo = v.strictObject({
  name: v.string(),
  passwordLogin: v.boolean(),
  passwordHint: v.string(),
  portalUrl: v.optional(v.string()),
});
export type EdgeLoginInfo = v.InferOutput<typeof EdgeLoginInfo>;

/** Events of `GET /events`. */
export const EDGE_EVENTS = {
  'status.changed': EdgeStatus,
  'host.changed': Host,
  'host.removed': v.strictObject({ id: HostId }),
  'scan.changed': Scan,
  'forward.changed': Forward,
  'forward.removed': v.strictObject({ id: ForwardId }),
  'address.changed': Address,
  'address.removed': v.strictObject({ id: AddressId }),
  'peer.changed': PeerStatus,
} as const;
/** Name of an event, the `event:` line of the stream. */
export type EdgeEventName = keyof typeof EDGE_EVENTS;
/** An event as the web UI and the command line read it. */
export type EdgeEvent = EventOf<typeof EDGE_EVENTS>;

/** CLI only, unix socket: `POST /up`. With a key unattended, without one the answer carries a code to approve. */
export const UpRequest = v.strictObject({
  brokerUrl: v.optional(
    v.pipe(v.string(), v.url('a URL such as https://broker.example.com'), v.maxLength(300)),
  ),
  key: v.optional(v.string()),
  name: v.optional(DnsLabel),
  role: v.optional(NodeRole),
});
export type UpRequest = v.InferOutput<typeof UpRequest>;
/** The answer; with `approval-needed` comes the code that somebody has to approve in the portal. */
export const UpResponse = v.variant('state', [
  v.strictObject({ state: v.literal('starting') }),
  v.strictObject({ state: v.literal('up') }),
  v.strictObject({
    state: v.literal('approval-needed'),
    code: v.string(),
    verificationUrl: v.string(),
    expiresAt: WallMs,
  }),
]);
export type UpResponse = v.InferOutput<typeof UpResponse>;
/** CLI only: `PUT /login/password`, the local password of the edge's web UI. */
export const SetPasswordRequest = v.strictObject({ password: NewPassword });
export type SetPasswordRequest = v.InferOutput<typeof SetPasswordRequest>;
/** CLI only: `POST /down`. `forget` also removes the identity and tells the broker. */
export const DownRequest = v.strictObject({ forget: v.optional(v.boolean(), false) });
export type DownRequest = v.InferOutput<typeof DownRequest>;
