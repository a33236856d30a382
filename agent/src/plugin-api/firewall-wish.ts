/** What plugins ask of the firewall. The core merges all wishes into one plan and renders one table from it. */
import type { Access, Cidr4, Ip4, Ip6, PortRange } from '@sidegate/protocol';
import type { IfName } from '../ports/index.ts';

/** A peer that may talk to us, and what it may open. Everybody else on the tunnel is dropped. */
export interface PermittedPeer {
  readonly address4: Ip4;
  readonly address6: Ip6;
  readonly inbound: Access;
}

/** A port of this machine that permitted peers may open. With `alsoPort`, that port is redirected to it. */
export interface OwnService {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly alsoPort?: number;
  readonly label: string;
}

/** The end of a forward, which the kernel keeps. */
export interface ForwardExpiry {
  /** Wall time. */
  readonly atMs: number;
  /** Never longer than this, whatever the clock says: routers boot in 1970. */
  readonly longestMs: number;
}

/** A network that this machine is attached to. */
export interface LanWire {
  readonly interfaceName: string;
  readonly cidr: Cidr4;
}

/** One port forward, its target resolved to an address. */
export interface ForwardRule {
  /** Counter name and key: `forward-` and the id. */
  readonly id: string;
  readonly protocol: 'tcp' | 'udp';
  readonly edgePort: number;
  readonly targetAddress: Ip4;
  readonly targetPort: number;
  readonly expiry?: ForwardExpiry;
  /** Only these of the permitted peers may open it. */
  readonly sources?: readonly Ip4[];
  /** Machines on this wire may open it too: the target is on it. */
  readonly lan?: LanWire;
}

/** A host of the LAN with a mesh address of its own, translated 1:1. */
export interface AddressRule {
  /** Counter name, as of forwards. */
  readonly id: string;
  readonly meshAddress: Ip4;
  readonly targetAddress: Ip4;
  /** Without them, everything. */
  readonly ports?: readonly PortRange[];
  readonly expiry?: ForwardExpiry;
  readonly sources?: readonly Ip4[];
  readonly lan?: LanWire;
}

/** One plugin's share of the ruleset. The core merges those of all plugins (`firewall-plan.ts`). */
export interface FirewallWish {
  /** Probes leave from the WireGuard port: source port rewritten before conntrack, our magic delivered to the agent. */
  readonly portSharing?: { readonly agentPort: number; readonly wireguardPort: number };
  /** The tunnel's interface, and what may come in from it. */
  readonly tunnel?: {
    readonly interfaceName: IfName;
    /** `edge`: only own services and publications; `client`: whatever policy allows. */
    readonly role: 'edge' | 'client' | 'relay';
    /** Our own mesh addresses: nobody may reach them from any other interface (Linux answers on all of them). */
    readonly self: { readonly address4: Ip4; readonly address6: Ip6 };
    readonly peers: readonly PermittedPeer[];
  };
  readonly ownServices?: readonly OwnService[];
  readonly forwards?: readonly ForwardRule[];
  readonly addresses?: readonly AddressRule[];
}
