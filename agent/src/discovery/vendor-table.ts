/**
 * Vendors of hardware addresses, looked up in the system's own table as it lies on disk: no index, no copy, one
 * search per prefix. Knows arp-scan's format (`001122<tab>Name`) and IEEE's (`001122     (base 16)<tab><tab>Name`).
 */
import type { Mac } from '@sidegate/protocol';
import { sanitizeText } from '../strangers/sanitize-text.ts';

/** MA-S, MA-M, MA-L assignments of IEEE: 36, 28 and 24 bits. Longest first. */
const PREFIX_DIGITS = [9, 7, 6] as const;
const SEPARATORS = ['\t', '     (base 16)\t\t'] as const;

/** A LAN may make up hardware addresses without end. */
const CACHE_SIZE = 4096;

/** Looks a vendor up; `undefined` for addresses that belong to nobody. */
export type VendorLookup = (mac: Mac) => string | undefined;

/** Bit 1 of the first byte: made up by software, so that no vendor stands behind it. */
export const isRandomMac = (mac: Mac): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;

const findLine = (table: Buffer, key: string): string | undefined => {
  const at = table.indexOf(`\n${key}`, 0, 'latin1');
  if (at < 0) return undefined;
  const start = at + 1 + key.length;
  const end = table.indexOf(0x0a, start);
  return table.toString('utf8', start, end < 0 ? table.length : end);
};

/** Looks up in `table`, the bytes of a vendor file. */
export const createVendorLookup = (table: Buffer): VendorLookup => {
  const known = new Map<string, string | undefined>();
  const find = (digits: string): string | undefined => {
    for (const length of PREFIX_DIGITS) {
      for (const separator of SEPARATORS) {
        const line = findLine(table, `${digits.slice(0, length)}${separator}`);
        if (line !== undefined) return sanitizeText(line);
      }
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
