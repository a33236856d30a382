/** Whom to ask for a port, and as whom. Pure. */
import { isInCidr, isIp4 } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import type { IfName, Link, Route } from '../ports/index.ts';
import { isPublic4 } from './mapping.ts';

/** The default gateway and our address on its link. */
export interface GatewayPlace {
  readonly gateway: Ip4;
  readonly ownAddress: Ip4;
}

/** `no-gateway`: there is no way out over IPv4; `public`: our own address is a public one, nothing is in between. */
export const findGateway = (
  links: readonly Link[],
  routes: readonly Route[],
  tunnelName: IfName,
): GatewayPlace | 'no-gateway' | 'public' => {
  // Routes come in the order of their metrics: the first is the one that the kernel takes.
  const route = routes.find(
    ({ destination, gateway, interfaceName }) =>
      destination === 'default' && interfaceName !== tunnelName && gateway !== undefined && isIp4(gateway),
  );
  const link = links.find(({ name, isUp }) => isUp && name === route?.interfaceName);
  if (route === undefined || link === undefined) return 'no-gateway';
  const gateway = route.gateway as Ip4;
  const cidr = link.addresses4.find((own) => isInCidr(gateway, own)) ?? link.addresses4[0];
  if (cidr === undefined) return 'no-gateway';
  const ownAddress = cidr.split('/')[0] as Ip4;
  return isPublic4(ownAddress) ? 'public' : { gateway, ownAddress };
};
