/**
 * Discovery without the network: what sources report, how reports become one record per device, what kind of device
 * it is. Invariants: a device is its hardware address where there is one; every text passed `sanitizeText`; bounds of
 * `LIMITS` hold whatever a LAN invents; what a person wrote wins over what a device says. Pure: no I/O, no clock.
 */
import type { HostService, Ip4, Mac, ScopeId } from '@sidegate/protocol';

/** Who said something about a host. The order of trust is in `field-rules.ts`. */
export type SourceName =
  | 'neighbours'
  | 'arp'
  | 'sweep'
  | 'services'
  | 'mdns'
  | 'leases'
  | 'ssdp'
  | 'ws-discovery'
  | 'netbios';

/** A fact about a device that is neither an address nor a service. */
export type ObservedField =
  | 'mdns-name'
  | 'mdns-host'
  | 'mdns-type'
  | 'mdns-model'
  | 'lease-name'
  | 'http-title'
  | 'http-server'
  | 'tls-subject'
  | 'rtsp-server'
  | 'ssh-banner'
  | 'ssdp-server'
  | 'upnp-name'
  | 'upnp-maker'
  | 'upnp-model'
  | 'upnp-type'
  | 'wsd-type'
  | 'onvif-name'
  | 'onvif-model'
  | 'netbios-name';

/** One thing that one source saw at one moment. At least one of `mac` and `address` says whom it is about. */
export interface Observation {
  readonly source: SourceName;
  readonly at: number;
  readonly scopeId?: ScopeId;
  readonly mac?: Mac;
  readonly address?: Ip4;
  readonly service?: HostService;
  readonly fields?: Readonly<Partial<Record<ObservedField, string>>>;
  /** False: hearsay (a lease, a stale neighbour entry), which does not prove that the device is there now. */
  readonly isSighting?: boolean;
}
