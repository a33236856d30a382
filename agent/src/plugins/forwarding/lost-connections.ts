import type { SourcePeer } from '../../forwarding/resolve-sources.ts';
import type { ConnectionMatch } from '../../ports/index.ts';
import type { Rule } from './publication-kind.ts';

/** Connections of those for whom a rule was and no longer is; `connectionsOf` says what a rule's are known by. */
export const lostConnections = <F extends Rule>(
  before: readonly F[],
  after: readonly F[],
  peers: readonly Pick<SourcePeer, 'address4'>[],
  connectionsOf: (rule: F) => ConnectionMatch,
): readonly ConnectionMatch[] => {
  const keyOf = (rule: F) => `${rule.id} ${JSON.stringify(connectionsOf(rule))}`;
  const oldRules = new Map(before.map((rule) => [keyOf(rule), rule]));
  return after.flatMap((rule) => {
    const old = oldRules.get(keyOf(rule));
    const { sources } = rule;
    if (sources === undefined || old === undefined) return [];
    const lost = (old.sources ?? peers.map(({ address4 }) => address4)).filter(
      (address) => !sources.includes(address),
    );
    return lost.map((source) => ({ ...connectionsOf(rule), source: source as SourcePeer['address4'] }));
  });
};
