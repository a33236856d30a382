/**
 * A NAT record to the complete nftables ruleset of a router. Pure text, one statement a line.
 *
 * Linux's masquerade is endpoint-independent in mapping (a source's existing mapping is reused) and
 * address-and-port-dependent in filtering (conntrack knows whole flows). Wider filters and hairpinning are added by
 * learning each mapping into a map that inbound packets are looked up in; symmetric mapping comes from `fully-random`.
 * The WAN drops what nobody asked for: were such a packet accepted, conntrack would remember it, and the inside
 * host's own packet to that peer would leave from another port.
 */
import { LINUX_UDP_TIMEOUTS, type NatBehaviour, type UdpTimeouts } from './nat.ts';

/** Where the rules are to stand. */
export interface RouterPlace {
  readonly nat: NatBehaviour;
  /** The interface towards the internet, and its address. */
  readonly wan: { readonly ifName: string; readonly address: string };
  /** Networks behind the router. */
  readonly inside: readonly string[];
  /** IPv6 networks behind it: never translated, always behind a firewall that knows flows, as RFC 6092 asks. */
  readonly inside6?: readonly string[];
  /** Pairs of inside interfaces of which the first may not open connections to the second. */
  readonly isolated?: readonly { readonly from: string; readonly to: string }[];
  /** Another table translates addresses of inbound flows, and those are to come through. */
  readonly portMapping?: boolean;
}

/** Outside ports of a NAT that preserves none: above every port that Linux picks for a socket. */
const FOREIGN_PORTS = '61000-65535';

/** Replaces the router's table; safe to apply again and again. */
export const renderRouterRules = (place: RouterPlace): string => {
  const body = [
    ...renderTimeouts(place.nat.timeouts),
    ...renderMaps(place.nat),
    ...renderInput(place),
    ...renderForward(place),
    ...(place.nat.mapping === 'none'
      ? []
      : [...renderDnat(place), ...renderSnat(place), ...renderLearning(place)]),
  ];
  const lines = body.map((line) => (line === '' ? '' : `  ${line}`));
  return ['table inet router', 'delete table inet router', 'table inet router {', ...lines, '}', ''].join(
    '\n',
  );
};

const block = (head: string, lines: readonly string[]): string[] => [
  `${head} {`,
  ...lines.map((line) => `  ${line}`),
  '}',
];

const chain = (name: string, hook: string, rules: readonly string[]): string[] =>
  block(`chain ${name}`, [`type ${hook}; policy accept;`, ...rules]);

const isOpenToAll = (nat: NatBehaviour): boolean => nat.filtering === 'endpoint-independent';
const isOpenToAddress = (nat: NatBehaviour): boolean => nat.filtering === 'address-dependent';
const hasMappings = (nat: NatBehaviour): boolean =>
  nat.mapping !== 'none' && (isOpenToAll(nat) || nat.hairpin);
const hasPermitted = (nat: NatBehaviour): boolean => nat.mapping !== 'none' && isOpenToAddress(nat);

const renderTimeouts = (timeouts: UdpTimeouts | undefined): string[] => {
  if (timeouts === undefined) return [];
  const policy = `policy = { unreplied : ${timeouts.unrepliedSec}, replied : ${timeouts.streamSec} }`;
  return [
    ...block('ct timeout udp-idle', ['protocol udp', 'l3proto ip', policy]),
    ...chain('timeouts', 'filter hook prerouting priority -150', [
      'meta l4proto udp ct timeout set "udp-idle"',
    ]),
  ];
};

const renderMaps = (nat: NatBehaviour): string[] => {
  const map = (name: string, type: string) =>
    block(`map ${name}`, [
      type,
      'size 65535',
      'flags dynamic,timeout',
      `timeout ${(nat.timeouts ?? LINUX_UDP_TIMEOUTS).streamSec}s`,
    ]);
  return [
    ...(hasMappings(nat) ? map('mappings', 'type inet_service : ipv4_addr . inet_service') : []),
    ...(hasPermitted(nat)
      ? map('permitted', 'type inet_service . ipv4_addr : ipv4_addr . inet_service')
      : []),
  ];
};

const hasIp6 = ({ inside6 = [] }: RouterPlace): boolean => inside6.length > 0;
/** Not filtered at all. */
const isOpen = ({ nat }: RouterPlace): boolean => nat.mapping === 'none' && isOpenToAll(nat);

