/**
 * What an agent finds on its LANs: scopes to look in, hosts with their services, scans. All text of a device is data,
 * never markup.
 */
import * as v from 'valibot';
import { Cidr4, HostId, Ip, Ip4, Mac, Port, plainText, ScanId, ScopeId, WallMs } from './ids.ts';
import { LIMITS } from './limits.ts';

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
