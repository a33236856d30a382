import type { Ubus } from 'node-ubus';
import { type Lease, parseHostHints, parseOdhcpdLeases } from '../discovery/parse-router-hints.ts';

/** What the router's own services know of the hosts of its LANs: odhcpd's leases, and the hints that LuCI shows. */
export const createRouterLeases = (ubus: Ubus) => async (): Promise<readonly Lease[]> => {
  // Either may be missing: odhcpd serves only some, and rpcd-mod-luci comes with LuCI.
  const ask = (object: string, method: string) => ubus.invoke(object, method).catch(() => ({}));
  const [leases, hints] = await Promise.all([ask('dhcp', 'ipv4leases'), ask('luci-rpc', 'getHostHints')]);
  return [...parseHostHints(hints), ...parseOdhcpdLeases(leases)];
};
