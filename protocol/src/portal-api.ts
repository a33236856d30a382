/**
 * What the portal (a browser) and the broker say to each other. Cookie session; every write carries the
 * session's CSRF token in `x-sidegate-csrf`. Paths are under `/v1/portal`.
 */
import * as v from 'valibot';
import type { EventOf } from './event-of.ts';
import {
  AccountId,
  DnsLabel,
  Endpoint,
  EnrolmentKeyId,
  Ip4,
  Ip6,
  NodeId,
  PublicKey,
  plainText,
  UserId,
  WallMs,
} from './ids.ts';
import { DEFAULTS, LIMITS } from './limits.ts';
import { NatKind, NodeRole, PathSummary, Tag } from './node-api.ts';
import { RelayOffer } from './relay-api.ts';

/** What a person may do: technicians reach all edges, members their own nodes only. */
export const UserRole = v.picklist(['owner', 'admin', 'technician', 'member']);
export type UserRole = v.InferOutput<typeof UserRole>;

/** In lower case; 254 characters is what a path of RFC 5321 section 4.5.3.1.3 has room for. */
export const Email = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.maxLength(254),
  v.email('an e-mail address'),
  v.brand('Email'),
);
export type Email = v.InferOutput<typeof Email>;
/** The least length holds where a password is set; a log-in takes shorter ones. */
export const NewPassword = v.pipe(
  v.string(),
  v.minLength(LIMITS.passwordMinLength, `at least ${LIMITS.passwordMinLength} characters`),
  v.maxLength(LIMITS.passwordMaxLength),
);

/** `GET /state`: what a browser without a session may know. */
export const PortalState = v.strictObject({
  setupNeeded: v.boolean(),
  version: v.string(),
  baseDomain: v.string(),
});
export type PortalState = v.InferOutput<typeof PortalState>;

/** `POST /setup`, once: creates the account and its owner. The code is printed by the broker at its first start. */
export const SetupRequest = v.strictObject({
  setupCode: v.pipe(v.string(), v.trim(), v.maxLength(64)),
  accountName: v.pipe(plainText(LIMITS.labelLength), v.nonEmpty()),
  accountLabel: DnsLabel,
  name: v.pipe(plainText(LIMITS.labelLength), v.nonEmpty()),
  email: Email,
  password: NewPassword,
  preset: v.optional(v.picklist(['mesh', 'service']), 'service'),
});
export type SetupRequest = v.InferOutput<typeof SetupRequest>;

/** `POST /session`. */
export const LoginRequest = v.strictObject({
  email: Email,
  password: v.pipe(v.string(), v.maxLength(LIMITS.passwordMaxLength)),
});
export type LoginRequest = v.InferOutput<typeof LoginRequest>;

/** A person of the account, as administrators see them. */
export const User = v.strictObject({
  id: UserId,
  name: v.string(),
  email: v.string(),
  role: UserRole,
  createdAt: WallMs,
  lastLoginAt: v.optional(WallMs),
});
export type User = v.InferOutput<typeof User>;

/** `GET /session`, and the answer to `POST /session` and `POST /setup`. */
export const PortalSession = v.strictObject({
  user: User,
  account: v.strictObject({
    id: AccountId,
    name: v.string(),
    label: DnsLabel,
    preset: v.picklist(['mesh', 'service']),
    baseDomain: v.string(),
  }),
  csrf: v.string(),
  expiresAt: WallMs,
});
export type PortalSession = v.InferOutput<typeof PortalSession>;

/** One machine in the list of the portal. `GET /nodes`, `GET /nodes/:id`. */
export const PortalNode = v.strictObject({
  id: NodeId,
  name: DnsLabel,
  fqdn: v.string(),
  role: NodeRole,
  publicKey: PublicKey,
  address4: Ip4,
  address6: Ip6,
  tags: v.array(Tag),
  note: v.string(),
  hostname: v.string(),
  platform: v.string(),
  agentVersion: v.string(),
  owner: v.optional(v.strictObject({ id: UserId, name: v.string() })),
  /** Seen within two check-ins, or its event stream is open. */
  online: v.boolean(),
  lastSeenAt: v.optional(WallMs),
  createdAt: WallMs,
  nat: NatKind,
  endpoint: v.optional(Endpoint),
  paths: v.array(PathSummary),
  health: v.array(v.string()),
  counts: v.strictObject({ hosts: v.number(), forwards: v.number() }),
  /** What it sent through the broker's relay this month (UTC). */
  relayedBytes: v.exactOptional(v.number()),
  /** It offers to relay for the account, or does so already. */
  relay: v.exactOptional(v.strictObject({ ...RelayOffer.entries, isApproved: v.boolean() })),
  /** A device with a stock WireGuard app. Out of date: machines came, went or changed since its profile was made. */
  profile: v.exactOptional(v.strictObject({ isOutOfDate: v.boolean() })),
});
export type PortalNode = v.InferOutput<typeof PortalNode>;

