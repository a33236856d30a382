/**
 * Other programs' firewalls that drop what Sidegate forwards: a verdict `accept` in our chain does not survive another
 * chain's `drop` at the same hook. Judged from what nft and iptables-legacy list. We name the one command that lets our
 * packets through and put nothing into other programs' tables ourselves (ADR 7).
 */
import * as v from 'valibot';
import { LEGACY, parseLegacyRules } from './parse-legacy-rules.ts';

const Named = v.object({ family: v.string(), table: v.string() });
const Expression = v.record(v.string(), v.unknown());
const NftRuleset = v.object({
  nftables: v.array(
    v.object({
      chain: v.optional(
        v.object({
          ...Named.entries,
          name: v.string(),
          hook: v.optional(v.string()),
          policy: v.optional(v.string()),
        }),
      ),
      rule: v.optional(
        v.object({ ...Named.entries, chain: v.string(), expr: v.optional(v.array(Expression), []) }),
      ),
    }),
  ),
});
/** Chains and rules, as nft names them. */
export type NftObjects = v.InferOutput<typeof NftRuleset>['nftables'];
type Chain = NonNullable<NftObjects[number]['chain']>;
type Rule = NonNullable<NftObjects[number]['rule']>;

/** Who made the chain, as far as its names tell. */
type Owner = 'ufw' | 'docker' | 'firewalld' | 'fw4' | 'other';

/** A chain that lets nothing of ours through, and what to do about it. */
export interface Obstacle {
  readonly hook: 'forward' | 'input';
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly owner: Owner;
  /** A sentence; commands follow its first colon. */
  readonly hint: string;
}

const OUR_TABLE = 'sidegate';
/** Statements that decide nothing. */
const SILENT = new Set(['counter', 'log', 'limit', 'comment']);

/** `nft -j list ruleset` as data, `undefined` where it is something else. */
export const parseNftRuleset = (text: string): NftObjects | undefined => {
  try {
    const parsed = v.safeParse(NftRuleset, JSON.parse(text));
    return parsed.success ? parsed.output.nftables : undefined;
  } catch {
    return undefined;
  }
};

/** Every rule of the machine; `undefined` where nft does not tell. Most machines have no iptables-legacy. */
export const listFirewalls = async (
  run: (file: string, args: readonly string[]) => Promise<{ readonly stdout: string }>,
): Promise<NftObjects | undefined> => {
  const print = (file: string, args: readonly string[]) =>
    run(file, args).then(
      ({ stdout }) => stdout,
      () => '',
    );
  // Without elements: only chains and rules matter.
  const objects = parseNftRuleset(await print('nft', ['-j', '-t', 'list', 'ruleset']));
  return objects && [...objects, ...parseLegacyRules(await print('iptables-legacy-save', []))];
};

/** Rules by family, table and chain. */
const indexRules = (objects: NftObjects) => {
  const byChain = new Map<string, Rule[]>();
  for (const { rule } of objects) {
    if (rule === undefined) continue;
    const key = `${rule.family} ${rule.table} ${rule.chain}`;
    byChain.set(key, [...(byChain.get(key) ?? []), rule]);
  }
  return (family: string, table: string, chain: string): readonly Rule[] =>
    byChain.get(`${family} ${table} ${chain}`) ?? [];
};
type RulesOf = ReturnType<typeof indexRules>;

/** Does the rule, for every packet, end with one of these verdicts? */
const isBare = ({ expr }: Rule, verdicts: readonly string[]): boolean => {
  const words = expr.flatMap((statement) => Object.keys(statement)).filter((word) => !SILENT.has(word));
  return words.length === 1 && verdicts.includes(words[0]!);
};

/** Drops what no rule before took: by policy, or by a last rule for everything (firewalld). */
const isClosed = ({ family, table, name, policy }: Chain, rulesOf: RulesOf): boolean => {
  const last = rulesOf(family, table, name).at(-1);
  return policy === 'drop' || (last !== undefined && isBare(last, ['drop', 'reject']));
};

const targetOf = (statement: Readonly<Record<string, unknown>>): string | undefined => {
  const verdict = v.safeParse(v.object({ target: v.string() }), statement.jump ?? statement.goto);
  return verdict.success ? verdict.output.target : undefined;
};

const DnatMatch = v.object({
  match: v.object({
    left: v.object({ ct: v.object({ key: v.literal('status') }) }),
    right: v.union([v.literal('dnat'), v.tuple([v.literal('dnat')])]),
  }),
});

/** Does the rule accept whatever was translated, by whomever (firewalld does)? */
const acceptsTranslated = ({ expr }: Rule): boolean => {
  const [match, verdict, ...rest] = expr.filter(
    (statement) => !Object.keys(statement).some((word) => SILENT.has(word)),
  );
  return v.is(DnatMatch, match) && verdict !== undefined && 'accept' in verdict && rest.length === 0;
};

