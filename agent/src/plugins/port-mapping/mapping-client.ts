/** What each protocol can do, so that whoever wants a mapping need not know which one it is. */
import type { Clock } from '@sidegate/kit';
import type { GatewayPlace } from '../../port-mapping/find-gateway.ts';
import type { Epoch, MapOutcome, PortMapping } from '../../port-mapping/mapping.ts';
import type { Sockets } from '../../ports/index.ts';

/** What a client works with. */
export interface GatewayContext extends GatewayPlace {
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** The same in every request of this installation, unknown to others (PCP). */
  readonly nonce: Uint8Array;
}

/** Is a mapping still there? `silent`: the gateway does not answer just now. */
export type CheckOutcome =
  | { readonly kind: 'kept'; readonly epoch?: Epoch }
  | { readonly kind: 'lost' }
  | { readonly kind: 'silent' };

/** One protocol towards one gateway. Nothing rejects but with the signal's reason. */
export interface MappingClient {
  /** Asks for a mapping, or renews it; the external port is a wish. */
  map(
    wish: { readonly internalPort: number; readonly externalPort: number },
    signal: AbortSignal,
  ): Promise<MapOutcome>;
  check(mapping: PortMapping, signal: AbortSignal): Promise<CheckOutcome>;
  /** Takes it back; tries for less than a second. */
  unmap(mapping: PortMapping, signal: AbortSignal): Promise<void>;
}
