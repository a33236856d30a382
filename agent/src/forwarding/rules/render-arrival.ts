/**
 * The first packet of a connection. Conntrack shows nat chains no other: who may open what is decided here, once, by
 * where the packet was meant for, and where it leads instead is written down in the connection. What these chains never
 * saw is turned away later (`render-passage.ts`): untracked packets, and connections that somebody else led to a LAN
 * before us, which have no mark.
 */
import type { NftObject } from '../../ports/ruleset.ts';
import type { FirewallTunnel } from './firewall-plan.ts';
import { DROP, field, is, jump, meta, type NftChain, nftChain } from './nft-json.ts';
import { IS_NARROWED, IS_PUBLISHED } from './publication-words.ts';

/** Before fw4's and Docker's translation (-100, 100): the first to translate a connection wins. */
const PRIORITY = { arrival: -105, departure: 95 } as const;

type Rule = readonly NftObject[];

/** What others know of new connections. */
export interface ArrivalRules {
  /** Go to `admitted`. */
  readonly permits: readonly Rule[];
  /** Ports of own services that lead to other ports. */
  readonly redirects: readonly Rule[];
  readonly translatePort: Rule;
  readonly translateAddress: Rule;
  readonly lan: { readonly wires: readonly Rule[]; readonly isOpenPort: Rule; readonly isOpenAddress: Rule };
}

/** Peers are known by their inner source address: WireGuard has checked it against the peer's key. */
export const renderArrival = (
  { interfaceName, self }: FirewallTunnel,
  { permits, redirects, translatePort, translateAddress, lan }: ArrivalRules,
): readonly NftChain[] => [
  nftChain('arrival', { type: 'nat', hook: 'prerouting', prio: PRIORITY.arrival }, [
    [is(meta('iifname'), interfaceName), jump('from_tunnel')],
    ...lan.wires.map((isFrom) => [...isFrom, jump('from_lan')]),
  ]),
  nftChain('from_tunnel', undefined, [...permits, [DROP]]),
  nftChain('admitted', undefined, [
    [IS_NARROWED, jump('narrowed')],
    [is(field('ip', 'daddr'), self.address4), jump('to_edge')],
    [is(field('ip6', 'daddr'), self.address6), jump('to_edge6')],
    translateAddress,
  ]),
  nftChain('to_edge', undefined, [...redirects, translatePort]),
  nftChain('to_edge6', undefined, redirects),
  nftChain('from_lan', undefined, [
    [IS_NARROWED, jump('narrowed')],
    [...lan.isOpenPort, ...translatePort],
    [...lan.isOpenAddress, ...translateAddress],
  ]),
  nftChain('departure', { type: 'nat', hook: 'postrouting', prio: PRIORITY.departure }, [
    [is(meta('oifname'), interfaceName, '!='), ...IS_PUBLISHED, { masquerade: null }],
  ]),
];
