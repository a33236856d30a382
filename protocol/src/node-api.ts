/** What a node and the broker say to each other over HTTP: enrolment, check-in, network maps, pushed events. */
import * as v from 'valibot';
import type { EventOf } from './event-of.ts';
import { HostAddress, MapHost } from './host-address.ts';
import {
  AccountId,
  Cidr4,
  Cidr6,
  DnsLabel,
  Endpoint,
  Ip4,
  Ip6,
  NodeId,
  Port,
  PublicKey,
  plainText,
  UserId,
  WallMs,
} from './ids.ts';
import { LIMITS } from './limits.ts';
import { MapRelay, RelayOffer } from './relay-api.ts';

/** `edge` has a LAN behind it, `client` is a person's machine, `relay` only passes packets on for others. */
export const NodeRole = v.picklist(['edge', 'client', 'relay']);
export type NodeRole = v.InferOutput<typeof NodeRole>;

/** A word that policy and publications name nodes by. */
export const Tag = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'a tag: a-z, 0-9, - and _, at most 32'),
  v.brand('Tag'),
);
export type Tag = v.InferOutput<typeof Tag>;

/** What a machine says of itself when it enrols. The private key stays where it was made. */
export const NodeDescription = v.strictObject({
  publicKey: PublicKey,
  role: NodeRole,
  /** Wished name; the broker makes it unique within the account. */
  name: DnsLabel,
  hostname: plainText(LIMITS.labelLength),
  platform: plainText(LIMITS.labelLength),
  agentVersion: plainText(32),
  /** A new random value every boot: two boots at once with one identity are a cloned image. */
  bootId: v.pipe(v.string(), v.regex(/^[0-9a-f-]{16,36}$/)),
});
export type NodeDescription = v.InferOutput<typeof NodeDescription>;

/** `POST /v1/enrol`: unattended, with a key. */
export const EnrolRequest = v.strictObject({
  key: v.pipe(v.string(), v.regex(/^sgk_[A-Za-z0-9_-]{32}$/, 'an enrolment key starts with sgk_')),
  node: NodeDescription,
});
export type EnrolRequest = v.InferOutput<typeof EnrolRequest>;

/** Where the broker speaks WireGuard over UDP: it answers handshakes, learns endpoints and relays. */
export const Beacon = v.strictObject({
  publicKey: PublicKey,
  /** At most one of each address family: a WireGuard peer has one endpoint at a time, and the node picks. */
  endpoints: v.pipe(v.array(Endpoint), v.minLength(1), v.maxLength(2)),
});
export type Beacon = v.InferOutput<typeof Beacon>;

/** What a node gets for life. `token` is shown once; the broker keeps its hash. */
export const Enrolment = v.strictObject({
  nodeId: NodeId,
  token: v.pipe(v.string(), v.regex(/^sgn_[A-Za-z0-9_-]{43}$/)),
  name: DnsLabel,
  address4: Ip4,
  address6: Ip6,
  accountId: AccountId,
  accountName: v.string(),
  /** Ed25519 public key (base64, 32 bytes) that signs login tickets; pinned by the node. */
  ticketKey: v.pipe(v.string(), v.base64(), v.length(44)),
});
export type Enrolment = v.InferOutput<typeof Enrolment>;

/** `POST /v1/enrol/requests`: interactive; a person approves the code in the portal. */
export const EnrolmentRequest = v.strictObject({ node: NodeDescription });
export type EnrolmentRequest = v.InferOutput<typeof EnrolmentRequest>;
/** The answer to it: what the machine shows to the person, and how it asks for the outcome. */
export const EnrolmentRequestCreated = v.strictObject({
  /** Short code a person compares and types: eight characters without look-alikes, `ABCD-EFGH`. */
  code: v.pipe(v.string(), v.regex(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)),
  /** Secret with which this machine, and no other, collects the answer. */
  pollToken: v.string(),
  verificationUrl: v.string(),
  expiresAt: WallMs,
  pollIntervalSec: v.number(),
});
export type EnrolmentRequestCreated = v.InferOutput<typeof EnrolmentRequestCreated>;
/** `GET /v1/enrol/requests/self` with the poll token as bearer. */
export const EnrolmentRequestState = v.variant('state', [
  v.strictObject({ state: v.literal('pending') }),
  v.strictObject({ state: v.literal('denied') }),
  v.strictObject({ state: v.literal('expired') }),
  v.strictObject({ state: v.literal('approved'), enrolment: Enrolment }),
]);
export type EnrolmentRequestState = v.InferOutput<typeof EnrolmentRequestState>;

