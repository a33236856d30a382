/** What `ip -j` prints, as data. Everything is checked: iproute2 leaves fields out as it pleases. Pure. */
import { canonicalCidr, parseIp } from '@sidegate/kit';
import { Cidr4, Mac } from '@sidegate/protocol';
import * as v from 'valibot';
import type { IfName, Link, Neighbour, Route } from '../ports/index.ts';
import { parseIfName } from '../tunnel/interface-name.ts';

/** An interface with more than the port shows. */
export interface IpLink extends Link {
  /** Turned on, whether or not it has a carrier. */
  readonly isAdminUp: boolean;
  readonly mtuBytes: number;
  readonly addresses: readonly { readonly cidr: string; readonly scope: string }[];
}

const RawLink = v.object({
  ifname: v.string(),
  flags: v.optional(v.array(v.string()), []),
  mtu: v.optional(v.number(), 0),
  link_type: v.optional(v.string(), ''),
  address: v.optional(v.string()),
  linkinfo: v.optional(v.object({ info_kind: v.optional(v.string()) })),
  addr_info: v.optional(
    v.array(
      v.object({
        family: v.optional(v.string()),
        local: v.optional(v.string()),
        prefixlen: v.optional(v.number()),
        scope: v.optional(v.string(), ''),
        temporary: v.optional(v.boolean(), false),
        deprecated: v.optional(v.boolean(), false),
        tentative: v.optional(v.boolean(), false),
        dadfailed: v.optional(v.boolean(), false),
      }),
    ),
    [],
  ),
});
const RawRoute = v.object({
  dst: v.string(),
  gateway: v.optional(v.string()),
  dev: v.optional(v.string()),
  type: v.optional(v.string()),
  protocol: v.optional(v.string()),
});
const RawNeighbour = v.object({
  dst: v.string(),
  dev: v.optional(v.string()),
  lladdr: v.optional(v.string()),
  state: v.optional(v.array(v.string()), []),
});

/** Items of a JSON list that fit; `ip` prints `[{}]` for nothing, and nothing at all for an empty table. */
const parseList = <S extends v.GenericSchema>(text: string, schema: S): v.InferOutput<S>[] => {
  let list: unknown;
  try {
    list = JSON.parse(text.trim() === '' ? '[]' : text);
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => {
    const result = v.safeParse(schema, item);
    return result.success ? [result.output] : [];
  });
};

const macOf = (text: string | undefined): Mac | undefined => {
  const result = v.safeParse(Mac, text);
  return result.success ? result.output : undefined;
};

const toLink = (raw: v.InferOutput<typeof RawLink>): IpLink | undefined => {
  const name = parseIfName(raw.ifname);
  if (name === undefined) return undefined;
  const addresses = raw.addr_info.flatMap(({ local, prefixlen, scope }) =>
    local === undefined || parseIp(local) === undefined ? [] : [{ cidr: `${local}/${prefixlen}`, scope }],
  );
  const cidrs = addresses.map(({ cidr }) => cidr);
  const six = raw.addr_info.filter(
    ({ local, deprecated, tentative, dadfailed }) =>
      local?.includes(':') === true && !deprecated && !tentative && !dadfailed,
  );
  const cidrOf6 = ({ local, prefixlen }: (typeof six)[number]) => `${local}/${prefixlen}`;
  const usable6 = six.map(cidrOf6).filter((cidr) => cidrs.includes(cidr));
  const temporary6 = six.filter(({ temporary }) => temporary).map(cidrOf6);
  const has = (flag: string) => raw.flags.includes(flag);
  return {
    name,
    mac: raw.link_type === 'ether' ? macOf(raw.address) : undefined,
    isUp: has('UP') && has('LOWER_UP'),
    isAdminUp: has('UP'),
    isLoopback: has('LOOPBACK'),
    mtuBytes: raw.mtu,
    addresses,
    addresses4: cidrs.filter((cidr): cidr is Cidr4 => v.is(Cidr4, cidr)),
    addresses6: usable6,
    ...(temporary6.length === 0 ? {} : { temporary6 }),
    linkKind: raw.linkinfo?.info_kind,
  };
};

/** `ip -j -d address show`. */
export const parseIpLinks = (text: string): readonly IpLink[] =>
  parseList(text, RawLink).flatMap((raw) => toLink(raw) ?? []);

const normalDestination = (text: string): string | undefined => {
  if (text === 'default') return text;
  const [address = '', bits] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const cidr = `${ip}/${bits ?? (ip.includes(':') ? 128 : 32)}`;
  return v.is(Cidr4, cidr) ? canonicalCidr(cidr as Cidr4) : cidr;
};

/**
 * `ip -j -4 route show`, or `-6`; with `show dev X` the name is left out. Only routes that lead somewhere, and none with
 * the mark `exceptProtocol`, of which there may be very many.
 */
export const parseIpRoutes = (
  text: string,
  family: 4 | 6,
  interfaceName?: IfName,
  exceptProtocol?: string,
): readonly Route[] =>
  parseList(text, RawRoute).flatMap(({ dst, gateway, dev, type = 'unicast', protocol }) => {
    if (protocol !== undefined && protocol === exceptProtocol) return [];
    const name = dev === undefined ? interfaceName : parseIfName(dev);
    const destination = normalDestination(dst);
    if (name === undefined || destination === undefined || type !== 'unicast') return [];
    return [{ destination, family, gateway: parseIp(gateway ?? ''), interfaceName: name }];
  });

/** `ip -j neighbour show`; entries without a MAC address say nothing. */
export const parseIpNeighbours = (text: string): readonly Neighbour[] =>
  parseList(text, RawNeighbour).flatMap(({ dst, dev, lladdr, state }) => {
    const address = parseIp(dst);
    const mac = macOf(lladdr);
    const interfaceName = parseIfName(dev ?? '');
    if (address === undefined || mac === undefined || interfaceName === undefined) return [];
    return [{ address, mac, interfaceName, state: state[0] ?? '' }];
  });

const LABELS = { LINK: 'link', ADDR: 'address', ROUTE: 'route', NEIGH: 'neighbour' } as const;

/** What a line of `ip -o monitor label` is about; nothing, where it is a route with the mark `exceptProtocol`. */
export const parseMonitorLine = (
  line: string,
  exceptProtocol?: string,
): (typeof LABELS)[keyof typeof LABELS] | undefined => {
  if (exceptProtocol !== undefined && line.includes(` proto ${exceptProtocol} `)) return undefined;
  const label = /^\[(LINK|ADDR|ROUTE|NEIGH)\]/.exec(line)?.[1] as keyof typeof LABELS | undefined;
  return label === undefined ? undefined : LABELS[label];
};

/** `[NEIGH]192.168.1.20 dev eth0 lladdr 3c:2a:f4:00:00:01 REACHABLE`; `undefined` for what is deleted or has no MAC. */
export const parseMonitorNeighbour = (line: string): Neighbour | undefined => {
  const match = /^\[NEIGH\](\S+) dev (\S+) lladdr (\S+)(?: \w+)* ([A-Z]+) *$/.exec(line);
  const address = parseIp(match?.[1] ?? '');
  const interfaceName = parseIfName(match?.[2] ?? '');
  const mac = macOf(match?.[3]);
  if (address === undefined || interfaceName === undefined || mac === undefined) return undefined;
  return { address, mac, interfaceName, state: match![4]! };
};
