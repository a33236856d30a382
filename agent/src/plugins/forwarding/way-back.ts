/** What an unconfirmed change is undone by: publications as they were, and which of them were not there. As data. */
import * as v from 'valibot';
import { AddressRecord } from '../../forwarding/address-record.ts';
import { ForwardRecord } from '../../forwarding/forward-record.ts';

/** A publication as it was; `what` where its author may have come by it, and not where it only changed along. */
const pendingOf = <const N extends string, S extends v.GenericSchema>(noun: N, record: S) =>
  v.strictObject({ noun: v.literal(noun), record, what: v.optional(v.string()), endsAt: v.number() });
const Pending = v.variant('noun', [pendingOf('forward', ForwardRecord), pendingOf('address', AddressRecord)]);
/** One publication as it was, of either kind. */
export type Pending = v.InferOutput<typeof Pending>;
/** The file that a next start finds. */
export const UnconfirmedFile = v.strictObject({
  version: v.literal(1),
  changes: v.array(Pending),
  /** Publications that were not there. */
  added: v.optional(v.array(v.string()), []),
});
/** All that is undone together. */
export interface WayBack {
  readonly changes: readonly Pending[];
  readonly added: readonly string[];
}
/** Nothing waits to be confirmed. */
export const NOTHING: WayBack = { changes: [], added: [] };

/** Publications as they were; those that were `added` since shall not be. */
export interface Restored {
  readonly forwards: readonly ForwardRecord[];
  readonly addresses: readonly AddressRecord[];
  readonly added: readonly string[];
}

/** By kind. */
export const recordsOf = (changes: readonly Pending[]) => ({
  forwards: changes.flatMap((change) => (change.noun === 'forward' ? [change.record] : [])),
  addresses: changes.flatMap((change) => (change.noun === 'address' ? [change.record] : [])),
});
/** Are both of the same publication? */
export const isSame = ({ record }: Pending, other: Pending): boolean => record.id === other.record.id;

/** With `those` and `added`. A second change of a publication goes back to what was before the first. */
export const addToWayBack = (
  before: WayBack,
  those: readonly Pending[],
  added: readonly string[],
): WayBack => ({
  changes: [
    ...before.changes.filter((one) => !those.some((other) => isSame(one, other))),
    ...those
      .filter(({ record }) => !before.added.includes(record.id))
      .map((one) => ({ ...one, ...before.changes.find((other) => isSame(one, other)), endsAt: one.endsAt })),
  ],
  added: [...new Set([...before.added, ...added])],
});