/** Where an endpoint candidate was learned; the order is the order of preference. */
export const CandidateKind = v.picklist(['lan', 'ipv6', 'static', 'mapped', 'reflexive', 'observed']);
export type CandidateKind = v.InferOutput<typeof CandidateKind>;
/** An address and UDP port that may lead to a node's WireGuard socket. */
export const Candidate = v.strictObject({ kind: CandidateKind, endpoint: Endpoint });
export type Candidate = v.InferOutput<typeof Candidate>;

/** RFC 4787 section 4.1 in two words: does the mapping depend on the destination? */
export const NatKind = v.picklist(['unknown', 'none', 'endpoint-independent', 'symmetric']);
export type NatKind = v.InferOutput<typeof NatKind>;

/** State of reaching one peer, as people see it. */
export const PathState = v.picklist(['down', 'relayed', 'direct']);
export type PathState = v.InferOutput<typeof PathState>;
/** One path as check-ins report it. `endpoint` is the one that WireGuard sends to. */
export const PathSummary = v.strictObject({
  peer: NodeId,
  state: PathState,
  endpoint: v.optional(Endpoint),
  rttMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(60_000))),
});
export type PathSummary = v.InferOutput<typeof PathSummary>;

/** `POST /v1/nodes/self/check-in`. The reflexive endpoint is absent on purpose: only the beacon may set it. */
export const CheckInRequest = v.strictObject({
  bootId: NodeDescription.entries.bootId,
  /** Revision of the map this node has; 0 for none. */
  revision: v.pipe(v.number(), v.integer(), v.minValue(0)),
  agentVersion: plainText(32),
  listenPort: Port,
  candidates: v.pipe(v.array(Candidate), v.maxLength(LIMITS.candidatesPerNode)),
  paths: v.pipe(v.array(PathSummary), v.maxLength(LIMITS.pathsPerCheckIn)),
  /** Codes of open health warnings, for the portal's list. */
  health: v.pipe(v.array(v.pipe(v.string(), v.maxLength(40))), v.maxLength(32)),
  counts: v.strictObject({
    hosts: v.pipe(v.number(), v.integer(), v.minValue(0)),
    forwards: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  /** This node relays for its account, if it is let. */
  relay: v.exactOptional(RelayOffer),
  /** Keys of the relays that answer this node, the nearest first; the broker's first beacon stands for the broker. */
  relays: v.exactOptional(v.pipe(v.array(PublicKey), v.maxLength(LIMITS.relaysPerAccount + 1))),
});
export type CheckInRequest = v.InferOutput<typeof CheckInRequest>;

/** Ports of one transport, both ends included. */
export const PortRange = v.pipe(
  v.strictObject({ protocol: v.picklist(['tcp', 'udp']), from: Port, to: Port }),
  v.check((range) => range.from <= range.to, 'from <= to'),
);
export type PortRange = v.InferOutput<typeof PortRange>;
/** `80`, `161/udp`, `10000-10019/udp`: as a person types it, TCP unless said. */
export const renderPortRange = ({ protocol, from, to }: PortRange): string =>
  `${from}${from === to ? '' : `-${to}`}${protocol === 'udp' ? '/udp' : ''}`;
/** What policy lets one node open on another: everything, nothing, or these ports. */
export const Access = v.variant('kind', [
  v.strictObject({ kind: v.literal('all') }),
  v.strictObject({ kind: v.literal('none') }),
  v.strictObject({ kind: v.literal('ports'), ports: v.array(PortRange) }),
]);
export type Access = v.InferOutput<typeof Access>;

/** One peer in a node's map: a node it may talk to, and how. */
export const MapPeer = v.strictObject({
  id: NodeId,
  name: DnsLabel,
  role: NodeRole,
  publicKey: PublicKey,
  address4: Ip4,
  address6: Ip6,
  online: v.boolean(),
  nat: NatKind,
  candidates: v.array(Candidate),
  /** What this peer may open on me; enforced by my firewall. */
  inbound: Access,
  /** What I may open on this peer; enforced there, shown here. */
  outbound: Access,
  owner: v.optional(v.strictObject({ id: UserId, name: v.string() })),
  tags: v.array(Tag),
  /** Hosts behind it that have addresses of their own: packets to those go to this peer. */
  hosts: v.optional(v.array(MapHost)),
  /** A stock WireGuard app: answers no probes and no heartbeats, so WireGuard itself must tell. Absent: our agent. */
  speaks: v.exactOptional(v.literal('wireguard')),
  /** Relays that answer this peer, the nearest first, as it said at its last check-in. */
  relays: v.exactOptional(v.array(PublicKey)),
});
export type MapPeer = v.InferOutput<typeof MapPeer>;

/** Everything one node may know. Replaced whole or changed by a delta; kept on disk by the node. */
export const NetworkMap = v.strictObject({
  revision: v.pipe(v.number(), v.integer(), v.minValue(1)),
  self: v.strictObject({
    id: NodeId,
    name: DnsLabel,
    role: NodeRole,
    address4: Ip4,
    address6: Ip6,
    nat: NatKind,
    /** Where the beacons see this node's WireGuard socket now, by the address families it greets them over. */
    reflexive4: v.optional(Endpoint),
    reflexive6: v.optional(Endpoint),
    tags: v.array(Tag),
    /** What the broker allotted to hosts of this node. */
    hosts: v.optional(v.array(HostAddress)),
  }),
  account: v.strictObject({
    id: AccountId,
    /** DNS label of the account: nodes are named `<node>.<label>.<baseDomain>`. */
    label: DnsLabel,
    name: v.string(),
    baseDomain: v.string(),
    prefix4: Cidr4,
    prefix6: Cidr6,
  }),
  beacons: v.pipe(v.array(Beacon), v.maxLength(4)),
  /** Private relays of the account. */
  relays: v.exactOptional(v.pipe(v.array(MapRelay), v.maxLength(LIMITS.relaysPerAccount))),
  checkInSec: v.pipe(v.number(), v.minValue(5), v.maxValue(3600)),
  peers: v.array(MapPeer),
});
export type NetworkMap = v.InferOutput<typeof NetworkMap>;

/** How a map travels: nothing new, a delta against the revision the node named, or the whole. */
export const MapUpdate = v.variant('kind', [
  v.strictObject({ kind: v.literal('same'), revision: NetworkMap.entries.revision }),
  v.strictObject({
    kind: v.literal('delta'),
    from: NetworkMap.entries.revision,
    revision: NetworkMap.entries.revision,
    self: v.optional(NetworkMap.entries.self),
    relays: NetworkMap.entries.relays,
    changed: v.array(MapPeer),
    removed: v.array(NodeId),
  }),
  v.strictObject({ kind: v.literal('full'), map: NetworkMap }),
]);
export type MapUpdate = v.InferOutput<typeof MapUpdate>;

/** The answer to a check-in, and how long to wait before the next. */
export const CheckInResponse = v.strictObject({
  update: MapUpdate,
  checkInSec: NetworkMap.entries.checkInSec,
});
export type CheckInResponse = v.InferOutput<typeof CheckInResponse>;

/** `POST /v1/nodes/self/punch`: the controlling side asks the broker to start both sides at once. */
export const PunchRequest = v.strictObject({ peer: NodeId });
export type PunchRequest = v.InferOutput<typeof PunchRequest>;

/** Pushed to both sides: probe each other's candidates `startInMs` from the receipt of this event. */
export const Punch = v.strictObject({
  /** 8 random bytes as hex: probes outside the broker's session change nothing. */
  session: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  peer: NodeId,
  startInMs: v.pipe(v.number(), v.minValue(0), v.maxValue(5000)),
  candidates: v.pipe(v.array(Candidate), v.maxLength(LIMITS.candidatesPerNode + 4)),
  nat: NatKind,
});
export type Punch = v.InferOutput<typeof Punch>;

/** Events of `GET /v1/nodes/self/events` (server-sent events; `event:` is the name, `data:` the JSON). */
export const NODE_EVENTS = {
  /** First event on every stream: the broker's boot, so that a restart is seen and beacons are added anew. */
  hello: v.strictObject({ brokerBootId: v.string(), revision: NetworkMap.entries.revision }),
  map: MapUpdate,
  punch: Punch,
  /** Add the beacon peers anew: the broker lost its sessions. */
  rebeacon: v.strictObject({}),
  /** What this relay may do changed: ask for the directory again. */
  'relay-directory': v.strictObject({}),
  /** This node was removed from the account: stop, and forget the identity. */
  revoked: v.strictObject({ reason: v.string() }),
} as const;
/** Name of an event, the `event:` line of the stream. */
export type NodeEventName = keyof typeof NODE_EVENTS;
/** An event as a node reads it. */
export type NodeEvent = EventOf<typeof NODE_EVENTS>;

/** `GET /v1/broker`: what anybody may know of a broker. */
export const BrokerInfo = v.strictObject({
  version: v.string(),
  bootId: v.string(),
  publicUrl: v.string(),
  baseDomain: v.string(),
  beacons: v.array(Beacon),
  ticketKey: Enrolment.entries.ticketKey,
});
export type BrokerInfo = v.InferOutput<typeof BrokerInfo>;