/** Does any rule of that table accept what comes from our interface, itself or by the chain it leads to? */
const letsThrough = (
  objects: NftObjects,
  rulesOf: RulesOf,
  { family, table }: Chain,
  interfaceName: string,
): boolean =>
  objects.some(({ rule }) => {
    if (rule === undefined || rule.family !== family || rule.table !== table) return false;
    if (!JSON.stringify(rule.expr).includes(`"${interfaceName}"`)) return false;
    return rule.expr.some((statement) => {
      const target = targetOf(statement);
      if (target !== undefined) return rulesOf(family, table, target).some((one) => isBare(one, ['accept']));
      return 'accept' in statement;
    });
  });

const ownerOf = (objects: NftObjects, { family, table }: Chain): Owner => {
  if (table === 'firewalld') return 'firewalld';
  if (table === 'fw4') return 'fw4';
  const names = objects.flatMap(({ chain }) =>
    chain?.family === family && chain.table === table ? [chain.name] : [],
  );
  if (names.some((name) => /^ufw6?-/.test(name))) return 'ufw';
  return names.includes('DOCKER-USER') ? 'docker' : 'other';
};

const forwardHint = (owner: Owner, interfaceName: string, iptables: string): string => {
  const pair = (chain: string) =>
    `${iptables} -I ${chain} -i ${interfaceName} -j ACCEPT; ${iptables} -I ${chain} -o ${interfaceName} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`;
  if (owner === 'ufw') return `Let it through: ufw route allow in on ${interfaceName}`;
  if (owner === 'docker') return `Let it through: ${pair('DOCKER-USER')}`;
  if (owner === 'firewalld') {
    return `Let it through: firewall-cmd --permanent --zone=trusted --add-interface=${interfaceName} && firewall-cmd --reload`;
  }
  if (owner === 'fw4') return 'Put the interface into a firewall zone of its own, with forwarding to lan.';
  return `Let it through: ${pair('FORWARD')}`;
};

const inputHint = (owner: Owner, interfaceName: string, iptables: string): string => {
  if (owner === 'ufw') return `Let it in: ufw allow in on ${interfaceName}`;
  if (owner === 'firewalld') return forwardHint(owner, interfaceName, iptables);
  return `Let it in: accept packets from ${interfaceName} in that chain; Sidegate's own table still checks them.`;
};

/** Every foreign chain at a hook of ours that is closed and has no exception for our interface. */
export const findObstacles = (objects: NftObjects, interfaceName: string): readonly Obstacle[] => {
  const rulesOf = indexRules(objects);
  return objects.flatMap(({ chain }) => {
    const hook = chain?.hook;
    if (chain === undefined || chain.table === OUR_TABLE || chain.family === 'arp') return [];
    if (hook !== 'forward' && hook !== 'input') return [];
    // What is published is IPv4.
    if (hook === 'forward' && chain.family === 'ip6') return [];
    if (!isClosed(chain, rulesOf) || letsThrough(objects, rulesOf, chain, interfaceName)) return [];
    // Everything that we let through to a LAN was translated.
    if (hook === 'forward' && rulesOf(chain.family, chain.table, chain.name).some(acceptsTranslated))
      return [];
    const owner = ownerOf(objects, chain);
    const iptables = chain.table.startsWith(LEGACY) ? 'iptables-legacy' : 'iptables';
    const hint = (hook === 'forward' ? forwardHint : inputHint)(owner, interfaceName, iptables);
    return [{ hook, family: chain.family, table: chain.table, chain: chain.name, owner, hint }];
  });
};

const TRANSLATORS = new Set(['MASQUERADE', 'SNAT', 'NETMAP']);
const XtTarget = v.object({ type: v.literal('target'), name: v.string() });

/** Does somebody else send networks of theirs through this machine, as Docker and libvirt do? They count on forwarding. */
export const hasForeignNetworks = (objects: NftObjects): boolean =>
  objects.some(
    ({ rule }) =>
      rule !== undefined &&
      rule.table !== OUR_TABLE &&
      rule.expr.some(
        (statement) =>
          'masquerade' in statement ||
          'snat' in statement ||
          (v.is(XtTarget, statement.xt) && TRANSLATORS.has(statement.xt.name)),
      ),
  );

/** `Chain FORWARD of ip filter (docker) drops: forwards to hosts do not work`. */
export const describeObstacle = ({ hook, family, table, chain, owner }: Obstacle): string => {
  const who = owner === 'other' ? '' : ` (${owner})`;
  const what =
    hook === 'forward' ? 'forwards to hosts do not work' : 'peers cannot reach this machine itself';
  return `Chain ${chain} of ${family} ${table}${who} drops: ${what}`;
};
