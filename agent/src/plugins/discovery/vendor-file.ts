/** The system's vendor table, in memory only while it is needed: it is a megabyte and more. */
import type { Clock } from '@sidegate/kit';
import { createVendorLookup, type VendorLookup } from '../../discovery/vendor-table.ts';
import { readBounded } from './read-bounded.ts';

/** arp-scan's own list, then Debian's ieee-data. */
const PATHS = [
  '/usr/share/arp-scan/ieee-oui.txt',
  '/usr/share/ieee-data/oui.txt',
  '/var/lib/ieee-data/oui.txt',
];
const LIMIT_BYTES = 8 * 1024 * 1024;
const KEEP_MS = 60_000;

/** A table that comes and goes; while it is gone nobody has a vendor. */
export interface VendorFile extends Disposable {
  readonly vendorOf: VendorLookup;
  /** Loads the table where it is not loaded, and keeps it for a while. False: this machine has none. */
  load(): Promise<boolean>;
}

/** Without a table on the machine nobody has a vendor. */
export const createVendorFile = (clock: Clock, paths: readonly string[] = PATHS): VendorFile => {
  let lookup: VendorLookup | undefined;
  let timer: Disposable | undefined;
  return {
    vendorOf: (mac) => lookup?.(mac),
    async load() {
      timer?.[Symbol.dispose]();
      timer = clock.after(KEEP_MS, () => {
        lookup = undefined;
      });
      for (const path of lookup === undefined ? paths : []) {
        const table = await readBounded(path, LIMIT_BYTES);
        if (table === undefined || table.length === 0) continue;
        lookup = createVendorLookup(table);
        break;
      }
      return lookup !== undefined;
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
};
