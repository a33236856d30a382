/**
 * Forwards as maps: one rule translates, one per protocol lets through and counts, however many there are. The
 * connection mark says "translated by us"; a forward that left the maps is cut off even where conntrack still
 * remembers its connections, because the lookup that lets a packet through finds nothing. The same lookup ends what
 * expires: the elements have timeouts, so neither a new nor an old connection needs the agent to be stopped.
 */
import type { ForwardRule } from '../../plugin-api/firewall-wish.ts';
import type { NftObject } from '../../ports/ruleset.ts';
import type { FirewallTunnel } from './firewall-plan.ts';
import {
  ACCEPT,
  concat,
  DROP,
  expiring,
  is,
  lookup,
  meta,
  nftMap,
  nftSet,
  PROTOCOL_AND_PORT,
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

const KEY_TYPE = ['inet_proto', 'inet_service'] as const;

const renderMaps = (forwards: readonly ForwardRule[], nowMs: number): readonly NftObject[] => {
  const byKey = <T>(value: (rule: ForwardRule) => T) =>
    forwards.map((rule) => {
      const key = { concat: [rule.protocol, rule.edgePort] };
      return [expiring(key, timeoutSec(rule.expiry, nowMs)), value(rule)] as const;
    });
  return [
    nftMap(
      'forward_addresses',
      KEY_TYPE,
      'ipv4_addr',
      byKey((rule) => rule.targetAddress),
      FLAGS,
    ),
    nftMap(
      'forward_ports',
      KEY_TYPE,
      'inet_service',
      byKey((rule) => rule.targetPort),
      FLAGS,
    ),
    nftMap(
      'forward_connections',
      KEY_TYPE,
      'counter',
      byKey((rule) => connectionsCounter(rule.id)),
      FLAGS,
    ),
    ...PROTOCOLS.map((protocol) =>
      nftMap(
        `forward_traffic_${protocol}`,
        'inet_service',
        'counter',
        forwards
          .filter((rule) => rule.protocol === protocol)
          .map((rule) => {
            const key = expiring(rule.edgePort, timeoutSec(rule.expiry, nowMs));
            return [key, trafficCounter(rule.id)] as const;
          }),
        FLAGS,
      ),
    ),
  ];
};

/** The first packet of each connection passes here; a port that is in no map falls through. */
const TRANSLATE: readonly NftObject[] = [
  is(meta('l4proto'), { set: PROTOCOLS }),
  { counter: lookup(PROTOCOL_AND_PORT, 'forward_connections') },
  MARK_AS_OURS,
  {
    dnat: {
      family: 'ip',
      addr: lookup(PROTOCOL_AND_PORT, 'forward_addresses'),
      port: lookup(PROTOCOL_AND_PORT, 'forward_ports'),
    },
  },
];

/** An address of a host's own has left its map: its connections must not pass as those of a forward. */
const pass = ({ self }: FirewallTunnel): readonly (readonly NftObject[])[] =>
  PROTOCOLS.map((protocol) => [
    is(ORIGINAL_ADDRESS, self.address4),
    is(meta('l4proto'), protocol),
    { counter: lookup(ORIGINAL_PORT, `forward_traffic_${protocol}`) },
    ACCEPT,
  ]);

/** Forwards that are for some peers only, and who those are. */
const renderGuards = (forwards: readonly ForwardRule[]): readonly NftObject[] => {
  const guarded = forwards.filter(({ sources }) => sources !== undefined);
  return [
    nftSet(
      'forward_guarded',
      KEY_TYPE,
      guarded.map(({ protocol, edgePort }) => concat(protocol, edgePort)),
    ),
    nftSet(
      'forward_sources',
      ['ipv4_addr', ...KEY_TYPE],
      guarded.flatMap(({ protocol, edgePort, sources }) =>
        (sources ?? []).map((address) => concat(address, protocol, edgePort)),
      ),
    ),
  ];
};

/** Turns away whom a forward is not for. */
const turnAway = ({ self }: FirewallTunnel): readonly (readonly NftObject[])[] =>
  PROTOCOLS.map((protocol) => [
    is(ORIGINAL_ADDRESS, self.address4),
    is(meta('l4proto'), protocol),
    is(concat(meta('l4proto'), ORIGINAL_PORT), '@forward_guarded'),
    is(concat(ORIGINAL_SOURCE, meta('l4proto'), ORIGINAL_PORT), '@forward_sources', '!='),
    DROP,
  ]);

/** Counters, maps and sets, and the rules that other chains have of forwards. */
export const renderForwards = (tunnel: FirewallTunnel, forwards: readonly ForwardRule[], nowMs: number) => {
  const alive = aliveAmong(forwards, nowMs);
  return {
    counters: countersOf(alive),
    maps: [...renderMaps(alive, nowMs), ...renderGuards(alive)],
    narrowed: alive.some(({ sources }) => sources !== undefined) ? [tunnel.self.address4] : [],
    turnAway: turnAway(tunnel),
    translate: TRANSLATE,
    pass: pass(tunnel),
  };
};
