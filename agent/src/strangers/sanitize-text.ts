/** Text from devices: hostile until it has been through here. */

/** Control, format (direction overrides, invisible) and unassigned characters, lone surrogates, line separators. */
const UNWANTED = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}\ufffd]+/gu;

/** One line without unwanted characters, at most `maxLength` UTF-16 units; `undefined` where nothing is left. */
export const sanitizeText = (text: string, maxLength = 80): string | undefined => {
  const clean = text
    // A megabyte of blanks must not cost a megabyte of work.
    .slice(0, maxLength * 8)
    .replace(UNWANTED, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  // Cut last, and a pair cut in half goes with it.
  const cut = clean
    .slice(0, maxLength)
    .replace(/\p{Cs}/gu, '')
    .trimEnd();
  return cut === '' ? undefined : cut;
};
