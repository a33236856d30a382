/** Hardware addresses that look like the vendor's, so that a scan of the lab reads as a scan of a home does. */
import { createHash } from 'node:crypto';

/** One registered prefix per vendor, all in Debian's arp-scan and ieee-data lists. */
const VENDOR_PREFIXES = {
  hikvision: '44:47:cc',
  brother: '3c:2a:f4',
  synology: '90:09:d0',
  espressif: '24:6f:28',
  raspberry: 'dc:a6:32',
  'tp-link': '54:a7:03',
  intel: '3c:a9:f4',
  /** Locally administered, as phones make them up. */
  random: '02:6b:5c',
} as const;

/** A vendor whose hardware the lab knows. */
export type Vendor = keyof typeof VENDOR_PREFIXES;

/** The same address for the same vendor and id, in every lab. */
export const macOf = (vendor: Vendor, id: string): string => {
  const digest = createHash('sha256').update(id).digest('hex');
  return [VENDOR_PREFIXES[vendor], digest.slice(0, 2), digest.slice(2, 4), digest.slice(4, 6)].join(':');
};
