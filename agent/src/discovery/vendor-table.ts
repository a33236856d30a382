/**
 * Vendors of hardware addresses, looked up in the system's own table as it lies on disk, over an index of where its
 * lines begin: a search through the whole of it takes milliseconds, and a scan asks hundreds of times. Knows arp-scan's
 * format (`001122<tab>Name`) and IEEE's (`001122     (base 16)<tab><tab>Name`).
 */
import { LIMITS, type Mac } from '@sidegate/protocol';
import { sanitizeText } from '../strangers/sanitize-text.ts';

/** MA-S, MA-M, MA-L assignments of IEEE: 36, 28 and 24 bits. Longest first. */
const PREFIX_DIGITS = [9, 7, 6] as const;
const SEPARATORS = ['\t', '     (base 16)\t\t'] as const;
const KEYS = PREFIX_DIGITS.flatMap((length) => SEPARATORS.map((separator) => ({ length, separator })));
const BUCKET_DIGITS = 4;
const NEWLINE = 0x0a;

/** A LAN may make up hardware addresses without end; those of all hosts there may be find room. */
const CACHE_SIZE = 2 * LIMITS.hostsPerEdge;

/** Looks a vendor up; `undefined` for addresses that belong to nobody. */
export type VendorLookup = (mac: Mac) => string | undefined;

/** Bit 1 of the first byte: made up by software, so that no vendor stands behind it. */
export const isRandomMac = (mac: Mac): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;

const hexOf = (byte = 0): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x41 && byte <= 0x46 ? byte - 0x37 : Number.NaN;
};

/** The number that the first four hex digits at `at` are; NaN: there are none. */
const bucketAt = (table: Uint8Array, at: number): number => {
  let bucket = 0;
  for (let digit = 0; digit < BUCKET_DIGITS; digit++) bucket = bucket * 16 + hexOf(table[at + digit]);
  return bucket;
};

/** Where lines begin, by bucket. */
const indexLines = (table: Buffer): ReadonlyMap<number, readonly number[]> => {
  const lines = new Map<number, number[]>();
  for (let at = 0, end = 0; end >= 0; at = end + 1) {
    end = table.indexOf(NEWLINE, at);
    const bucket = bucketAt(table, at);
    const known = lines.get(bucket);
    if (known !== undefined) known.push(at);
    else if (!Number.isNaN(bucket)) lines.set(bucket, [at]);
  }
  return lines;
};

/** Looks up in `table`, the bytes of a vendor file. */
export const createVendorLookup = (table: Buffer): VendorLookup => {
  const known = new Map<string, string | undefined>();
  const lines = indexLines(table);
  const find = (digits: string): string | undefined => {
    const candidates = lines.get(Number.parseInt(digits.slice(0, BUCKET_DIGITS), 16)) ?? [];
    for (const key of KEYS.map(({ length, separator }) => `${digits.slice(0, length)}${separator}`)) {
      const at = candidates.find((one) => table.toString('latin1', one, one + key.length) === key);
      if (at === undefined) continue;
      const end = table.indexOf(NEWLINE, at);
      return sanitizeText(table.toString('utf8', at + key.length, end < 0 ? table.length : end));
    }
    return undefined;
  };
  return (mac) => {
    if (isRandomMac(mac)) return undefined;
    const digits = mac.replaceAll(':', '').toUpperCase().slice(0, PREFIX_DIGITS[0]);
    if (known.size > CACHE_SIZE) known.clear();
    if (!known.has(digits)) known.set(digits, find(digits));
    return known.get(digits);
  };
};
