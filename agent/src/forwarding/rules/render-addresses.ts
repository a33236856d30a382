/**
 * Hosts with mesh addresses of their own: one rule translates all of them by a map from address to address, ports
 * stay what they are, ICMP goes along. What a packet may pass by, and where it counts, is asked by the address that its
 * connection was meant for.
 */
import type { AddressRule } from '../../plugin-api/firewall-wish.ts';
import type { NftObject } from '../../ports/ruleset.ts';
import {
  ACCEPT,
  concat,
  DROP,
  expiring,
  field,
  is,
  lookup,
  meta,
  type Nft,
  nftMap,
  nftSet,
} from './nft-json.ts';
import {
  aliveAmong,
  connectionsCounter,
  countersOf,
  FLAGS,
  MARK_AS_OURS,
  ORIGINAL_ADDRESS,
  ORIGINAL_PORT,
  ORIGINAL_SOURCE,
  PROTOCOLS,
  timeoutSec,
  trafficCounter,
} from './publication-words.ts';

const DESTINATION = field('ip', 'daddr');

const renderMaps = (rules: readonly AddressRule[], nowMs: number): readonly NftObject[] => {
  const map = (name: string, type: string, value: (rule: AddressRule) => string) =>
    nftMap(
      name,
      'ipv4_addr',
      type,
      rules.map((rule) => [expiring(rule.meshAddress, timeoutSec(rule.expiry, nowMs)), value(rule)]),
      FLAGS,
    );
  return [
    map('address_targets', 'ipv4_addr', (rule) => rule.targetAddress),
    map('address_connections', 'counter', (rule) => connectionsCounter(rule.id)),
    map('address_traffic', 'counter', (rule) => trafficCounter(rule.id)),
  ];
};

/** One element a port: a set of intervals could not be changed in place. */
const portElements = ({ meshAddress, ports = [] }: AddressRule): readonly Nft[] =>
  ports.flatMap(({ protocol, from, to }) =>
    Array.from({ length: to - from + 1 }, (_, at) => concat(meshAddress, protocol, from + at)),
  );

/** Not for all, or not for all ports. */
const isNarrowed = ({ ports, sources }: AddressRule): boolean => ports !== undefined || sources !== undefined;

const renderSets = (rules: readonly AddressRule[]): readonly NftObject[] => {
  const addressesOf = (those: readonly AddressRule[]) => those.map(({ meshAddress }) => meshAddress);
  const limited = rules.filter(({ ports }) => ports !== undefined);
  const guarded = rules.filter(({ sources }) => sources !== undefined);
  return [
    nftSet('address_limited', 'ipv4_addr', addressesOf(limited)),
    nftSet('address_ports', ['ipv4_addr', 'inet_proto', 'inet_service'], limited.flatMap(portElements)),
    nftSet('address_guarded', 'ipv4_addr', addressesOf(guarded)),
    nftSet(
      'address_sources',
      ['ipv4_addr', 'ipv4_addr'],
      guarded.flatMap(({ meshAddress, sources = [] }) => sources.map((from) => concat(from, meshAddress))),
    ),
  ];
};

/** Turns away whom an address is not for. */
const TURN_AWAY: readonly NftObject[] = [
  is(ORIGINAL_ADDRESS, '@address_guarded'),
  is(concat(ORIGINAL_SOURCE, ORIGINAL_ADDRESS), '@address_sources', '!='),
  DROP,
];
/** The same for what an address does not let through, whoever asks. */
const LIMITS: readonly (readonly NftObject[])[] = [
  ...PROTOCOLS.map((protocol) => [
    is(ORIGINAL_ADDRESS, '@address_limited'),
    is(meta('l4proto'), protocol),
    is(concat(ORIGINAL_ADDRESS, meta('l4proto'), ORIGINAL_PORT), '@address_ports', '!='),
    DROP,
  ]),
  [
    is(ORIGINAL_ADDRESS, '@address_limited'),
    is(meta('l4proto'), { set: [...PROTOCOLS, 'icmp'] }, '!='),
    DROP,
  ],
];

/** The first packet of each connection passes here; an address that is in no map falls through. */
const TRANSLATE: readonly NftObject[] = [
  { counter: lookup(DESTINATION, 'address_connections') },
  MARK_AS_OURS,
  { dnat: { family: 'ip', addr: lookup(DESTINATION, 'address_targets') } },
];

const PASS: readonly NftObject[] = [{ counter: lookup(ORIGINAL_ADDRESS, 'address_traffic') }, ACCEPT];

/** Counters, maps and sets, and the rules that other chains have of addresses. */
export const renderAddresses = (rules: readonly AddressRule[], nowMs: number) => {
  const alive = aliveAmong(rules, nowMs);
  return {
    counters: countersOf(alive),
    maps: [...renderMaps(alive, nowMs), ...renderSets(alive)],
    narrowed: alive.filter(isNarrowed).map(({ meshAddress }) => meshAddress),
    turnAway: [TURN_AWAY, ...LIMITS],
    translate: TRANSLATE,
    pass: [PASS],
  };
};
