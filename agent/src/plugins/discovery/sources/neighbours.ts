/** What the kernel has met lately: costs nothing, and is often the first host on the screen. */
import { isInCidr, isIp4 } from '@sidegate/kit';
import type { Links } from '../../../ports/index.ts';
import type { DiscoverySource } from '../source.ts';

/** NUD states (ip-neighbour(8)) in which the kernel has just heard the device. */
const CONFIRMED = new Set(['REACHABLE', 'PERMANENT']);
const GONE = new Set(['FAILED', 'INCOMPLETE', 'NOARP', 'NONE']);

/** Entries that failed are passed over, old ones are hearsay. */
export const createNeighbourSource = (links: Links): DiscoverySource => ({
  name: 'neighbours',
  phase: 'Reading the neighbour table',
  role: 'find',
  weight: 0.02,
  async scan(scope, sink, signal) {
    for (const { address, mac, interfaceName, state } of await links.readNeighbours(signal)) {
      if (interfaceName !== scope.interfaceName || !isIp4(address) || !isInCidr(address, scope.cidr))
        continue;
      if (!GONE.has(state.toUpperCase())) {
        sink.observe({ address, mac, isSighting: CONFIRMED.has(state.toUpperCase()) });
      }
    }
  },
});
