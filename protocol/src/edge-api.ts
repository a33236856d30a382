/**
 * What an agent answers: to its web UI over TCP (cookie session, CSRF header `x-sidegate-csrf`) and to the CLI
 * over a unix socket (the file's permission is the login). Paths are under `/api`.
 */
import * as v from 'valibot';
import {
  AddressId,
  Cidr4,
  DnsLabel,
  Endpoint,
  ForwardId,
  HostId,
  Ip,
  Ip4,
  Ip6,
  Mac,
  NodeId,
  Port,
  PublicKey,
  plainText,
  ScanId,
  ScopeId,
  UserId,
  WallMs,
} from './ids.ts';
import { LIMITS } from './limits.ts';
import { Candidate, NatKind, NodeRole, PathState, PortRange, Tag } from './node-api.ts';
import { NewPassword, UserRole } from './portal-api.ts';

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

/** How a scope is scanned, where not as usual. */
export const ScopePlan = v.strictObject({
  /** Scanned by itself this often; without it, when somebody asks. */
  everySec: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(LIMITS.scanEveryMinSec), v.maxValue(LIMITS.scanEveryMaxSec)),
  ),
  /** Only these TCP ports are looked at on every device; without it, those that people use. */
  ports: v.optional(v.pipe(v.array(Port), v.minLength(1), v.maxLength(LIMITS.portsPerScope))),
  /** First packets in a second, beneath the limits that every scan keeps. */
  packetsPerSec: v.optional(v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(3_200))),
});
export type ScopePlan = v.InferOutput<typeof ScopePlan>;

/**
 * `GET /scopes`: a subnet to scan and to publish from. `attached`: on an interface, with an address of ours in it.
 * `routed`: behind a router. `stray`: on an interface's wire, but we have no address in it, as with a device that
 * kept the static address of another home; found by ARP in the name of `senderAddress`.
 */
export const Scope = v.strictObject({
  id: ScopeId,
  cidr: Cidr4,
  kind: v.picklist(['attached', 'routed', 'stray']),
  interfaceName: v.optional(v.string()),
  senderAddress: v.optional(Ip4),
  label: v.string(),
  plan: v.optional(ScopePlan),
  lastScanAt: v.optional(WallMs),
});
export type Scope = v.InferOutput<typeof Scope>;
/** `POST /scopes`. With `interfaceName` and `senderAddress` it is a stray one. */
export const NewScope = v.strictObject({
  cidr: Cidr4,
  label: v.optional(plainText(LIMITS.labelLength), ''),
  interfaceName: v.optional(plainText(15)),
  senderAddress: v.optional(Ip4),
  plan: v.optional(ScopePlan),
  /** Somebody has thought about it: the network is not private, and is theirs all the same. */
  isPublicConfirmed: v.optional(v.boolean()),
});
export type NewScope = v.InferOutput<typeof NewScope>;
/** `PATCH /scopes/:id`; `null` is as usual. Attached scopes have no label to change. */
export const ScopePatch = v.strictObject({
  label: v.optional(plainText(LIMITS.labelLength)),
  everySec: v.optional(v.nullable(v.unwrap(ScopePlan.entries.everySec))),
  ports: v.optional(v.nullable(v.unwrap(ScopePlan.entries.ports))),
  packetsPerSec: v.optional(v.nullable(v.unwrap(ScopePlan.entries.packetsPerSec))),
});
export type ScopePatch = v.InferOutput<typeof ScopePatch>;
/**
 * `GET /scopes/suggestions`: networks that this edge reaches and nobody has added, from its routes, from the routers
 * on the way out, and from addresses that modems have. Looking takes a few seconds.
 */
export const ScopeSuggestion = v.strictObject({
  cidr: Cidr4,
  label: v.string(),
  from: v.picklist(['route', 'path', 'modem']),
  /** One sentence for people. */
  why: v.string(),
});
export type ScopeSuggestion = v.InferOutput<typeof ScopeSuggestion>;