const renderInput = (place: RouterPlace): string[] =>
  isOpen(place)
    ? []
    : chain('input', 'filter hook input priority filter', [
        `iifname != "${place.wan.ifName}" accept`,
        'ct state established,related accept',
        'icmp type echo-request accept',
        ...(hasIp6(place)
          ? ['icmpv6 type { echo-request, nd-neighbor-solicit, nd-neighbor-advert } accept']
          : []),
        'drop',
      ]);

const renderForward = (place: RouterPlace): string[] => {
  const { wan, nat, isolated = [], inside6 = [], portMapping = false } = place;
  const reach = `iifname "${wan.ifName}" ip6 daddr { ${inside6.join(', ')} }`;
  return chain('forward', 'filter hook forward priority filter', [
    'ct state established,related accept',
    ...isolated.map(({ from, to }) => `iifname "${from}" oifname "${to}" drop`),
    `iifname != "${wan.ifName}" accept`,
    ...(portMapping || (nat.mapping !== 'none' && (isOpenToAll(nat) || isOpenToAddress(nat)))
      ? ['ct status dnat accept']
      : []),
    ...(hasIp6(place) ? [`${reach} icmpv6 type echo-request accept`, `${reach} drop`] : []),
    ...(isOpen(place) ? [] : ['drop']),
  ]);
};

const renderDnat = ({ wan, nat }: RouterPlace): string[] => {
  const inbound = `iifname "${wan.ifName}" meta l4proto udp dnat ip to`;
  const rules = [
    ...(isOpenToAll(nat) ? [`${inbound} udp dport map @mappings`] : []),
    ...(isOpenToAddress(nat) ? [`${inbound} udp dport . ip saddr map @permitted`] : []),
    ...(nat.hairpin
      ? [
          `iifname != "${wan.ifName}" ip daddr ${wan.address} meta l4proto udp dnat ip to udp dport map @mappings`,
        ]
      : []),
  ];
  return rules.length === 0 ? [] : chain('inbound', 'nat hook prerouting priority dstnat', rules);
};

const renderSnat = ({ wan, nat, inside }: RouterPlace): string[] => {
  const networks = `{ ${inside.join(', ')} }`;
  const isRandom = nat.mapping === 'address-and-port-dependent';
  const ports = isRandom ? ' random,fully-random' : nat.portPreservation ? '' : ` to :${FOREIGN_PORTS}`;
  return chain('outbound', 'nat hook postrouting priority srcnat', [
    ...(ports === ''
      ? []
      : [`oifname "${wan.ifName}" ip saddr ${networks} meta l4proto { tcp, udp } masquerade${ports}`]),
    `oifname "${wan.ifName}" ip saddr ${networks} masquerade`,
    ...(nat.hairpin
      ? [`ct status dnat ip saddr ${networks} ip daddr ${networks} ${hairpinSource(wan.address, nat)}`]
      : []),
  ]);
};

/** RFC 4787 REQ-9: hairpinned packets carry the sender's outside address and port. */
const hairpinSource = (address: string, nat: NatBehaviour): string =>
  nat.portPreservation ? `snat ip to ${address}` : `meta l4proto udp snat ip to ${address}:${FOREIGN_PORTS}`;

/** After source translation a flow's mapping can be read off conntrack; each packet keeps its entry alive. */
const renderLearning = ({ wan, nat, inside }: RouterPlace): string[] => {
  const outgoing = `oifname "${wan.ifName}" meta l4proto udp`;
  const opened = `${outgoing} ct direction original ct original ip saddr { ${inside.join(', ')} }`;
  const answered = `${outgoing} ct direction reply ct status dnat`;
  const source = 'ct original ip saddr . ct original proto-src';
  const destination = 'ct reply ip saddr . ct reply proto-src';
  const rules = [
    ...(hasMappings(nat)
      ? [
          `${opened} update @mappings { ct reply proto-dst : ${source} }`,
          `${answered} update @mappings { udp sport : ${destination} }`,
        ]
      : []),
    ...(hasPermitted(nat)
      ? [
          `${opened} update @permitted { ct reply proto-dst . ip daddr : ${source} }`,
          `${answered} update @permitted { udp sport . ip daddr : ${destination} }`,
        ]
      : []),
  ];
  return rules.length === 0 ? [] : chain('learn', 'filter hook postrouting priority 300', rules);
};
