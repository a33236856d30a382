import type { ConnectionMatch } from '../../ports/index.ts';
import type { PublicationKind, Rule } from './publication-kind.ts';

type Kind<F extends Rule> = Pick<
  PublicationKind<never, never, F>,
  'connectionsOfRule' | 'connectionsNarrowed'
>;

/** Connections that a rule let through and no longer does: of those it was for, or to what it opened. */
export const lostConnections = <F extends Rule>(
  before: readonly F[],
  after: readonly F[],
  { connectionsOfRule, connectionsNarrowed }: Kind<F>,
): readonly ConnectionMatch[] => {
  if (before === after) return [];
  const keyOf = (rule: F) => `${rule.id} ${JSON.stringify(connectionsOfRule(rule))}`;
  const oldRules = new Map(before.map((rule) => [keyOf(rule), rule]));
  return after.flatMap((rule) => {
    const old = oldRules.get(keyOf(rule));
    if (old === undefined) return [];
    const { sources } = rule;
    const isLess =
      sources !== undefined &&
      (old.sources === undefined || old.sources.some((address) => !sources.includes(address)));
    return [
      ...(isLess ? [{ ...connectionsOfRule(rule), notFrom: sources }] : []),
      ...connectionsNarrowed(old, rule),
    ];
  });
};
