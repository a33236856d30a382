/**
 * The way from the table that is in the kernel, whoever made it, to another one, in one transaction. Rules and elements
 * are made anew; counters, and chains, sets and maps that are to look as they do, stay. So counters go on counting:
 * read and made anew they would lose what passes in between. And a packet meets the old rules or the new, never both or
 * neither: a chain made anew hangs beside the old one for a moment. Pure.
 */
import type { NftObject, Ruleset } from '../ports/index.ts';

type Named = Readonly<Record<string, unknown>>;
/** What we know how to take out; anything else is not ours, and goes with the whole table. */
const KNOWN: ReadonlySet<string> = new Set(['metainfo', 'table', 'chain', 'rule', 'set', 'map', 'counter']);
/** What does not make one thing differ from another. */
const IGNORED: ReadonlySet<string> = new Set(['handle', 'elem', 'packets', 'bytes']);

const kindOf = (object: NftObject): string => Object.keys(object)[0] ?? '';
const bodyOf = (object: NftObject): Named => object[kindOf(object)] as Named;
/** Equal for things that can stay what they are. */
const shapeOf = (object: NftObject): string => {
  const properties = Object.entries(bodyOf(object)).filter(([key]) => !IGNORED.has(key));
  return `${kindOf(object)} ${JSON.stringify(properties.sort(([one], [other]) => (one < other ? -1 : 1)))}`;
};
const command = (verb: 'flush' | 'delete', object: NftObject): NftObject => {
  const { family, table, name } = bodyOf(object);
  return { [verb]: { [kindOf(object)]: { family, table, name } } };
};

/** Commands for one transaction; `undefined` where something in the table can only go with all of it. */
export const planTableReplacement = (
  table: NftObject,
  present: readonly NftObject[],
  { objects }: Ruleset,
): readonly NftObject[] | undefined => {
  if (present.some((object) => !KNOWN.has(kindOf(object)))) return undefined;
  const wanted = new Set(objects.map(shapeOf));
  const there = new Set(present.map(shapeOf));
  const those = (...kinds: readonly string[]) => present.filter((object) => kinds.includes(kindOf(object)));
  const isUnwanted = (object: NftObject) => !wanted.has(shapeOf(object));
  return [
    { add: { table } },
    // Its rules.
    { flush: { table } },
    // Before 6.4 the end of a map did not let go of the counters its elements hold.
    ...those('set', 'map').map((object) => command('flush', object)),
    ...[...those('chain'), ...those('set', 'map'), ...those('counter')]
      .filter(isUnwanted)
      .map((object) => command('delete', object)),
    ...objects
      .filter((object) => kindOf(object) !== 'counter' || !there.has(shapeOf(object)))
      .map((object) => ({ add: object })),
  ];
};
