/** Names that devices gave this machine's own DHCP server, where it is one. Hearsay: a lease outlives a visit. */
import { isInCidr } from '@sidegate/kit';
import { parseLeases } from '../../../discovery/parse-leases.ts';
import { readBounded } from '../read-bounded.ts';
import type { DiscoverySource } from '../source.ts';

const LIMIT_BYTES = 1024 * 1024;

/** Reads those of the files that are there. */
export const createLeaseSource = (paths: readonly string[]): DiscoverySource => ({
  name: 'leases',
  phase: 'Reading DHCP leases',
  role: 'find',
  weight: 0.02,
  async scan(scope, sink) {
    for (const path of paths) {
      const bytes = await readBounded(path, LIMIT_BYTES);
      for (const { mac, address, name } of parseLeases(bytes?.toString('utf8') ?? '')) {
        if (!isInCidr(address, scope.cidr)) continue;
        sink.observe({
          mac,
          address,
          isSighting: false,
          ...(name === undefined ? {} : { fields: { 'lease-name': name } }),
        });
      }
    }
  },
});
