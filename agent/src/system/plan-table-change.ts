/**
 * The way from one ruleset to the next where only elements of sets and maps, and counters, differ: what is there stays
 * untouched, and a change among a thousand forwards costs as much as one among ten. Pure. The whole ruleset remains
 * the truth: whatever else differs, or is not plain to see, is answered with `undefined`, replace the table.
 */
import type { NftObject, Ruleset } from '../ports/index.ts';

interface Container {
  readonly kind: 'set' | 'map';
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Everything but the elements. */
  readonly header: string;
  readonly hasIntervals: boolean;
  /** By key, as text; with the element itself as text, to compare. */
  readonly elements: ReadonlyMap<string, { readonly element: unknown; readonly text: string }>;
}

interface Parts {
  readonly frame: string;
  readonly counters: ReadonlyMap<string, NftObject>;
  readonly containers: ReadonlyMap<string, Container>;
}

type Fields = Readonly<Record<string, unknown>>;

/** The key of an element, without its timeout. */
const keyOf = (kind: Container['kind'], element: unknown): unknown => {
  const key = kind === 'map' ? (element as readonly unknown[])[0] : element;
  const timed = (key as { readonly elem?: { readonly val: unknown } }).elem;
  return timed === undefined ? key : timed.val;
};

const parseContainer = (kind: Container['kind'], fields: Fields): Container => {
  const { elem = [], ...header } = fields;
  const elements = (elem as readonly unknown[]).map(
    (element) => [JSON.stringify(keyOf(kind, element)), { element, text: JSON.stringify(element) }] as const,
  );
  return {
    kind,
    family: String(fields.family),
    table: String(fields.table),
    name: String(fields.name),
    header: JSON.stringify(header),
    hasIntervals: JSON.stringify(fields.flags ?? []).includes('interval'),
    elements: new Map(elements),
  };
};

const splitAnew = ({ objects }: Ruleset): Parts => {
  const frame: NftObject[] = [];
  const counters = new Map<string, NftObject>();
  const containers = new Map<string, Container>();
  for (const object of objects) {
    const { counter, set, map } = object as Readonly<Record<'counter' | 'set' | 'map', Fields | undefined>>;
    if (counter !== undefined) counters.set(String(counter.name), object);
    else if (set !== undefined) containers.set(String(set.name), parseContainer('set', set));
    else if (map !== undefined) containers.set(String(map.name), parseContainer('map', map));
    else frame.push(object);
  }
  return { frame: JSON.stringify(frame), counters, containers };
};

/** The ruleset that is in the kernel was the next one before: it has been split already. */
const known = new WeakMap<Ruleset, Parts>();
const splitRuleset = (ruleset: Ruleset): Parts => {
  const parts = known.get(ruleset) ?? splitAnew(ruleset);
  known.set(ruleset, parts);
  return parts;
};

/** Elements of `one` that `other` has not, or has otherwise. */
const missingFrom = (one: Container, other: Container): readonly unknown[] =>
  [...one.elements].flatMap(([key, { element, text }]) =>
    other.elements.get(key)?.text === text ? [] : [element],
  );

const elementCommand = (
  verb: 'add' | 'delete',
  { family, table, name }: Container,
  elem: readonly unknown[],
): readonly NftObject[] =>
  elem.length === 0 ? [] : [{ [verb]: { element: { family, table, name, elem } } }];

const elementsOf = ({ elements }: Container): readonly unknown[] =>
  [...elements.values()].map(({ element }) => element);

const flushCommand = ({ kind, family, table, name }: Container): NftObject => ({
  flush: { [kind]: { family, table, name } },
});

/** Counters of `one` that `other` has not. */
const countersMissing = (one: Parts, other: Parts): readonly NftObject[] =>
  [...one.counters].flatMap(([name, object]) => (other.counters.has(name) ? [] : [object]));

/** Commands for one transaction, none where nothing differs; `undefined` where the table must be replaced. */
export const planTableChange = (before: Ruleset, next: Ruleset): readonly NftObject[] | undefined => {
  const [old, fresh] = [splitRuleset(before), splitRuleset(next)];
  if (old.frame !== fresh.frame || old.containers.size !== fresh.containers.size) return undefined;
  const removals: NftObject[] = [];
  const additions: NftObject[] = [];
  for (const [name, is] of fresh.containers) {
    const was = old.containers.get(name);
    if (was === undefined || was.header !== is.header) return undefined;
    const [gone, come] = [missingFrom(was, is), missingFrom(is, was)];
    if (is.hasIntervals && gone.length + come.length > 0) {
      // nft joins and splits intervals as it likes: what is there need not be what was asked for.
      removals.push(flushCommand(was));
      additions.push(...elementCommand('add', is, elementsOf(is)));
      continue;
    }
    const keys = gone.map((element) => keyOf(was.kind, element));
    removals.push(...elementCommand('delete', was, keys));
    additions.push(...elementCommand('add', is, come));
  }
  return [
    ...removals,
    ...countersMissing(old, fresh).map((object) => ({ delete: object })),
    ...countersMissing(fresh, old).map((object) => ({ add: object })),
    ...additions,
  ];
};