/** What a device is, as well as it can be told. */
export const HostKind = v.picklist([
  'camera',
  'doorbell',
  'printer',
  'nas',
  'router',
  'modem',
  'phone',
  'computer',
  'tv',
  'speaker',
  'console',
  'energy',
  'iot',
  'server',
  'unknown',
]);
export type HostKind = v.InferOutput<typeof HostKind>;

/** An open port on a host and what speaks there. All text came from the device: it is data, never markup. */
export const HostService = v.strictObject({
  protocol: v.picklist(['tcp', 'udp']),
  port: Port,
  /** Short name: http, https, ssh, rtsp, ipp, ... */
  name: v.string(),
  title: v.optional(v.string()),
  banner: v.optional(v.string()),
  /** A browser can open it as `<scheme>://`. */
  scheme: v.optional(v.picklist(['http', 'https'])),
});
export type HostService = v.InferOutput<typeof HostService>;

/** A service worth publishing, in words for people: "Web interface" on 80, "Video" on 554. */
export const Suggestion = v.strictObject({
  protocol: v.picklist(['tcp', 'udp']),
  port: Port,
  label: v.string(),
});
export type Suggestion = v.InferOutput<typeof Suggestion>;

/** Which source said what about a host, and when. */
export const Evidence = v.strictObject({
  source: v.string(),
  field: v.string(),
  value: v.string(),
  at: WallMs,
});
export type Evidence = v.InferOutput<typeof Evidence>;

/** What happened to a host, oldest first in its record. */
export const HostEvent = v.strictObject({
  at: WallMs,
  what: v.picklist(['found', 'gone', 'back', 'moved']),
  /** Its first address from then on. */
  address: v.optional(Ip),
});
export type HostEvent = v.InferOutput<typeof HostEvent>;

/** `GET /hosts`, `GET /hosts/:id`: one record a device, keyed by MAC where there is one. */
export const Host = v.strictObject({
  id: HostId,
  mac: v.optional(Mac),
  addresses: v.array(Ip),
  /** The name shown: a person's, else the best one found, else the address. */
  name: v.string(),
  givenName: v.optional(v.string()),
  note: v.string(),
  vendor: v.optional(v.string()),
  kind: HostKind,
  services: v.array(HostService),
  /** What people publish of such a device, likeliest first; what a person published or named changes nothing here. */
  suggestions: v.optional(v.array(Suggestion)),
  scopeId: v.optional(ScopeId),
  online: v.boolean(),
  firstSeenAt: WallMs,
  lastSeenAt: WallMs,
  history: v.optional(v.array(HostEvent)),
  evidence: v.array(Evidence),
});
export type Host = v.InferOutput<typeof Host>;
/** `PATCH /hosts/:id`. */
export const HostPatch = v.strictObject({
  givenName: v.optional(plainText(LIMITS.labelLength)),
  note: v.optional(plainText(LIMITS.noteLength)),
});
export type HostPatch = v.InferOutput<typeof HostPatch>;

/** One host that is not as it was: `from` and `to` are addresses. */
export const HostChange = v.strictObject({
  hostId: HostId,
  name: v.string(),
  what: v.picklist(['new', 'gone', 'back', 'moved']),
  at: WallMs,
  from: v.optional(Ip),
  to: v.optional(Ip),
});
export type HostChange = v.InferOutput<typeof HostChange>;
/** `GET /changes`: what is different since somebody said `POST /changes/seen`, newest first. */
export const HostChanges = v.strictObject({ since: WallMs, changes: v.array(HostChange) });
export type HostChanges = v.InferOutput<typeof HostChanges>;

