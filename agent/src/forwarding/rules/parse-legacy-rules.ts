/**
 * The rules of iptables-legacy, which nft does not list, in the words of nft: enough of them to be judged alike. From
 * `iptables-legacy-save` (iptables-save(8)), which prints nothing where that part of the kernel is not in use. Pure.
 */
import type { NftObjects } from './foreign-firewalls.ts';

/** Before the name of a table, so that it is no other table of the same name. */
export const LEGACY = 'legacy ';

const HOOKS: Readonly<Record<string, string>> = { INPUT: 'input', FORWARD: 'forward' };
const VERDICTS: ReadonlySet<string> = new Set(['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'LOG']);
const TRANSLATORS: ReadonlySet<string> = new Set(['MASQUERADE', 'SNAT', 'DNAT', 'NETMAP', 'REDIRECT']);

const toStatement = (target: string): Record<string, unknown> => {
  if (VERDICTS.has(target)) return { [target.toLowerCase()]: null };
  if (TRANSLATORS.has(target)) return { xt: { type: 'target', name: target } };
  return { jump: { target } };
};

/** `-A FORWARD -i sidegate0 -j ACCEPT`: the chain, what has to match, what happens then. */
const RULE = /^-A (\S+)(?: (.*?))??(?: -[jg] (\S+).*)?$/;
/** `:FORWARD DROP [0:0]`; chains of people's own have the policy `-`. */
const CHAIN = /^:(\S+) (\S+) \[/;

/** What is not a table, chain or rule is passed over. */
export const parseLegacyRules = (saved: string): NftObjects => {
  let table = LEGACY;
  return saved.split('\n').flatMap((line): NftObjects => {
    if (line.startsWith('*')) table = `${LEGACY}${line.slice(1)}`;
    const [, name, policy] = CHAIN.exec(line) ?? [];
    if (name !== undefined && policy !== undefined) {
      const hook = HOOKS[name];
      const base = hook === undefined ? {} : { hook, policy: policy.toLowerCase() };
      return [{ chain: { family: 'ip', table, name, ...base } }];
    }
    const [, chain, match, target] = RULE.exec(line) ?? [];
    if (chain === undefined) return [];
    const expr = [
      ...(match === undefined ? [] : [{ match: match.split(' ') }]),
      ...(target === undefined ? [] : [toStatement(target)]),
    ];
    return [{ rule: { family: 'ip', table, chain, expr } }];
  });
};
