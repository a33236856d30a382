/** What forwards and addresses of their own have in common in the table: the mark, the counters, the ends. */
import type { ForwardExpiry } from '../../plugin-api/firewall-wish.ts';
import type { NftObject } from '../../ports/ruleset.ts';
import { is, nftCounter, set } from './nft-json.ts';

/** One bit of the connection mark, away from those that mwan3, pbr, Tailscale and Kubernetes take. */
export const OUR_MARK = 0x10000000;
const CT_MARK = { ct: { key: 'mark' } };
/** Says of a connection: translated by us. */
export const MARK_AS_OURS = set(CT_MARK, { '|': [CT_MARK, OUR_MARK] });
/** Goes on with connections that carry our mark. */
export const IS_MARKED = is({ '&': [CT_MARK, OUR_MARK] }, OUR_MARK);
/** Goes on with connections that lead elsewhere than where they were meant for. */
export const IS_TRANSLATED = is({ ct: { key: 'status' } }, 'dnat', 'in');
/** Both, where a bit that somebody else set must not be taken for ours. */
export const IS_PUBLISHED: readonly NftObject[] = [IS_MARKED, IS_TRANSLATED];
/** Where the connection was meant for before it was translated, whichever way the packet goes. */
export const ORIGINAL_ADDRESS = { ct: { key: 'ip daddr', dir: 'original' } };
/** Who began it. */
export const ORIGINAL_SOURCE = { ct: { key: 'ip saddr', dir: 'original' } };
/** The port it was meant for. nft knows what that is only in a rule that has asked for the protocol before. */
export const ORIGINAL_PORT = { ct: { key: 'proto-dst', dir: 'original' } };
/** Goes on with what is meant for some only, or for some ports only. */
export const IS_NARROWED = is(ORIGINAL_ADDRESS, '@narrowed');
/** Goes on with packets towards whoever began the connection. */
export const IS_ANSWER = is({ ct: { key: 'direction' } }, 'reply');
/** Protocols that have ports. */
export const PROTOCOLS = ['tcp', 'udp'] as const;
/** Of every map, so that maps and rules look the same whether something expires or not. */
export const FLAGS = ['timeout'] as const;

/** Counter of packets and bytes of a publication, both directions. */
export const trafficCounter = (id: string): string => `forward-${id}`;
/** Counter whose packets are the connections a publication has had. */
export const connectionsCounter = (id: string): string => `connections-${id}`;

/** Whole seconds, rounded up: the kernel must not be earlier than the agent, which tells people. */
export const timeoutSec = (expiry: ForwardExpiry | undefined, nowMs: number): number | undefined =>
  expiry && Math.ceil(Math.min(expiry.atMs - nowMs, expiry.longestMs) / 1000);

/** Those that have not ended. */
export const aliveAmong = <T extends { readonly expiry?: ForwardExpiry }>(
  rules: readonly T[],
  nowMs: number,
): readonly T[] => rules.filter((rule) => (timeoutSec(rule.expiry, nowMs) ?? 1) > 0);

/** Both counters of every publication. */
export const countersOf = (rules: readonly { readonly id: string }[]): readonly NftObject[] =>
  [...new Set(rules.map((rule) => rule.id))].flatMap((id) => [
    nftCounter(trafficCounter(id)),
    nftCounter(connectionsCounter(id)),
  ]);
