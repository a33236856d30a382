/** Names that devices gave this machine's own DHCP server, where it is one. Hearsay: a lease outlives a visit. */
import { isInCidr } from '@sidegate/kit';
import { parseLeases } from '../../../discovery/parse-leases.ts';
import type { DhcpLease } from '../../../ports/index.ts';
import { readBounded } from '../read-bounded.ts';
import type { DiscoverySource } from '../source.ts';

const LIMIT_BYTES = 1024 * 1024;

/** Reads those of the files that are there, and asks the machine where it can be asked. */
export const createLeaseSource = (
  paths: readonly string[],
  ask: () => Promise<readonly DhcpLease[]> = async () => [],
): DiscoverySource => ({
  name: 'leases',
  phase: 'Reading DHCP leases',
  role: 'find',
  weight: 0.02,
  async scan(scope, sink) {
    const files = paths.map(async (path) => {
      const bytes = await readBounded(path, LIMIT_BYTES);
      return parseLeases(bytes?.toString('utf8') ?? '');
    });
    for (const { mac, address, name } of (await Promise.all([ask(), ...files])).flat()) {
      if (!isInCidr(address, scope.cidr)) continue;
      sink.observe({
        mac,
        address,
        isSighting: false,
        ...(name === undefined ? {} : { fields: { 'lease-name': name } }),
      });
    }
  },
});
