/** Does a change let less through than before? Pure. */
import type { PortRange } from '@sidegate/protocol';
import type { Publication } from './publication.ts';

type Narrowable = Publication & { readonly ports?: readonly PortRange[] | undefined };

/** `after` is absent where the publication was removed. An end in time is none of this: it was chosen with its moment. */
export const isNarrowed = (before: Narrowable, after: Narrowable | undefined): boolean => {
  if (!before.enabled) return false;
  if (after === undefined || !after.enabled) return true;
  return (['allow', 'ports'] as const).some(
    (limit) => after[limit] !== undefined && JSON.stringify(after[limit]) !== JSON.stringify(before[limit]),
  );
};
