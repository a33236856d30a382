/**
 * From plan to the complete `table inet sidegate`, as libnftables' JSON. Pure: no I/O, no clock, no process.
 *
 * Invariants: equal plans give equal rulesets at equal times; a packet costs the same with a thousand forwards as with one (maps,
 * not rule lists), and rules stand where the fewest packets meet them; who may open what is decided once, at the packet's arrival and by its original port (`admission`);
 * nothing passes from the tunnel to a LAN, or from a LAN by our mesh addresses, but what this table translated itself; without a tunnel nothing of it is
 * there. Interfaces are matched by name, so that the ruleset loads while they do not exist.
 */
import { DEFAULTS } from '@sidegate/protocol';
import type { NftObject, Ruleset } from '../ports/ruleset.ts';
import type { FirewallPlan, FirewallTunnel, PortSharing } from './firewall-plan.ts';
import {
  ACCEPT,
  DROP,
  field,
  is,
  jump,
  meta,
  type NftChain,
  nftChain,
  nftSet,
  nftTable,
  RETURN,
  set,
} from './nft-json.ts';
import { IS_ANSWER, IS_MARKED } from './publication-words.ts';
import { renderAddresses } from './render-addresses.ts';
import { renderForwards } from './render-forwards.ts';
import { renderLan } from './render-lan.ts';
import { ownServicesSet, renderRedirects } from './render-own-services.ts';
import { renderPeerSets } from './render-peer-sets.ts';

/** The probe frame's magic, "SGP1": the first four bytes after the UDP header. */
const PROBE_MAGIC = 0x53475031;
const ESTABLISHED = is({ ct: { key: 'state' } }, ['established', 'related'], 'in');

/** nft(8) chain priorities: ours stand before those of other tables where order matters. */
const PRIORITY = {
  /** NF_IP_PRI_RAW: before conntrack, which must see WireGuard's one flow only. */
  beforeConntrack: -300,
  /** NF_IP_PRI_MANGLE: after conntrack, before any translation of ports. */
  admission: -150,
  /** After every filter at 0: conntrack and other firewalls have seen WireGuard's own port. */
  afterFilter: 10,
  /** Before filters at 0: our drop is final, our accept is not. */
  beforeFilter: -10,
} as const;

const renderPortSharing = ({ agentPort, wireguardPort }: PortSharing): readonly NftChain[] => {
  const sourcePort = field('udp', 'sport');
  const destinationPort = field('udp', 'dport');
  return [
    nftChain('probe_output', { type: 'filter', hook: 'output', prio: PRIORITY.beforeConntrack }, [
      [is(meta('skuid'), 0), is(sourcePort, agentPort), set(sourcePort, wireguardPort)],
    ]),
    nftChain('probe_input', { type: 'filter', hook: 'input', prio: PRIORITY.afterFilter }, [
      [
        is(destinationPort, wireguardPort),
        is({ payload: { base: 'th', offset: 64, len: 32 } }, PROBE_MAGIC),
        set(destinationPort, agentPort),
      ],
    ]),
  ];
};

/** Peers are known by their inner source address: WireGuard has checked it against the peer's key. */
const renderAdmission = (
  tunnel: FirewallTunnel,
  turnAway: readonly (readonly NftObject[])[],
  permits: readonly (readonly NftObject[])[],
  fromLan: readonly (readonly NftObject[])[],
): readonly NftChain[] => [
  nftChain('admission', { type: 'filter', hook: 'prerouting', prio: PRIORITY.admission }, [
    [is(meta('iifname'), tunnel.interfaceName), jump('from_tunnel')],
    ...fromLan,
  ]),
  // What is narrowed is asked of open connections, too: whoever is no longer meant loses theirs.
  nftChain('from_tunnel', undefined, [
    [is(field('ip', 'daddr'), '@narrowed'), jump('narrowed')],
    [ESTABLISHED, ACCEPT],
    ...permits,
    [DROP],
  ]),
  // Answers to what this machine itself asked are not turned away, whatever port they come to.
  nftChain('narrowed', undefined, [[IS_ANSWER, RETURN], ...turnAway]),
];

