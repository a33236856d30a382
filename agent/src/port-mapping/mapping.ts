/**
 * Port mapping: a port of the gateway's public address that leads to our WireGuard socket, asked for over PCP, NAT-PMP
 * or UPnP. Here are the formats and rules as plain data; whoever sends and waits is in `plugins/port-mapping`.
 *
 * Invariants: every byte from a gateway is hostile; a decoder answers `undefined`, it never throws; only the UDP port of
 * WireGuard is ever mapped, and only for as long as a lease lasts. Must not import anything but kit, protocol and the
 * readers of strangers' texts.
 */
import { CARRIER_NETWORK, isInCidr, isPrivate4, isUnicast4 } from '@sidegate/kit';
import type { Endpoint, Ip4 } from '@sidegate/protocol';

/** In the order in which they are tried: the newest says most and is the easiest to take back. */
export const MAPPING_PROTOCOLS = ['pcp', 'nat-pmp', 'upnp'] as const;
/** As the configuration names them. */
export type MappingProtocol = (typeof MAPPING_PROTOCOLS)[number];

/** IANA's number of UDP, as PCP and every IP header have it. */
export const PROTOCOL_UDP = 17;
/** Asked for: what RFC 6886 section 3.3 recommends. Gateways may grant less, and are believed up to this. */
export const LEASE_SEC = 7200;

/** A gateway's seconds since it lost its state, and when that was read by our monotonic clock. */
export interface Epoch {
  readonly sec: number;
  readonly atMs: number;
}

/** A mapping that a gateway granted. */
export interface PortMapping {
  readonly protocol: MappingProtocol;
  readonly external: Endpoint;
  readonly internalPort: number;
  /** What the gateway granted, at most `LEASE_SEC`. */
  readonly leaseSec: number;
  /** Monotonic time of the grant. */
  readonly grantedAtMs: number;
  /** UPnP has none: there a lost mapping is found by asking for it. */
  readonly epoch?: Epoch;
}

/** What asking for a mapping came to. */
export type MapOutcome =
  | { readonly kind: 'mapped'; readonly mapping: PortMapping }
  /** The gateway has no public address, or none that it would map: nobody could come in that way. */
  | { readonly kind: 'double-nat'; readonly external?: Ip4 }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'silent' };

/** Can packets from the internet be addressed to it? */
export const isPublic4 = (address: Ip4): boolean =>
  isUnicast4(address) && !isPrivate4(address) && !isInCidr(address, CARRIER_NETWORK);

/** When the lease is to be renewed: at half of it (RFC 6886 section 3.3, RFC 6887 section 11.2.1). */
export const renewAtMs = ({ grantedAtMs, leaseSec }: PortMapping): number =>
  grantedAtMs + (leaseSec / 2) * 1000;

/** When it ends unless renewed. */
export const endsAtMs = ({ grantedAtMs, leaseSec }: PortMapping): number => grantedAtMs + leaseSec * 1000;

/**
 * Did the gateway lose its state between two readings? Its clock then runs behind ours: RFC 6887 section 8.5, with the
 * tolerance of RFC 6886 section 3.6, which is the wider one.
 */
export const hasEpochReset = (before: Epoch, after: Epoch): boolean => {
  const ownSec = (after.atMs - before.atMs) / 1000;
  const theirSec = after.sec - before.sec;
  return theirSec + 2 < ownSec - ownSec / 8 || theirSec < -1;
};
