/**
 * The way back into the LAN: a machine of the household opens a publication by its name in the mesh, which leads it to
 * this edge, and from here to the device beside it. For those on the wire of the target only, who can reach it anyway,
 * and for publications that are not for somebody in particular (ADR 17). Everything else on our mesh addresses stays
 * closed to them.
 */
import type { AddressRule, ForwardRule, LanWire } from '../plugin-api/firewall-wish.ts';
import type { NftObject } from '../ports/ruleset.ts';
import type { FirewallTunnel } from './firewall-plan.ts';
import {
  ACCEPT,
  concat,
  DROP,
  expiring,
  field,
  is,
  jump,
  meta,
  type NftChain,
  nftChain,
  nftSet,
} from './nft-json.ts';
import { aliveAmong, FLAGS, IS_ASKED, IS_PUBLISHED, timeoutSec } from './publication-words.ts';
import { TRANSLATE_PORT } from './render-forwards.ts';

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

/** Sets, and chains with the rules that lead to them: for what is open already, and for what begins. */
export const renderLan = (
  { interfaceName, self }: FirewallTunnel,
  rules: { readonly forwards: readonly ForwardRule[]; readonly addresses: readonly AddressRule[] },
  ofAddresses: {
    readonly limits: readonly (readonly NftObject[])[];
    readonly translate: readonly NftObject[];
  },
  nowMs: number,
) => {
  const forwards = aliveAmong(rules.forwards, nowMs);
  const addresses = aliveAmong(rules.addresses, nowMs);
  const wires = wiresOf([...forwards, ...addresses]);
  const isToUs = is(DESTINATION, self.address4);
  const chains: readonly NftChain[] = [
    nftChain('from_lan', undefined, [
      ...ofAddresses.limits,
      [isToUs, IS_OPEN_PORT, ACCEPT],
      [IS_OPEN_ADDRESS, ACCEPT],
      [DROP],
    ]),
    nftChain('publish_lan', undefined, [
      ...ofAddresses.limits,
      [isToUs, IS_OPEN_PORT, ...TRANSLATE_PORT],
      [IS_OPEN_ADDRESS, ...ofAddresses.translate],
    ]),
  ];
  return {
    sets: renderSets(forwards, addresses, nowMs),
    chains,
    // What is open is looked at packet by packet, so that it ends with its publication.
    admission: [[IS_ASKED, ...IS_PUBLISHED, is(meta('iifname'), interfaceName, '!='), jump('from_lan')]],
    translate: wires.map((wire) => [...isFrom(wire), jump('publish_lan')]),
  };
};
