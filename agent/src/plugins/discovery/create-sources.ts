/** All ways of finding and examining devices that this machine has. */
import type { PluginHost } from '../../plugin-api/index.ts';
import type { DiscoverySource } from './source.ts';
import { createDeviceFinder } from './sources/find-devices.ts';
import { createLeaseSource } from './sources/leases.ts';
import { createMdnsSource } from './sources/mdns.ts';
import { createNeighbourSource } from './sources/neighbours.ts';
import { createNetbiosSource } from './sources/netbios.ts';
import { createServiceSource } from './sources/services.ts';
import { createSsdpSource } from './sources/ssdp.ts';
import { createWsDiscoverySource } from './sources/ws-discovery.ts';

const ARP_SCAN_TROUBLE = {
  missing: {
    code: 'ARP_SCAN_MISSING',
    title: 'Scans may miss devices: arp-scan is not installed',
    hint: 'Install it: apt install arp-scan (Debian), or the package arp-scan (OpenWrt).',
  },
  'not-permitted': {
    code: 'ARP_SCAN_NOT_PERMITTED',
    title: 'Scans may miss devices: arp-scan may not open raw sockets',
    hint: 'Run the agent as root, or give arp-scan its capability: setcap cap_net_raw+ep "$(command -v arp-scan)".',
  },
} as const;

/** In the order in which they begin; what is wrong with the machine is told to its health. */
export const createSources = (
  { ports, clock, health }: Pick<PluginHost, 'ports' | 'clock' | 'health'>,
  leaseFiles: readonly string[],
): readonly DiscoverySource[] => [
  createNeighbourSource(ports.links),
  createLeaseSource(leaseFiles, ports.leases),
  createDeviceFinder({
    ...ports,
    clock,
    onArpScan: (trouble) => {
      for (const { code } of Object.values(ARP_SCAN_TROUBLE)) health.clear(code);
      if (trouble !== undefined) health.raise({ severity: 'warning', ...ARP_SCAN_TROUBLE[trouble] });
    },
  }),
  createMdnsSource(clock),
  createSsdpSource({ ...ports, clock }),
  createWsDiscoverySource({ ...ports, clock }),
  createServiceSource(clock),
  createNetbiosSource({ ...ports, clock }),
];
