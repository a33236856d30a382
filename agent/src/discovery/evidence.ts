/** What was said about a host, by whom, and when: bounded, newest kept. */
import type { Evidence } from '@sidegate/protocol';
import type { ObservedField } from './observation.ts';

const PER_FIELD = 4;
const PER_HOST = 32;

/** Adds or refreshes one piece. `isNew`: a value that was not there before, which may change what is shown. */
export const addEvidence = (
  evidence: readonly Evidence[],
  piece: Evidence,
): { readonly evidence: readonly Evidence[]; readonly isNew: boolean } => {
  const isSame = (one: Evidence) =>
    one.source === piece.source && one.field === piece.field && one.value === piece.value;
  const rest = evidence.filter((one) => !isSame(one));
  const isNew = rest.length === evidence.length;
  const sameField = rest.filter((one) => one.field === piece.field);
  const dropped = sameField.length >= PER_FIELD ? oldest(sameField) : undefined;
  const kept = rest.filter((one) => one !== dropped);
  const trimmed = kept.length >= PER_HOST ? kept.filter((one) => one !== oldest(kept)) : kept;
  return { evidence: [...trimmed, piece], isNew };
};

const oldest = (pieces: readonly Evidence[]): Evidence | undefined =>
  pieces.reduce<Evidence | undefined>(
    (found, one) => (found !== undefined && found.at <= one.at ? found : one),
    undefined,
  );

/** Values by field, newest first, as the rules on names and kinds want them. */
export const fieldsOf = (evidence: readonly Evidence[]): ReadonlyMap<ObservedField, readonly string[]> => {
  const fields = new Map<ObservedField, string[]>();
  for (const { field, value } of [...evidence].sort((one, other) => other.at - one.at)) {
    const values = fields.get(field as ObservedField) ?? [];
    values.push(value);
    fields.set(field as ObservedField, values);
  }
  return fields;
};
