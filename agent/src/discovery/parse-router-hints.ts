/** What OpenWrt's services say of hosts over ubus. Names come from the hosts themselves: hearsay, and cleaned. */
import * as v from 'valibot';
import { type Lease, toLease } from './parse-leases.ts';

export type { Lease } from './parse-leases.ts';

const HOSTS_LIMIT = 4096;

const OdhcpdReply = v.object({
  device: v.record(
    v.string(),
    v.object({
      leases: v.array(v.object({ mac: v.string(), address: v.string(), hostname: v.optional(v.string()) })),
    }),
  ),
});
const HostHint = v.object({ ipaddrs: v.array(v.string()), name: v.optional(v.string()) });

/** odhcpd, `ubus call dhcp ipv4leases`; the MAC is twelve digits without colons. */
export const parseOdhcpdLeases = (reply: unknown): readonly Lease[] => {
  const parsed = v.safeParse(OdhcpdReply, reply);
  if (!parsed.success) return [];
  return Object.values(parsed.output.device)
    .flatMap(({ leases }) => leases)
    .slice(0, HOSTS_LIMIT)
    .flatMap(({ mac, address, hostname }) => toLease(mac.match(/../g)?.join(':'), address, hostname));
};

/** rpcd-mod-luci, `ubus call luci-rpc getHostHints`: by MAC in capitals. */
export const parseHostHints = (reply: unknown): readonly Lease[] =>
  Object.entries(typeof reply === 'object' && reply !== null ? reply : {})
    .slice(0, HOSTS_LIMIT)
    .flatMap(([mac, hint]) =>
      v.is(HostHint, hint)
        ? hint.ipaddrs.flatMap((address) => toLease(mac.toLowerCase(), address, hint.name))
        : [],
    );
