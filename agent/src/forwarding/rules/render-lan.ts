/**
 * The way back into the LAN: a machine of the household opens a publication by its name in the mesh, which leads it to
 * this edge, and from here to the device beside it. For those on the wire of the target only, who can reach it anyway,
 * and for publications that are not for somebody in particular (ADR 17). What is open ends as it does for peers: with
 * its publication, or when that becomes somebody's. Everything else on our mesh addresses stays closed to them.
 */
import type { AddressRule, ForwardRule, LanWire } from '../../plugin-api/firewall-wish.ts';
import type { NftObject } from '../../ports/ruleset.ts';
import type { FirewallTunnel } from './firewall-plan.ts';
import { concat, expiring, field, is, meta, nftSet } from './nft-json.ts';
import { aliveAmong, FLAGS, timeoutSec } from './publication-words.ts';

const DESTINATION = field('ip', 'daddr');
const IS_OPEN_PORT = is(concat(meta('iifname'), meta('l4proto'), field('th', 'dport')), '@lan_ports');
const IS_OPEN_ADDRESS = is(concat(meta('iifname'), DESTINATION), '@lan_addresses');

/** Each once, in an order that does not depend on that of the rules. */
const wiresOf = (rules: readonly { readonly lan?: LanWire }[]): readonly LanWire[] => {
  const wires = rules.flatMap(({ lan }) =>
    lan === undefined ? [] : [[`${lan.interfaceName} ${lan.cidr}`, lan] as const],
  );
  return [...new Map(wires.sort(([one], [other]) => (one < other ? -1 : 1))).values()];
};

const isFrom = ({ interfaceName, cidr }: LanWire): readonly NftObject[] => {
  const [addr, bits] = cidr.split('/');
  return [
    is(meta('iifname'), interfaceName),
    is(field('ip', 'saddr'), { prefix: { addr, len: Number(bits) } }),
  ];
};

const renderSets = (
  forwards: readonly ForwardRule[],
  addresses: readonly AddressRule[],
  nowMs: number,
): readonly NftObject[] => [
  nftSet(
    'lan_ports',
    ['ifname', 'inet_proto', 'inet_service'],
    forwards.flatMap(({ lan, protocol, edgePort, expiry }) =>
      lan === undefined
        ? []
        : [expiring(concat(lan.interfaceName, protocol, edgePort), timeoutSec(expiry, nowMs))],
    ),
    FLAGS,
  ),
  nftSet(
    'lan_addresses',
    ['ifname', 'ipv4_addr'],
    addresses.flatMap(({ lan, meshAddress, expiry }) =>
      lan === undefined ? [] : [expiring(concat(lan.interfaceName, meshAddress), timeoutSec(expiry, nowMs))],
    ),
    FLAGS,
  ),
];

/** Sets, and what the chain of arrival has of the LAN. */
export const renderLan = (
  { self }: FirewallTunnel,
  forwards: readonly ForwardRule[],
  addresses: readonly AddressRule[],
  nowMs: number,
) => {
  const alive = [aliveAmong(forwards, nowMs), aliveAmong(addresses, nowMs)] as const;
  return {
    sets: renderSets(...alive, nowMs),
    wires: wiresOf(alive.flat()).map(isFrom),
    isOpenPort: [is(DESTINATION, self.address4), IS_OPEN_PORT],
    isOpenAddress: [IS_OPEN_ADDRESS],
  };
};
