import type { PortMappingStatus } from '@sidegate/protocol';
import { expect, test } from 'vitest';
import { describePortMapping } from './port-mapping-text.ts';

const GATEWAY = '192.168.1.1' as NonNullable<PortMappingStatus['gateway']>;

test.each<[PortMappingStatus, string]>([
  [{ state: 'off' }, 'off in the configuration'],
  [{ state: 'no-gateway' }, 'there is no router to ask'],
  [{ state: 'not-needed' }, "not needed: this machine's own address is public"],
  [{ state: 'asking', gateway: GATEWAY }, 'asking 192.168.1.1'],
  [
    {
      state: 'mapped',
      gateway: GATEWAY,
      protocol: 'nat-pmp',
      external: '11.1.1.10:40001' as NonNullable<PortMappingStatus['external']>,
      expiresAt: 5_400_000,
    },
    '11.1.1.10:40001 by NAT-PMP, leased for another 1 h',
  ],
  [
    { state: 'double-nat', gateway: GATEWAY, why: 'its own address 100.64.0.2 is not a public one' },
    'of no use: 192.168.1.1 is behind a NAT itself (its own address 100.64.0.2 is not a public one)',
  ],
  [
    { state: 'unavailable', gateway: GATEWAY, why: 'it answers none of PCP, NAT-PMP and UPnP' },
    'none from 192.168.1.1: it answers none of PCP, NAT-PMP and UPnP',
  ],
])('%o', (status, text) => {
  expect(describePortMapping(status, 0)).toBe(text);
});
