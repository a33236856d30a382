/** A host's name as a DNS label. Pure. */
import { DnsLabel } from '@sidegate/protocol';
import * as v from 'valibot';

/** Leaves room for a number. */
const LONGEST = 50;

const labelOf = (text: string): string =>
  text
    .normalize('NFKD')
    // What decomposition split off: "ü" is "u" and a mark.
    .replace(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^-+|-+$/g, '');

/** `Front Door (Küche)` is `front-door-kuche`; `fallback` where nothing is left; a number where the label is taken. */
export const chooseHostLabel = (
  text: string,
  fallback: string,
  isTaken: (label: string) => boolean,
): DnsLabel => {
  const stem = labelOf(text) || labelOf(fallback);
  let label = stem;
  for (let number = 2; isTaken(label); number++) label = `${stem}-${number}`;
  return v.parse(DnsLabel, label);
};
