/** Networks that an edge reaches and nobody has added. Pure: what was seen goes in, what may be worth a look comes out. */
import { canonicalCidr, hasOverlap, isIp4, isPrivate4, networkOf, PRIVATE_NETWORKS } from '@sidegate/kit';
import { Cidr4, type Ip4, LIMITS, type ScopeSuggestion } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Route } from '../ports/index.ts';

/**
 * Where modems and the routers of providers have their pages, by the books of their makers: cable modems (DOCSIS),
 * FRITZ!Box, Speedport, Technicolor, Huawei, Livebox, Arris, Comcast, Sagemcom, Teltonika.
 */
export const MODEM_ADDRESSES: readonly Ip4[] = [
  '192.168.100.1',
  '192.168.0.1',
  '192.168.1.1',
  '192.168.178.1',
  '192.168.2.1',
  '10.0.0.138',
  '192.168.8.1',
  '192.168.1.254',
  '10.0.0.1',
  '192.168.15.1',
  '192.168.3.1',
  '192.168.1.253',
] as Ip4[];

/** What was seen. */
export interface Surroundings {
  readonly routes: readonly Route[];
  /** Routers on the way to the internet, nearest first; a silent one is `undefined`. */
  readonly hops: readonly (Ip4 | undefined)[];
  /** Addresses out of `MODEM_ADDRESSES` where somebody answered. */
  readonly modems: readonly Ip4[];
  /** Networks that are scopes already, or the mesh's. */
  readonly taken: readonly Cidr4[];
  readonly tunnelName: string | undefined;
}

/** Around a single address nobody knows the prefix; homes have this one. */
const aroundOf = (address: Ip4): Cidr4 => canonicalCidr(`${address}/24` as Cidr4);

const toCidr4 = (text: string): Cidr4 | undefined => {
  const result = v.safeParse(Cidr4, text);
  return result.success ? result.output : undefined;
};

const fromRoutes = ({ routes, tunnelName }: Surroundings): ScopeSuggestion[] =>
  routes.flatMap(({ destination, gateway, interfaceName }) => {
    const cidr = toCidr4(destination);
    if (gateway === undefined || interfaceName === tunnelName || cidr === undefined) return [];
    const { base, bits } = networkOf(cidr);
    const isFit = bits >= LIMITS.scanPrefixMinBits && bits <= 30 && isPrivate4(base);
    const isInside = PRIVATE_NETWORKS.some((one) => hasOverlap(one, cidr));
    if (!isFit || !isInside) return [];
    const why = `A route leads there by ${gateway}.`;
    return [{ cidr, label: '', from: 'route' as const, why }];
  });

const fromModems = ({ modems }: Surroundings): ScopeSuggestion[] =>
  modems.map((address) => ({
    cidr: aroundOf(address),
    label: 'Modem',
    from: 'modem',
    why: `Somebody answers at ${address}, where modems have their page.`,
  }));

/** The first public router is the provider's: what comes after it is not the home's, whatever its number. */
const fromHops = ({ hops }: Surroundings): ScopeSuggestion[] => {
  const end = hops.findIndex((hop) => hop !== undefined && !isPrivate4(hop));
  return hops.slice(0, end < 0 ? hops.length : end).flatMap((hop, at) => {
    if (hop === undefined || !isIp4(hop)) return [];
    const why = `${hop} is router ${at + 1} on the way to the internet.`;
    return [{ cidr: aroundOf(hop), label: 'In front of the router', from: 'path' as const, why }];
  });
};

/** Likeliest first, none of them overlapping another or what is taken. */
export const suggestScopes = (seen: Surroundings): readonly ScopeSuggestion[] => {
  const suggestions: ScopeSuggestion[] = [];
  for (const one of [...fromRoutes(seen), ...fromModems(seen), ...fromHops(seen)]) {
    const isTaken = [...seen.taken, ...suggestions.map(({ cidr }) => cidr)].some((other) =>
      hasOverlap(other, one.cidr),
    );
    if (!isTaken) suggestions.push(one);
  }
  return suggestions;
};

/** Is there any route to the whole of the network? The default route leads everywhere. */
export const isRouted = (cidr: Cidr4, routes: readonly Pick<Route, 'destination' | 'family'>[]): boolean =>
  routes.some(({ destination, family }) => {
    if (destination === 'default') return family === 4;
    const network = toCidr4(destination);
    return (
      network !== undefined && networkOf(network).bits <= networkOf(cidr).bits && hasOverlap(network, cidr)
    );
  });
