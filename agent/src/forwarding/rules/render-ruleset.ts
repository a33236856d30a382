/**
 * From plan to the complete `table inet sidegate`, as libnftables' JSON. Pure: no I/O, no clock, no process.
 *
 * Invariants: equal plans give equal rulesets at equal times; a packet costs the same with a thousand forwards as with
 * one (maps, not rule lists); who may open what is decided once, by a connection's first packet (`render-arrival.ts`),
 * and nothing passes from the tunnel to a LAN, or from a LAN by our mesh addresses, but what this table translated
 * itself (`render-passage.ts`); without a tunnel nothing of it is there. Interfaces are matched by name, so that the
 * ruleset loads while they do not exist.
 */
import type { NftObject, Ruleset } from '../../ports/ruleset.ts';
import type { FirewallPlan, PortSharing } from './firewall-plan.ts';
import { field, is, meta, type NftChain, nftChain, nftSet, nftTable, set } from './nft-json.ts';
import { renderAddresses } from './render-addresses.ts';
import { renderArrival } from './render-arrival.ts';
import { renderForwards } from './render-forwards.ts';
import { renderLan } from './render-lan.ts';
import { ownServicesSet, renderRedirects } from './render-own-services.ts';
import { renderDelivery, renderTransit } from './render-passage.ts';
import { renderPeerSets } from './render-peer-sets.ts';

/** The probe frame's magic, "SGP1": the first four bytes after the UDP header. */
const PROBE_MAGIC = 0x53475031;
/** nft(8) chain priorities: ours stand before or after those of other tables where order matters. */
const PRIORITY = {
  /** NF_IP_PRI_RAW: before conntrack, which must see WireGuard's one flow only. */
  beforeConntrack: -300,
  /** After every filter at 0: conntrack and other firewalls have seen WireGuard's own port. */
  afterFilter: 10,
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

/** The whole table for this plan; `nowMs` is wall time, which turns the ends of forwards into timeouts. */
export const renderRuleset = (plan: FirewallPlan, nowMs: number): Ruleset => {
  const chains: NftChain[] = plan.portSharing === undefined ? [] : [...renderPortSharing(plan.portSharing)];
  const data: NftObject[] = [];
  if (plan.tunnel !== undefined) {
    const { tunnel, ownServices } = plan;
    const peers = renderPeerSets(tunnel, ownServices);
    const forwards = renderForwards(tunnel, plan.forwards, nowMs);
    const addresses = renderAddresses(plan.addresses, nowMs);
    const lan = renderLan(tunnel, plan.forwards, plan.addresses, nowMs);
    data.push(...forwards.counters, ...addresses.counters, ...peers.sets);
    data.push(ownServicesSet.render(ownServices), ...forwards.maps, ...addresses.maps, ...lan.sets);
    data.push(nftSet('narrowed', 'ipv4_addr', [...forwards.narrowed, ...addresses.narrowed]));
    chains.push(
      ...renderArrival(tunnel, {
        permits: peers.permits,
        redirects: renderRedirects(ownServices),
        translatePort: forwards.translate,
        translateAddress: addresses.translate,
        lan,
      }),
      ...renderDelivery(tunnel),
      ...renderTransit(tunnel, {
        turnAway: [...forwards.turnAway, ...addresses.turnAway],
        pass: [...forwards.pass, ...addresses.pass],
      }),
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
