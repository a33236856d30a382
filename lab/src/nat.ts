/**
 * How a router translates and filters, in the words of RFC 4787. Presets are only names for plain records; nothing
 * but the record decides what a router does. Pure data.
 */

/** What decides the outside port of an inside endpoint (RFC 4787, section 4.1). */
export type Mapping = 'none' | 'endpoint-independent' | 'address-and-port-dependent';

/** Who outside may send to a mapping (RFC 4787, section 5). */
export type Filtering = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** A router's behaviour towards UDP; TCP and ICMP are mapped alike and always filtered by connection. */
export interface NatBehaviour {
  readonly mapping: Mapping;
  readonly filtering: Filtering;
  /** May inside hosts meet through the outside address? Such traffic is not filtered. */
  readonly hairpin: boolean;
  /** Is the inside source port used outside too where it is free? */
  readonly portPreservation: boolean;
  /** How long an idle UDP mapping lives; Linux's defaults where not given. */
  readonly timeouts?: UdpTimeouts;
}

/** Idle times of UDP flows in seconds: before and after the first reply. */
export interface UdpTimeouts {
  readonly unrepliedSec: number;
  readonly streamSec: number;
}

/** Linux's own (net/netfilter/nf_conntrack_proto_udp.c). */
export const LINUX_UDP_TIMEOUTS: UdpTimeouts = { unrepliedSec: 30, streamSec: 120 };

const cone = (filtering: Filtering): NatBehaviour => ({
  mapping: 'endpoint-independent',
  filtering,
  hairpin: false,
  portPreservation: true,
});

/** The kinds people have names for. */
export const NAT_PRESETS = {
  /** A public network: no translation, no filter. */
  none: { mapping: 'none', filtering: 'endpoint-independent', hairpin: true, portPreservation: true },
  'full-cone': cone('endpoint-independent'),
  restricted: cone('address-dependent'),
  /** What Linux routers, OpenWrt among them, do. */
  'port-restricted': cone('address-and-port-dependent'),
  symmetric: {
    mapping: 'address-and-port-dependent',
    filtering: 'address-and-port-dependent',
    hairpin: false,
    portPreservation: false,
  },
  /** A carrier's: RFC 6888 asks for endpoint-independent mapping and hairpinning; ports are shared by many. */
  carrier: {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    hairpin: true,
    portPreservation: false,
  },
} as const satisfies Record<string, NatBehaviour>;

/** The name of a preset. */
export type NatPreset = keyof typeof NAT_PRESETS;

/** A preset's record, or the record itself. */
export const expandNat = (nat: NatPreset | NatBehaviour): NatBehaviour =>
  typeof nat === 'string' ? NAT_PRESETS[nat] : nat;
