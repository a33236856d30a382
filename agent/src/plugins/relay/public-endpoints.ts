/** Where others reach a relay on this machine: its public addresses. Pure. */
import { CARRIER_NETWORK, formatEndpoint, isInCidr, isIp4, isPrivate4 } from '@sidegate/kit';
import { type Endpoint, type Ip, type Ip4, LIMITS } from '@sidegate/protocol';
import type { IfName, Link } from '../../ports/index.ts';

const isPublic = (address: Ip): boolean => {
  if (!isIp4(address)) return /^[23][0-9a-f]{3}:/i.test(address);
  const ip4 = address as Ip4;
  return !isPrivate4(ip4) && !ip4.startsWith('127.') && !isInCidr(ip4, CARRIER_NETWORK);
};

/** The public addresses of all interfaces but the tunnel, with the relay's port. */
export const publicEndpoints = (
  links: readonly Link[],
  tunnelName: IfName | undefined,
  port: number,
): readonly Endpoint[] =>
  links
    .filter(({ name, isUp, isLoopback }) => isUp && !isLoopback && name !== tunnelName)
    .flatMap(({ addresses4, addresses6 }): readonly string[] => [...addresses4, ...addresses6])
    .map((cidr) => cidr.split('/')[0] as Ip)
    .filter(isPublic)
    .slice(0, LIMITS.endpointsPerRelay)
    .map((address) => formatEndpoint({ address, port }));
