/** What follows from the rest of a record: its name, its kind, and why. */
import type { Evidence, Host } from '@sidegate/protocol';
import { sanitizeText } from '../strangers/sanitize-text.ts';
import { classifyHost } from './classify-host.ts';
import { addEvidence, fieldsOf } from './evidence.ts';
import { nameHost } from './name-host.ts';
import type { Observation } from './observation.ts';
import { suggestPublications } from './suggest-publications.ts';
import { isRandomMac } from './vendor-table.ts';

/** Adds what an observation says to the evidence; `isNew` where a value was not there before. */
export const addFields = (
  evidence: readonly Evidence[],
  { fields, source, at }: Observation,
): { readonly evidence: readonly Evidence[]; readonly isNew: boolean } => {
  let result = { evidence, isNew: false };
  for (const [field, text] of Object.entries(fields ?? {})) {
    const value = sanitizeText(text);
    if (value === undefined) continue;
    const added = addEvidence(result.evidence, { source, field, value, at });
    result = { evidence: added.evidence, isNew: result.isNew || added.isNew };
  }
  return result;
};

/** Name and kind follow from the rest, with the reason for the kind among the evidence. */
export const deriveHost = (host: Host): Host => {
  const observed = host.evidence.filter(({ source }) => source !== 'rules');
  const fields = fieldsOf(observed);
  const { kind, why } = classifyHost({
    ...(host.vendor === undefined ? {} : { vendor: host.vendor }),
    isRandomMac: host.mac !== undefined && isRandomMac(host.mac),
    services: host.services,
    fields,
  });
  const reason: Evidence[] =
    why === '' ? [] : [{ source: 'rules', field: 'kind', value: `${kind}: ${why}`, at: host.lastSeenAt }];
  const name = nameHost({ givenName: host.givenName, fields, address: host.addresses[0], mac: host.mac });
  const suggestions = [...suggestPublications(kind, host.services)];
  return { ...host, name, kind, suggestions, evidence: [...observed, ...reason] };
};