/** Linux answers on every address at every interface: our mesh addresses must not be reachable from a LAN or WAN. */
const guardRules = ({ interfaceName, self }: FirewallTunnel): readonly (readonly NftObject[])[] => {
  const isElsewhere = is(meta('iifname'), { set: ['lo', interfaceName] }, '!=');
  return [
    [is(field('ip', 'daddr'), self.address4), isElsewhere, DROP],
    [is(field('ip6', 'daddr'), self.address6), isElsewhere, DROP],
  ];
};

const renderLocalDelivery = (tunnel: FirewallTunnel): readonly NftChain[] => {
  const hook = { type: 'filter', hook: 'input', prio: PRIORITY.beforeFilter } as const;
  if (tunnel.role === 'client') return [nftChain('local_delivery', hook, guardRules(tunnel))];
  return [
    nftChain('local_delivery', hook, [
      ...guardRules(tunnel),
      [is(meta('iifname'), tunnel.interfaceName), jump('own_ports')],
    ]),
    nftChain('own_ports', undefined, [
      [ESTABLISHED, ACCEPT],
      [is(field('icmp', 'type'), 'echo-request'), ACCEPT],
      [is(field('icmpv6', 'type'), 'echo-request'), ACCEPT],
      [is(field('udp', 'dport'), DEFAULTS.heartbeatPort), ACCEPT],
      [ownServicesSet.contains, ACCEPT],
      [DROP],
    ]),
  ];
};

/** The MSS follows the smaller path of both directions, so that no forwarded packet needs fragments. */
const CLAMP_MSS: readonly NftObject[] = [
  is({ '&': [field('tcp', 'flags'), ['syn', 'rst']] }, 'syn'),
  set({ 'tcp option': { name: 'maxseg', field: 'size' } }, { rt: { key: 'mtu' } }),
];

const renderTransit = (
  { interfaceName }: FirewallTunnel,
  passing: readonly (readonly NftObject[])[],
): readonly NftChain[] => {
  const isFrom = is(meta('iifname'), interfaceName);
  const isTo = is(meta('oifname'), interfaceName);
  return [
    nftChain('transit', { type: 'filter', hook: 'forward', prio: PRIORITY.beforeFilter }, [
      [IS_MARKED, jump('published')],
      [
        is({ ct: { key: 'state' } }, 'related', 'in'),
        is(meta('l4proto'), { set: ['icmp', 'icmpv6'] }),
        ACCEPT,
      ],
      [isFrom, DROP],
      [isTo, DROP],
    ]),
    // Found by where it was meant for, a mesh address of ours: nobody but this table leads such a packet here.
    nftChain('published', undefined, [CLAMP_MSS, ...passing]),
  ];
};

/** The whole table for this plan; `nowMs` is wall time, which turns the ends of forwards into timeouts. */
export const renderRuleset = (plan: FirewallPlan, nowMs: number): Ruleset => {
  const chains: NftChain[] = plan.portSharing === undefined ? [] : [...renderPortSharing(plan.portSharing)];
  const data: NftObject[] = [];
  if (plan.tunnel !== undefined) {
    const { tunnel, ownServices } = plan;
    const peers = renderPeerSets(tunnel, ownServices);
    const addresses = renderAddresses(plan.addresses, nowMs);
    const lan = renderLan(tunnel, plan, addresses, nowMs);
    const others = {
      redirects: renderRedirects(ownServices),
      translateAddresses: addresses.translate,
      translateLan: lan.translate,
    };
    const forwards = renderForwards(tunnel, plan.forwards, others, nowMs);
    data.push(...forwards.counters, ...addresses.counters, ...peers.sets);
    data.push(nftSet('narrowed', 'ipv4_addr', [...forwards.narrowed, ...addresses.narrowed]));
    data.push(ownServicesSet.render(ownServices), ...forwards.maps, ...addresses.maps, ...lan.sets);
    chains.push(
      ...renderAdmission(tunnel, [...forwards.turnAway, ...addresses.turnAway], peers.permits, lan.admission),
      ...lan.chains,
      ...forwards.chains,
      ...renderLocalDelivery(tunnel),
      ...renderTransit(tunnel, [...forwards.passing, ...addresses.passing]),
    );
  }
  return {
    objects: [
      nftTable(),
      ...data,
      ...chains.map(({ chain }) => chain),
      ...chains.flatMap(({ rules }) => rules),
    ],
  };
};
