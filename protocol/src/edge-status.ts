/** How an agent is, as it says so itself: its state, its peers, and what somebody should know. */
import * as v from 'valibot';
import { DnsLabel, Endpoint, Ip4, Ip6, NodeId, Port, PublicKey, WallMs } from './ids.ts';
import { Candidate, NatKind, NodeRole, PathState, Tag } from './node-api.ts';

/** A thing a person can act on: shown in the UI and in `sidegate status`, instead of a log line. */
export const HealthWarning = v.strictObject({
  code: v.string(),
  severity: v.picklist(['info', 'warning', 'error']),
  title: v.string(),
  hint: v.string(),
  /** The plugin or subsystem that raised it. */
  source: v.string(),
  sinceMs: WallMs,
});
export type HealthWarning = v.InferOutput<typeof HealthWarning>;

/** Interface life: no identity, turned off by a person, coming up, up. */
export const AgentState = v.picklist(['not-enrolled', 'down', 'starting', 'up']);
export type AgentState = v.InferOutput<typeof AgentState>;

/** Does the router let the internet in to our WireGuard port? */
export const PortMappingStatus = v.strictObject({
  /** `not-needed`: our own address is public. `double-nat`: the router itself is behind a NAT. */
  state: v.picklist(['off', 'no-gateway', 'not-needed', 'asking', 'mapped', 'double-nat', 'unavailable']),
  gateway: v.optional(Ip4),
  protocol: v.optional(v.picklist(['pcp', 'nat-pmp', 'upnp'])),
  external: v.optional(Endpoint),
  /** When the lease ends unless renewed, which happens at half of it. */
  expiresAt: v.optional(WallMs),
  /** What the router said, as the end of a sentence about it. */
  why: v.optional(v.string()),
});
export type PortMappingStatus = v.InferOutput<typeof PortMappingStatus>;

/**
 * A change that may have cut the way its author came by. It is put back then, unless `POST /pending/confirm` comes
 * before; `POST /pending/undo` puts it back at once.
 */
export const PendingChange = v.strictObject({
  /** Of the forward or address. */
  id: v.string(),
  /** What was changed, for people. */
  what: v.string(),
  endsAt: WallMs,
});
export type PendingChange = v.InferOutput<typeof PendingChange>;

/** `GET /status`. */
export const EdgeStatus = v.strictObject({
  state: AgentState,
  version: v.string(),
  platform: v.string(),
  hostname: v.string(),
  startedAt: WallMs,
  node: v.optional(
    v.strictObject({
      id: NodeId,
      name: DnsLabel,
      fqdn: v.string(),
      role: NodeRole,
      address4: Ip4,
      address6: Ip6,
      publicKey: PublicKey,
      account: v.string(),
    }),
  ),
  broker: v.optional(
    v.strictObject({
      url: v.string(),
      connected: v.boolean(),
      lastContactAt: v.optional(WallMs),
      /** Does a beacon answer over UDP? */
      beaconReachable: v.boolean(),
      /** UDP is blocked, and the relay is reached through a WebSocket. */
      isRelayByWebSocket: v.optional(v.boolean()),
      nat: NatKind,
      /** Where the broker sees this machine, by address family. */
      reflexive4: v.optional(Endpoint),
      reflexive6: v.optional(Endpoint),
    }),
  ),
  tunnel: v.optional(
    v.strictObject({
      interfaceName: v.string(),
      kind: v.picklist(['kernel', 'userspace']),
      listenPort: Port,
      mtuBytes: v.number(),
    }),
  ),
  portMapping: v.optional(PortMappingStatus),
  /** Where this node tells the broker that it may be reached, beside what the broker sees for itself. */
  candidates: v.optional(v.array(Candidate)),
  counts: v.strictObject({ peers: v.number(), hosts: v.number(), forwards: v.number() }),
  health: v.array(HealthWarning),
  pending: v.optional(v.array(PendingChange)),
  plugins: v.array(
    v.strictObject({
      name: v.string(),
      state: v.picklist(['running', 'skipped', 'failed', 'stopped']),
      detail: v.string(),
    }),
  ),
});
export type EdgeStatus = v.InferOutput<typeof EdgeStatus>;

/** `GET /peers`. `explain` is the path's recent transitions, newest last, for `sidegate peers --explain`. */
export const PeerStatus = v.strictObject({
  id: NodeId,
  name: DnsLabel,
  fqdn: v.string(),
  role: NodeRole,
  address4: Ip4,
  address6: Ip6,
  online: v.boolean(),
  tags: v.array(Tag),
  path: PathState,
  endpoint: v.optional(Endpoint),
  rttMs: v.optional(v.number()),
  latestHandshakeAt: v.optional(WallMs),
  rxBytes: v.number(),
  txBytes: v.number(),
  explain: v.array(v.strictObject({ at: WallMs, from: v.string(), to: v.string(), why: v.string() })),
});
export type PeerStatus = v.InferOutput<typeof PeerStatus>;
