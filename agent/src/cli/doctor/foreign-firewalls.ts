/**
 * Other programs' firewalls that would drop what Sidegate forwards: a verdict `accept` in our chain does not survive
 * another chain's `drop` at the same hook. Judged from `nft -j list ruleset`. Pure.
 */
import * as v from 'valibot';
import { type Finding, ok, warn } from './finding.ts';

const Named = v.object({ family: v.string(), table: v.string() });
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
        v.object({ ...Named.entries, chain: v.string(), expr: v.optional(v.array(v.unknown()), []) }),
      ),
    }),
  ),
});
type Objects = v.InferOutput<typeof NftRuleset>['nftables'];

const OUR_TABLE = 'sidegate';

/** `nft -j list ruleset` as data, `undefined` where it is something else. */
export const parseNftRuleset = (text: string): Objects | undefined => {
  try {
    const parsed = v.safeParse(NftRuleset, JSON.parse(text));
    return parsed.success ? parsed.output.nftables : undefined;
  } catch {
    return undefined;
  }
};

/** Does any rule of that table accept what comes from or goes to our interface? */
const letsThrough = (objects: Objects, family: string, table: string, interfaceName: string): boolean =>
  objects.some(({ rule }) => {
    if (rule === undefined || rule.family !== family || rule.table !== table) return false;
    const text = JSON.stringify(rule.expr);
    return text.includes(`"${interfaceName}"`) && text.includes('"accept"');
  });

const ownerOf = (
  objects: Objects,
  family: string,
  table: string,
): 'ufw' | 'docker' | 'firewalld' | 'fw4' | 'other' => {
  if (table === 'firewalld') return 'firewalld';
  if (table === 'fw4') return 'fw4';
  const names = objects.flatMap(({ chain }) =>
    chain?.family === family && chain.table === table ? [chain.name] : [],
  );
  if (names.some((name) => name.startsWith('ufw-'))) return 'ufw';
  return names.includes('DOCKER-USER') ? 'docker' : 'other';
};

const hintFor = (owner: ReturnType<typeof ownerOf>, interfaceName: string): string => {
  const pair = (chain: string) =>
    `iptables -I ${chain} -i ${interfaceName} -j ACCEPT; iptables -I ${chain} -o ${interfaceName} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`;
  if (owner === 'ufw') return `Let it through: ufw route allow in on ${interfaceName}`;
  if (owner === 'docker') return `Let it through: ${pair('DOCKER-USER')}`;
  if (owner === 'firewalld') {
    return `Let it through: firewall-cmd --permanent --zone=trusted --add-interface=${interfaceName} && firewall-cmd --reload`;
  }
  if (owner === 'fw4') return 'Put the interface into a firewall zone of its own, with forwarding to lan.';
  return `Let it through: ${pair('FORWARD')}`;
};

/** Every foreign chain at the hook that drops by policy and has no exception for our interface. */
export const judgeForeignFirewalls = (objects: Objects, interfaceName: string): Finding[] => {
  const dropping = objects.flatMap(({ chain }) =>
    chain !== undefined &&
    chain.table !== OUR_TABLE &&
    (chain.hook === 'forward' || chain.hook === 'input') &&
    chain.policy === 'drop' &&
    chain.family !== 'arp' &&
    !letsThrough(objects, chain.family, chain.table, interfaceName)
      ? [chain]
      : [],
  );
  if (dropping.length === 0) return [ok('firewalls', 'No other firewall is in the way')];
  return dropping.map(({ family, table, name, hook }) => {
    const owner = ownerOf(objects, family, table);
    const who = owner === 'other' ? '' : ` (${owner})`;
    const what =
      hook === 'forward' ? 'forwards to hosts do not work' : 'peers cannot reach this machine itself';
    const hint =
      hook === 'forward'
        ? hintFor(owner, interfaceName)
        : owner === 'ufw'
          ? `Let it in: ufw allow in on ${interfaceName}`
          : `Let it in: accept packets from ${interfaceName} in that chain; Sidegate's own table still checks them.`;
    return warn('firewalls', `Chain ${name} of ${family} ${table}${who} drops by policy: ${what}`, hint);
  });
};
