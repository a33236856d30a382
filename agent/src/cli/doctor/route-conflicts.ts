/** Routes of others into the prefix of the mesh: carriers' NAT and Tailscale live there too. Pure. */
import { hasOverlap, isInCidr } from '@sidegate/kit';
import { Cidr4, DEFAULTS, type EdgeStatus, type Ip4 } from '@sidegate/protocol';
import * as v from 'valibot';
import { type Finding, ok, warn } from './finding.ts';

const IpRoutes = v.array(v.object({ dst: v.string(), dev: v.optional(v.string(), '') }));

/** The prefixes an account can have by default; any other is known by this node's own address only. */
const prefixOf = (address: Ip4): Cidr4 =>
  [DEFAULTS.accountPrefix4, DEFAULTS.alternativePrefix4]
    .map((prefix) => v.parse(Cidr4, prefix))
    .find((prefix) => isInCidr(address, prefix)) ?? v.parse(Cidr4, `${address}/32`);

/** `ip -j -4 route show table all` as data. */
export const parseIpRoutes = (text: string): v.InferOutput<typeof IpRoutes> => {
  try {
    const parsed = v.safeParse(IpRoutes, JSON.parse(text || '[]'));
    return parsed.success ? parsed.output : [];
  } catch {
    return [];
  }
};

const toCidr = (dst: string): Cidr4 | undefined => {
  const parsed = v.safeParse(Cidr4, dst.includes('/') ? dst : `${dst}/32`);
  return parsed.success ? parsed.output : undefined;
};

/** Who else routes into our prefix? */
export const judgeRoutes = (
  routes: ReturnType<typeof parseIpRoutes>,
  node: NonNullable<EdgeStatus['node']>,
  interfaceName: string,
): Finding => {
  const prefix = prefixOf(node.address4);
  const strangers = routes.filter(({ dst, dev }) => {
    const network = toCidr(dst);
    return dev !== interfaceName && dev !== 'lo' && network !== undefined && hasOverlap(network, prefix);
  });
  const [first] = strangers;
  if (first === undefined) return ok('mesh-prefix', `Nobody else uses ${prefix}`);
  const who = first.dev.startsWith('tailscale') ? 'Tailscale' : first.dev;
  return warn(
    'mesh-prefix',
    `${who} has a route to ${first.dst}, inside the addresses of this network (${prefix})`,
    `Peers in that range may be unreachable from here; let the broker give the account another prefix, such as ${DEFAULTS.alternativePrefix4}.`,
  );
};
