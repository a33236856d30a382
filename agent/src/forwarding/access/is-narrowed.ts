/** Does a change let less through than before? Pure. */
import type { PortRange } from '@sidegate/protocol';
import type { Publication } from '../publication.ts';

type Narrowable = Publication & { readonly ports?: readonly PortRange[] | undefined };

/** What says where a publication leads, of either kind. */
const WAYS = ['target', 'targetPort', 'portCount', 'protocol', 'edgePort'] as const;

/** Does it lead elsewhere than before, so that what is open through it belongs to nobody? */
export const isLedElsewhere = (before: object, after: object): boolean =>
  WAYS.some(
    (way) => JSON.stringify(before[way as keyof object]) !== JSON.stringify(after[way as keyof object]),
  );

/** `after` is absent where the publication was removed. An end in time is none of this: it was chosen with its moment. */
export const isNarrowed = (before: Narrowable, after: Narrowable | undefined): boolean => {
  if (!before.enabled) return false;
  if (after === undefined || !after.enabled || isLedElsewhere(before, after)) return true;
  return (['allow', 'ports'] as const).some(
    (limit) => after[limit] !== undefined && JSON.stringify(after[limit]) !== JSON.stringify(before[limit]),
  );
};
