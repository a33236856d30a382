/** A package of one format, with everything read: what the three writers take. */
import type { Entry } from './entries.ts';

/** Maintainer scripts by the moment they run at, in the words of the format. */
export type Scripts = Readonly<Record<string, string>>;

export interface PackageSpec {
  readonly name: string;
  /** Already in the format's grammar: see `version.ts`. */
  readonly version: string;
  readonly summary: string;
  /** Paragraph under the summary. */
  readonly description: string;
  readonly architecture: string;
  readonly section: string;
  readonly maintainer: string;
  readonly license: string;
  readonly url: string;
  readonly depends: readonly string[];
  readonly recommends: readonly string[];
  readonly suggests: readonly string[];
  readonly entries: readonly Entry[];
  /** Absolute paths of files that belong to the operator once installed. */
  readonly conffiles: readonly string[];
  /** Absolute paths beside the conffiles that an OpenWrt system upgrade keeps. */
  readonly keep: readonly string[];
  readonly scripts: Scripts;
  /** SOURCE_DATE_EPOCH: the only time in a package. */
  readonly epochSec: number;
}

/** `Field: value` lines; empty values are left out. */
export const renderFields = (fields: readonly (readonly [string, string])[]): string =>
  fields
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');

const WIDTH_CHARS = 78;

/** Breaks a paragraph into lines, each behind a space, as control files want them. */
export const renderParagraph = (text: string): string => {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH_CHARS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => ` ${line}\n`).join('');
};
