/**
 * Every packet, of open connections too: what is for this machine, and what goes through it. Rules stand where the
 * fewest packets meet them, for most packets belong to what was decided long ago (`render-arrival.ts`).
 */
import { DEFAULTS } from '@sidegate/protocol';
import type { NftObject } from '../../ports/ruleset.ts';
import type { FirewallTunnel } from './firewall-plan.ts';
import { ACCEPT, DROP, field, is, jump, meta, type NftChain, nftChain, RETURN, set } from './nft-json.ts';
import { IS_ANSWER, IS_MARKED, IS_NARROWED, IS_TRANSLATED } from './publication-words.ts';
import { ownServicesSet } from './render-own-services.ts';

/** Before filters at 0: our drop is final, our accept is not. */
const BEFORE_FILTER = -10;
const STATE = { ct: { key: 'state' } };

type Rule = readonly NftObject[];

/** Linux answers on every address at every interface: our mesh addresses must not be reachable from a LAN or WAN. */
const guardRules = ({ interfaceName, self }: FirewallTunnel): readonly Rule[] => {
  const isElsewhere = is(meta('iifname'), { set: ['lo', interfaceName] }, '!=');
  return [
    [is(field('ip', 'daddr'), self.address4), isElsewhere, DROP],
    [is(field('ip6', 'daddr'), self.address6), isElsewhere, DROP],
  ];
};

const OWN_PORTS = nftChain('own_ports', undefined, [
  [is(field('icmp', 'type'), 'echo-request'), ACCEPT],
  [is(field('icmpv6', 'type'), 'echo-request'), ACCEPT],
  [is(field('udp', 'dport'), DEFAULTS.heartbeatPort), ACCEPT],
  [ownServicesSet.contains, ACCEPT],
  [DROP],
]);

/** What is for this machine itself. */
export const renderDelivery = (tunnel: FirewallTunnel): readonly NftChain[] => {
  const isFrom = is(meta('iifname'), tunnel.interfaceName);
  return [
    nftChain('delivery', { type: 'filter', hook: 'input', prio: BEFORE_FILTER }, [
      [is(STATE, ['established', 'related'], 'in'), ACCEPT],
      ...guardRules(tunnel),
      // Nobody has asked of it whether it may come.
      [isFrom, is(STATE, 'new', '!='), DROP],
      ...(tunnel.role === 'edge' ? [[isFrom, jump('own_ports')]] : []),
    ]),
    ...(tunnel.role === 'edge' ? [OWN_PORTS] : []),
  ];
};

/** The MSS follows the smaller path of both directions, so that no forwarded packet needs fragments. */
const CLAMP_MSS: Rule = [
  is({ '&': [field('tcp', 'flags'), ['syn', 'rst']] }, 'syn'),
  set({ 'tcp option': { name: 'maxseg', field: 'size' } }, { rt: { key: 'mtu' } }),
];

/** What others know of packets that go through this machine. */
export interface TransitRules {
  /** Drop what is not for everybody, or not for every port. */
  readonly turnAway: readonly Rule[];
  /** Count and accept what is published. */
  readonly pass: readonly Rule[];
}

/** Nothing goes from the tunnel to a LAN or back but what this table has translated and still knows. */
export const renderTransit = (
  { interfaceName }: FirewallTunnel,
  { turnAway, pass }: TransitRules,
): readonly NftChain[] => {
  const isFrom = is(meta('iifname'), interfaceName);
  const isTo = is(meta('oifname'), interfaceName);
  return [
    nftChain('transit', { type: 'filter', hook: 'forward', prio: BEFORE_FILTER }, [
      [IS_MARKED, jump('published')],
      [is(STATE, 'related', 'in'), is(meta('l4proto'), { set: ['icmp', 'icmpv6'] }), ACCEPT],
      [isFrom, DROP],
      [isTo, DROP],
    ]),
    // Found by where it was meant for, a mesh address of ours: nobody but this table leads such a packet here.
    nftChain('published', undefined, [
      CLAMP_MSS,
      [IS_NARROWED, jump('narrowed')],
      ...pass,
      // What the maps know no longer ends, on its way within the LAN too.
      [IS_TRANSLATED, is(STATE, 'related', '!='), DROP],
    ]),
    // Of open connections, too: whoever is no longer meant loses theirs.
    nftChain('narrowed', undefined, [[IS_ANSWER, RETURN], ...turnAway]),
  ];
};
