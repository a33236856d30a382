/**
 * Where the beacons listen and where nodes find them, from the settings. A beacon is one key, on an IPv4 address, an
 * IPv6 address or both.
 */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { isIp4, parseIp, type UdpEndpoint } from '@sidegate/kit';
import type { Ip } from '@sidegate/protocol';
import type { UdpListen } from '@sidegate/relay';
import { type BrokerConfig, type HostPort, isWildcard } from './config.ts';
import { BrokerError } from './errors.ts';

/** A bound socket, and whose it is. */
export type BoundPlace = UdpEndpoint & Pick<UdpListen, 'beaconIndex'>;

const hasIp6 = (): boolean =>
  Object.values(networkInterfaces()).some((entries) => entries?.some(({ family }) => family === 'IPv6'));

/** The sockets to open. `[::]` says "where there is IPv6"; an address of one's own must be there. */
export const planListening = ({ udp }: BrokerConfig, canIp6 = hasIp6()): UdpListen[] =>
  udp.flatMap((places, beaconIndex) => {
    const listen = places.flatMap(({ host, port }) => {
      const address = parseIp(host);
      if (address === undefined)
        throw new BrokerError('CONFIG_INVALID', `udp: ${host} is no address`, { field: 'udp' });
      return host === '::' && !canIp6 && places.length > 1 ? [] : [{ beaconIndex, address, port }];
    });
    if (new Set(listen.map(({ address }) => isIp4(address))).size < listen.length)
      throw new BrokerError('CONFIG_INVALID', 'udp: two addresses of a beacon are of two families', {
        field: 'udp',
      });
    return listen;
  });

const resolve = async ({ host, port }: HostPort): Promise<readonly UdpEndpoint[]> => {
  const literal = parseIp(host);
  if (literal !== undefined) return [{ address: literal, port }];
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => ({ address: address as Ip, port }));
  } catch (cause) {
    throw new BrokerError('CONFIG_INVALID', `Find the address of ${host}`, { cause, field: 'publicUdp' });
  }
};

/** Where others reach one beacon, the first address of each family that it listens on. */
const placesOf = async (
  configured: readonly HostPort[] | undefined,
  hostname: string,
  bound: readonly UdpEndpoint[],
): Promise<readonly UdpEndpoint[]> => {
  const own = bound.map(({ address, port }) => ({ host: isWildcard(address) ? hostname : address, port }));
  const found = (await Promise.all((configured ?? own).map(resolve))).flat();
  const places = [4, 6].flatMap((family) => {
    const isOfFamily = ({ address }: UdpEndpoint) => isIp4(address) === (family === 4);
    const place = bound.some(isOfFamily) ? found.find(isOfFamily) : undefined;
    return place === undefined ? [] : [place];
  });
  if (places.length === 0)
    throw new BrokerError('CONFIG_INVALID', 'publicUdp names an address of a family that udp listens on', {
      field: 'publicUdp',
    });
  return places;
};

/** Where nodes find each beacon: as configured, else as bound, else at the host of the public URL. */
export const findPublicPlaces = (
  config: Pick<BrokerConfig, 'udp' | 'publicUdp'>,
  publicUrl: string,
  bound: readonly BoundPlace[],
): Promise<readonly (readonly UdpEndpoint[])[]> => {
  const { udp, publicUdp } = config;
  if (publicUdp !== undefined && publicUdp.length !== udp.length)
    throw new BrokerError('CONFIG_INVALID', 'publicUdp names as many beacons as udp', { field: 'publicUdp' });
  const hostname = new URL(publicUrl).hostname.replace(/^\[|\]$/g, '');
  return Promise.all(
    udp.map((_, at) =>
      placesOf(
        publicUdp?.[at],
        hostname,
        bound.filter(({ beaconIndex }) => beaconIndex === at),
      ),
    ),
  );
};
