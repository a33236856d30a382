/** Text of strangers (host names, banners, labels) made harmless for a terminal. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys, and bidi overrides are what it is fooled by
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** One line without control characters; each run of them becomes a replacement character. */
export const plain = (text: string): string => text.replaceAll(HARMFUL, '\ufffd');
