/** What forwards and addresses of hosts' own differ in, for the publisher that is common to both. Types only. */
import type { Ip4 } from '@sidegate/protocol';
import type { Surroundings } from '../../forwarding/plans/resolve-target.ts';
import type { Publication } from '../../forwarding/publication.ts';
import type { ConnectionMatch } from '../../ports/index.ts';

/** What is common to the rules of both kinds. */
export interface Rule {
  readonly id: string;
  readonly targetAddress: Ip4;
  readonly sources?: readonly Ip4[];
}

/** What is shown of any publication. */
export interface Shown {
  readonly id: string;
  readonly targetAddress?: string | undefined;
}

/** One kind of publication: how its records become rules, and how they look to people. */
export interface PublicationKind<
  R extends Publication & { readonly id: string },
  V extends Shown,
  F extends Rule,
> {
  /** `forward`, for logs. */
  readonly noun: string;
  rules(records: readonly R[], surroundings: Surroundings): readonly F[];
  view(record: R, surroundings: Surroundings): V;
  /** Do they want the same, so that only one of them can be? */
  areRivals(one: R, other: R): boolean;
  /** What its connections are known by. */
  connectionsOf(record: R): readonly ConnectionMatch[];
  connectionsOfRule(rule: F): ConnectionMatch;
  /** What was let through by the one, and is not by the other, of the same connections. */
  connectionsNarrowed(before: F, after: F): readonly ConnectionMatch[];
  /** Short, for logs. */
  describe(record: R): string;
  notFound(): Error;
  onChanged(shown: V): void;
  onRemoved(id: R['id']): void;
  /** The records are these, in kernel and on disk. */
  onKept?(records: readonly R[]): void;
}
