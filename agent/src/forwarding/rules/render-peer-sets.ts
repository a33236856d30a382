/** Who may open what, as sets: the peers we know, those that may open everything, and address-port triples for the rest. */
import type { Ip4, Ip6 } from '@sidegate/protocol';
import { DEFAULTS } from '@sidegate/protocol';
import type { OwnService, PermittedPeer } from '../../plugin-api/firewall-wish.ts';
import type { NftObject } from '../../ports/ruleset.ts';
import { permittedRanges } from '../access/permitted-ports.ts';
import type { FirewallTunnel } from './firewall-plan.ts';
import { concat, field, goto, is, meta, nftSet } from './nft-json.ts';

interface Family {
  readonly suffix: '4' | '6';
  readonly type: 'ipv4_addr' | 'ipv6_addr';
  readonly protocol: 'ip' | 'ip6';
  readonly icmp: 'icmp' | 'icmpv6';
  readonly addressOf: (of: Pick<PermittedPeer, 'address4' | 'address6'>) => Ip4 | Ip6;
}
const FAMILIES: readonly Family[] = [
  { suffix: '4', type: 'ipv4_addr', protocol: 'ip', icmp: 'icmp', addressOf: (peer) => peer.address4 },
  { suffix: '6', type: 'ipv6_addr', protocol: 'ip6', icmp: 'icmpv6', addressOf: (peer) => peer.address6 },
];

const portTriples = (
  { addressOf }: Family,
  peers: readonly PermittedPeer[],
  services: readonly OwnService[],
): readonly NftObject[] =>
  peers.flatMap((peer) =>
    permittedRanges(peer, services).map(({ protocol, from, to }) => ({
      concat: [addressOf(peer), protocol, from === to ? from : { range: [from, to] }],
    })),
  );

const renderFamily = (
  family: Family,
  { self, peers }: FirewallTunnel,
  services: readonly OwnService[],
): { readonly sets: readonly NftObject[]; readonly permits: readonly (readonly NftObject[])[] } => {
  const { suffix, type, protocol, icmp, addressOf } = family;
  const known = `peers_known${suffix}`;
  const all = `peers_all${suffix}`;
  const ports = `peers_ports${suffix}`;
  const source = field(protocol, 'saddr');
  // This machine itself, not a host behind it that has an address of its own.
  const isToUs = is(field(protocol, 'daddr'), addressOf(self));
  return {
    sets: [
      nftSet(known, type, peers.map(addressOf)),
      nftSet(all, type, peers.filter((peer) => peer.inbound.kind === 'all').map(addressOf)),
      nftSet(ports, [type, 'inet_proto', 'inet_service'], portTriples(family, peers, services), ['interval']),
    ],
    permits: [
      [is(source, `@${all}`), goto('admitted')],
      [is(concat(source, meta('l4proto'), field('th', 'dport')), `@${ports}`), goto('admitted')],
      [is(source, `@${known}`), isToUs, is(field('udp', 'dport'), DEFAULTS.heartbeatPort), goto('admitted')],
      [is(source, `@${known}`), isToUs, is(field(icmp, 'type'), 'echo-request'), goto('admitted')],
    ],
  };
};

/** Sets, and the rules of `from_tunnel` that use them: every known peer may ping us and ask for a heartbeat. */
export const renderPeerSets = (tunnel: FirewallTunnel, services: readonly OwnService[]) => {
  const families = FAMILIES.map((family) => renderFamily(family, tunnel, services));
  return {
    sets: families.flatMap(({ sets }) => sets),
    permits: families.flatMap(({ permits }) => permits),
  };
};
