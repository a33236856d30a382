/**
 * Words of libnftables-json(5) that our table uses, as functions. `nft -j` understands less than nft's own syntax:
 * everything here was fed to the real nft by the lab test. No named map may have concatenated data.
 */
import type { NftObject } from '../../ports/ruleset.ts';

/** Family and name of the one table that is ours. */
export const TABLE = { family: 'inet', name: 'sidegate' } as const;
const inTable = { family: TABLE.family, table: TABLE.name } as const;

/** An expression or statement. */
export type Nft = NftObject | string | number;

/** A property of the packet's way: `iifname`, `l4proto`. */
export const meta = (key: string): Nft => ({ meta: { key } });
/** A field of a header. */
export const field = (protocol: string, name: string): Nft => ({ payload: { protocol, field: name } });
/** Several keys as one. */
export const concat = (...parts: readonly Nft[]): Nft => ({ concat: parts });
/** Looks `key` up in a named map. */
export const lookup = (key: Nft, map: string): Nft => ({ map: { key, data: `@${map}` } });
/** The protocol and destination port of the packet at hand. */
export const PROTOCOL_AND_PORT = concat(meta('l4proto'), field('th', 'dport'));

/** Goes on with the rule only where `left` is `right`, or in it. */
export const is = (left: Nft, right: unknown, op: '==' | '!=' | 'in' = '=='): NftObject => ({
  match: { op, left, right },
});
/** Changes the packet or its connection. */
export const set = (key: Nft, value: unknown): NftObject => ({ mangle: { key, value } });
/** Goes through another chain and comes back. */
export const jump = (target: string): NftObject => ({ jump: { target } });
/** Lets the packet go on to other tables' chains. */
export const ACCEPT: NftObject = { accept: null };
/** Goes through another chain and does not come back. */
export const goto = (target: string): NftObject => ({ goto: { target } });
/** Goes back to the rule after the jump. */
export const RETURN: NftObject = { return: null };
/** The end of the packet, whatever other tables say. */
export const DROP: NftObject = { drop: null };

/** A set or map of the table; without elements the property must be absent. */
const elements = (elem: readonly unknown[]) => (elem.length === 0 ? {} : { elem });

/** The table itself. */
export const nftTable = (): NftObject => ({ table: TABLE });
/** A named counter, which starts at zero unless the adapter continues it. */
export const nftCounter = (name: string): NftObject => ({ counter: { ...inTable, name } });
/** A named set. */
export const nftSet = (
  name: string,
  type: string | readonly string[],
  elem: readonly unknown[],
  flags: readonly string[] = [],
): NftObject => ({
  set: { ...inTable, name, type, ...(flags.length === 0 ? {} : { flags }), ...elements(elem) },
});
/** An element that the kernel removes by itself. */
export const expiring = (val: Nft, timeoutSec: number | undefined): Nft =>
  timeoutSec === undefined ? val : { elem: { val, timeout: timeoutSec } };
/** A named map; `data` is one type, as nft's JSON demands. */
export const nftMap = (
  name: string,
  type: string | readonly string[],
  data: string,
  elem: readonly (readonly [unknown, unknown])[],
  flags: readonly string[] = [],
): NftObject => ({
  map: { ...inTable, name, type, map: data, ...(flags.length === 0 ? {} : { flags }), ...elements(elem) },
});

/** Where a base chain hangs. Numbers, because the names of priorities differ between families. */
export interface ChainHook {
  readonly type: 'filter' | 'nat';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly prio: number;
}

/** A chain and its rules; the rules must come after every chain they jump to. */
export interface NftChain {
  readonly chain: NftObject;
  readonly rules: readonly NftObject[];
}

/** Without a hook: a chain that others jump to. */
export const nftChain = (
  name: string,
  hook: ChainHook | undefined,
  rules: readonly (readonly NftObject[])[],
): NftChain => ({
  chain: { chain: { ...inTable, name, ...(hook === undefined ? {} : { ...hook, policy: 'accept' }) } },
  rules: rules.map((expr) => ({ rule: { ...inTable, chain: name, expr } })),
});
