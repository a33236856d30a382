/** What a server says first, unasked. */
import { sanitizeText } from '../strangers/sanitize-text.ts';

/** A greeting, as far as it was understood. */
export interface Banner {
  /** What speaks, where the first words tell. */
  readonly name?: string;
  readonly text?: string;
}

/** First words by protocol: RFC 4253 section 4.2, RFC 959, RFC 5321, RFC 6143 section 7.1.1. */
const GREETINGS: readonly (readonly [string, RegExp])[] = [
  ['ssh', /^SSH-\d\.\d+-/],
  ['smtp', /^220[ -].*\b(e?smtp|mail)\b/i],
  ['ftp', /^220[ -]/],
  ['vnc', /^RFB \d{3}\.\d{3}/],
];

/** The first line, cleaned, and what it tells. Telnet's negotiation (RFC 854) is no text. */
export const parseBanner = (bytes: Uint8Array): Banner => {
  if (bytes[0] === 0xff) return { name: 'telnet' };
  const line = Buffer.from(bytes)
    .toString('latin1')
    .split(/\r?\n/)
    .find((one) => one.trim() !== '');
  const text = sanitizeText(line ?? '', 160);
  if (text === undefined) return {};
  const name = GREETINGS.find(([, pattern]) => pattern.test(text))?.[0];
  return name === undefined ? { text } : { name, text };
};