/** `POST /scans`: without a scope, every attached one. */
export const NewScan = v.strictObject({ scopeId: v.optional(ScopeId) });
export type NewScan = v.InferOutput<typeof NewScan>;
/** `GET /scans`, and the event `scan.changed`. */
export const Scan = v.strictObject({
  id: ScanId,
  scopeIds: v.array(ScopeId),
  state: v.picklist(['running', 'done', 'partial', 'cancelled', 'failed']),
  /** 0 to 1. */
  progress: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  phase: v.string(),
  /** How long the rest takes, as well as it is known; absent where nobody can tell. */
  remainingSec: v.optional(v.number()),
  hostsFound: v.number(),
  startedAt: WallMs,
  endedAt: v.optional(WallMs),
  /** What was missing or failed, in sentences; a partial scan says why it is partial. */
  notices: v.array(v.string()),
});
export type Scan = v.InferOutput<typeof Scan>;

export const ForwardProtocol = v.picklist(['tcp', 'udp', 'both']);
export type ForwardProtocol = v.InferOutput<typeof ForwardProtocol>;
/** Where a forward leads: a host (followed by MAC when DHCP moves it) or a fixed address in a scope. */
export const ForwardTarget = v.variant('kind', [
  v.strictObject({ kind: v.literal('host'), hostId: HostId }),
  v.strictObject({ kind: v.literal('address'), address: Ip4 }),
]);
export type ForwardTarget = v.InferOutput<typeof ForwardTarget>;

const sources = <const S extends v.GenericSchema<string>>(item: S) =>
  v.optional(v.pipe(v.array(item), v.maxLength(LIMITS.sourcesPerForward)), []);
/** Who may open a forward, of those whom policy lets in at all: any of these. */
export const ForwardAllow = v.strictObject({
  nodes: sources(NodeId),
  tags: sources(Tag),
  users: sources(UserId),
});
export type ForwardAllow = v.InferOutput<typeof ForwardAllow>;
/** The same as a person says it: nodes and users by name or id. Names are looked up once, ids are kept. */
export const NewForwardAllow = v.pipe(
  v.strictObject({
    nodes: sources(plainText(LIMITS.labelLength)),
    tags: sources(Tag),
    users: sources(plainText(LIMITS.labelLength)),
  }),
  v.check(({ nodes, tags, users }) => nodes.length + tags.length + users.length > 0, 'somebody at least'),
);
export type NewForwardAllow = v.InferOutput<typeof NewForwardAllow>;

/** The host is woken by its hardware address when somebody connects. */
export const Wake = v.boolean();

/** How many consecutive ports a forward takes, on both sides; without it, one. */
export const PortCount = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.portsPerForward));

/** `POST /forwards` (`?dryRun=1` answers with the plan and changes nothing). Without `edgePort` one is chosen. */
export const NewForward = v.strictObject({
  protocol: v.optional(ForwardProtocol, 'tcp'),
  edgePort: v.optional(Port),
  target: ForwardTarget,
  targetPort: Port,
  /** A range: `edgePort` and the ports after it lead to `targetPort` and those after it. */
  portCount: v.optional(PortCount),
  label: v.optional(plainText(LIMITS.labelLength), ''),
  note: v.optional(plainText(LIMITS.noteLength), ''),
  /** When it ends; without it, never. The kernel ends it even where the agent is dead. */
  expiresAt: v.optional(WallMs),
  /** Without it, whoever policy permits. */
  allow: v.optional(NewForwardAllow),
  wake: v.optional(Wake),
});
export type NewForward = v.InferOutput<typeof NewForward>;
/** `PATCH /forwards/:id`. */
export const ForwardPatch = v.strictObject({
  enabled: v.optional(v.boolean()),
  label: v.optional(plainText(LIMITS.labelLength)),
  note: v.optional(plainText(LIMITS.noteLength)),
  /** Another end; `null` is never. */
  expiresAt: v.optional(v.nullable(WallMs)),
  /** Others; `null` is whoever policy permits. */
  allow: v.optional(v.nullable(NewForwardAllow)),
  wake: v.optional(Wake),
});
export type ForwardPatch = v.InferOutput<typeof ForwardPatch>;
/** `GET /forwards`. */
export const Forward = v.strictObject({
  id: ForwardId,
  protocol: ForwardProtocol,
  edgePort: Port,
  target: ForwardTarget,
  targetPort: Port,
  portCount: v.optional(PortCount),
  /** The address the forward leads to just now; absent while its host is nowhere to be seen. */
  targetAddress: v.optional(Ip4),
  label: v.string(),
  note: v.string(),
  enabled: v.boolean(),
  owner: v.string(),
  createdAt: WallMs,
  expiresAt: v.optional(WallMs),
  allow: v.optional(ForwardAllow),
  wake: v.optional(Wake),
  /** `http://home.acme.sidegate.internal:8001/`, or `host:port` where no browser speaks the protocol. */
  url: v.string(),
  connections: v.number(),
  bytes: v.number(),
});
export type Forward = v.InferOutput<typeof Forward>;
/** The answer to a dry run: what would be applied. `ruleset` is nftables text of the maps that change. */
export const ForwardPlan = v.strictObject({ forward: Forward, ruleset: v.string() });
export type ForwardPlan = v.InferOutput<typeof ForwardPlan>;