/** `PATCH /nodes/:id`. */
export const NodePatch = v.strictObject({
  name: v.optional(DnsLabel),
  note: v.optional(plainText(LIMITS.noteLength)),
  tags: v.optional(v.pipe(v.array(Tag), v.maxLength(LIMITS.tagsPerNode))),
  /** Let it relay for the account, with the key that it offers now; or no longer. Administrators only. */
  isRelay: v.optional(v.boolean()),
});
export type NodePatch = v.InferOutput<typeof NodePatch>;

/** `POST /nodes/:id/ticket`: the address of the edge's web UI with a single-use login ticket in its fragment. */
export const TicketCreated = v.strictObject({ url: v.string(), expiresAt: WallMs });
export type TicketCreated = v.InferOutput<typeof TicketCreated>;

/**
 * What a ticket says; on the wire `base64url(JSON).base64url(signature)`. The Ed25519 signature covers the first part
 * as it is sent (the ASCII bytes of its base64url text), so that no one has to agree on how JSON is written.
 */
export const TicketClaims = v.strictObject({
  ticketId: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{16,32}$/)),
  audience: NodeId,
  user: v.strictObject({ id: UserId, name: v.string(), role: UserRole }),
  expiresAt: WallMs,
  issuedAt: WallMs,
});
export type TicketClaims = v.InferOutput<typeof TicketClaims>;

/** `GET /enrolment-keys`. The secret itself is shown only in the answer that creates it. */
export const EnrolmentKey = v.strictObject({
  id: EnrolmentKeyId,
  label: v.string(),
  role: NodeRole,
  tags: v.array(Tag),
  reusable: v.boolean(),
  uses: v.number(),
  createdAt: WallMs,
  expiresAt: v.optional(WallMs),
  state: v.picklist(['valid', 'used', 'expired', 'revoked']),
});
export type EnrolmentKey = v.InferOutput<typeof EnrolmentKey>;
/** `POST /enrolment-keys`. */
export const NewEnrolmentKey = v.strictObject({
  label: plainText(LIMITS.labelLength),
  role: v.optional(NodeRole, 'edge'),
  tags: v.optional(v.pipe(v.array(Tag), v.maxLength(LIMITS.tagsPerNode)), []),
  reusable: v.optional(v.boolean(), false),
  lifetimeSec: v.optional(v.pipe(v.number(), v.integer(), v.minValue(60), v.maxValue(365 * 86_400)), 86_400),
});
export type NewEnrolmentKey = v.InferOutput<typeof NewEnrolmentKey>;
/** The only time that the secret is shown; `command` is the line to paste on the machine. */
export const EnrolmentKeyCreated = v.strictObject({
  key: EnrolmentKey,
  secret: v.string(),
  command: v.string(),
});
export type EnrolmentKeyCreated = v.InferOutput<typeof EnrolmentKeyCreated>;

/** `GET /enrolment-requests/:code`: what a person approves or denies (`POST .../approve`, `POST .../deny`). */
export const PendingEnrolment = v.strictObject({
  code: v.string(),
  name: DnsLabel,
  role: NodeRole,
  hostname: v.string(),
  platform: v.string(),
  fromAddress: v.string(),
  createdAt: WallMs,
  expiresAt: WallMs,
});
export type PendingEnrolment = v.InferOutput<typeof PendingEnrolment>;

/** `POST /users`, `PATCH /users/:id`. */
export const NewUser = v.strictObject({
  name: v.pipe(plainText(LIMITS.labelLength), v.nonEmpty()),
  email: Email,
  role: UserRole,
  password: NewPassword,
});
export type NewUser = v.InferOutput<typeof NewUser>;
/** `PATCH /users/:id`: what is absent stays; a new password ends the person's sessions. */
export const UserPatch = v.strictObject({
  name: v.optional(plainText(LIMITS.labelLength)),
  role: v.optional(UserRole),
  password: v.optional(NewPassword),
});
export type UserPatch = v.InferOutput<typeof UserPatch>;

/** `GET /audit`: newest first, at most 200. */
export const AuditEntry = v.strictObject({
  at: WallMs,
  actor: v.string(),
  action: v.string(),
  target: v.string(),
  detail: v.string(),
});
export type AuditEntry = v.InferOutput<typeof AuditEntry>;

/** Events of `GET /events`: a changed or new node, a removed one, a machine waiting for approval. */
export const PORTAL_EVENTS = {
  'node.changed': PortalNode,
  'node.removed': v.strictObject({ id: NodeId }),
  'enrolment.requested': PendingEnrolment,
} as const;
/** An event as the portal reads it. */
export type PortalEvent = EventOf<typeof PORTAL_EVENTS>;

/** Used by both portal and broker to write URLs of edges. */
export const nodeFqdn = (
  name: string,
  accountLabel: string,
  baseDomain: string = DEFAULTS.baseDomain,
): string => `${name}.${accountLabel}.${baseDomain}`;
