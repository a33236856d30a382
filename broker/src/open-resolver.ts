/** The resolver inside the tunnel from the settings: between the beacon that opens packets and what sends the answers. */
import type { Clock, Logger } from '@sidegate/kit';
import type { NodeId } from '@sidegate/protocol';
import type { BeaconEvents } from '@sidegate/relay';
import type { BrokerConfig } from './config.ts';
import { createResolver, type Upstream } from './dns/resolver.ts';
import { systemResolvers } from './dns/system-resolvers.ts';
import { createUpstream } from './dns/upstream.ts';
import type { BrokerService } from './service/broker-service.ts';

const openUpstream = (upstream: BrokerConfig['dnsUpstream'], clock: Clock): Upstream | undefined => {
  if (upstream === 'none') return undefined;
  return createUpstream(upstream === 'system' ? systemResolvers : () => upstream, clock);
};

/** Answers what nodes send to the beacon itself; each answer goes to `send`. */
export const openResolver = (
  deps: { readonly config: BrokerConfig; readonly clock: Clock; readonly logger: Logger },
  { names, placeOf }: Pick<BrokerService, 'names' | 'placeOf'>,
  send: (node: NodeId, beaconIndex: number, packet: Uint8Array) => void,
): NonNullable<BeaconEvents['onInnerPacket']> => {
  const { config, clock, logger } = deps;
  const upstream = openUpstream(config.dnsUpstream, clock);
  const resolver = createResolver({ book: names, placeOf, upstream, clock });
  return (node, beaconIndex, packet) => {
    const answer = async (): Promise<void> => {
      const reply = await resolver.handle(node, packet);
      if (reply !== undefined) send(node, beaconIndex, reply);
    };
    answer().catch((error: unknown) => logger.error('the resolver failed', { error }));
  };
};