/** Ports that a host's own address lets through; without them, everything. */
export const AddressPorts = v.pipe(
  v.array(PortRange),
  v.minLength(1),
  v.check(
    (ports) => ports.reduce((sum, { from, to }) => sum + to - from + 1, 0) <= LIMITS.portsPerForward,
    `at most ${LIMITS.portsPerForward} ports; leave them out to let everything through`,
  ),
);

/** `POST /addresses` (`?dryRun=1` as for forwards): a host becomes a member of the mesh, translated 1:1. */
export const NewAddress = v.strictObject({
  target: ForwardTarget,
  /** First label of its DNS name, `<name>.<edge>.<account>.<base>`; without it, made from the host's name. */
  name: v.optional(DnsLabel),
  ports: v.optional(AddressPorts),
  label: v.optional(plainText(LIMITS.labelLength), ''),
  note: v.optional(plainText(LIMITS.noteLength), ''),
  expiresAt: v.optional(WallMs),
  allow: v.optional(NewForwardAllow),
  wake: v.optional(Wake),
});
export type NewAddress = v.InferOutput<typeof NewAddress>;
/** `PATCH /addresses/:id`. */
export const AddressPatch = v.strictObject({
  ...ForwardPatch.entries,
  name: v.optional(DnsLabel),
  /** Others; `null` is everything. */
  ports: v.optional(v.nullable(AddressPorts)),
});
export type AddressPatch = v.InferOutput<typeof AddressPatch>;
/** `GET /addresses`. */
export const Address = v.strictObject({
  id: AddressId,
  name: DnsLabel,
  fqdn: v.string(),
  /** Allotted by the broker; absent until it has answered. */
  address4: v.optional(Ip4),
  address6: v.optional(Ip6),
  target: ForwardTarget,
  targetAddress: v.optional(Ip4),
  ports: v.optional(v.array(PortRange)),
  label: v.string(),
  note: v.string(),
  enabled: v.boolean(),
  owner: v.string(),
  createdAt: WallMs,
  expiresAt: v.optional(WallMs),
  allow: v.optional(ForwardAllow),
  wake: v.optional(Wake),
  /** What can be opened there, likeliest first: `http://camera.home.acme.sidegate.internal/`. */
  urls: v.array(v.string()),
  connections: v.number(),
  bytes: v.number(),
});
export type Address = v.InferOutput<typeof Address>;
/** The answer to a dry run. */
export const AddressPlan = v.strictObject({ address: Address, ruleset: v.string() });
export type AddressPlan = v.InferOutput<typeof AddressPlan>;

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
export type EdgeEventName = keyof typeof EDGE_EVENTS;
export type EdgeEvent = {
  [K in EdgeEventName]: { event: K; data: v.InferOutput<(typeof EDGE_EVENTS)[K]> };
}[EdgeEventName];

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
