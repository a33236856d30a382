/**
 * Texts of elements by their local names, from XML that strangers wrote. Not a parser: it neither validates nor builds
 * a tree, so nothing can be nested too deeply. Linear in the length of what it is given, which the caller bounds.
 * Documents with a DTD are refused: devices have no need of one, and it is where entities are declared.
 */
import { decodeEntities } from './decode-entities.ts';

const MAX_PER_NAME = 16;
const MAX_TEXT_CHARS = 2_000;
const SPECIAL = [
  ['<!--', '-->'],
  ['<?', '?>'],
] as const;
const CDATA = '<![CDATA[';
const CDATA_END = ']]>';

const localNameOf = (tag: string): string => /^\/?(?:[\w.-]{1,64}:)?([\w.-]{1,64})/.exec(tag)?.[1] ?? '';

/** A step over something that is no tag: where it ends, and the text that it holds. */
const skipSpecial = (
  xml: string,
  at: number,
): { readonly end: number; readonly text: string } | undefined => {
  if (xml.startsWith(CDATA, at)) {
    const end = xml.indexOf(CDATA_END, at);
    const until = end < 0 ? xml.length : end;
    return { end: Math.min(xml.length, until + CDATA_END.length), text: xml.slice(at + CDATA.length, until) };
  }
  for (const [open, close] of SPECIAL) {
    if (!xml.startsWith(open, at)) continue;
    const end = xml.indexOf(close, at);
    return { end: end < 0 ? xml.length : end + close.length, text: '' };
  }
  return undefined;
};

/** Texts by name, in the document's order; elements with elements in them have no text. Texts are not yet clean. */
export const readXmlTexts = <Name extends string>(
  xml: string,
  names: readonly Name[],
): ReadonlyMap<Name, readonly string[]> => {
  const wanted = new Map(names.map((name) => [name as string, [] as string[]]));
  const result = wanted as unknown as ReadonlyMap<Name, readonly string[]>;
  if (/<!(doctype|entity)/i.test(xml)) return result;
  let leaf: { readonly name: string; text: string } | undefined;
  let at = 0;
  for (;;) {
    const open = xml.indexOf('<', at);
    if (open < 0) return result;
    if (leaf !== undefined) leaf.text += decodeEntities(xml.slice(at, Math.min(open, at + MAX_TEXT_CHARS)));
    const special = skipSpecial(xml, open);
    if (special !== undefined) {
      if (leaf !== undefined) leaf.text += special.text.slice(0, MAX_TEXT_CHARS);
      at = special.end;
      continue;
    }
    const close = xml.indexOf('>', open);
    if (close < 0) return result;
    const tag = xml.slice(open + 1, Math.min(close, open + 200));
    const name = localNameOf(tag);
    if (!tag.startsWith('/')) {
      leaf = xml[close - 1] === '/' ? undefined : { name, text: '' };
    } else {
      const texts = leaf?.name === name ? wanted.get(name) : undefined;
      if (texts !== undefined && texts.length < MAX_PER_NAME) {
        texts.push(leaf!.text.slice(0, MAX_TEXT_CHARS).trim());
      }
      leaf = undefined;
    }
    at = close + 1;
  }
};
