/**
 * Names as one node may know them: its own, and those of nodes and hosts that policy lets it reach. What others are
 * called is nobody's business, so what may not be seen does not exist. Reads only.
 */
import { isInCidr, isIp4 } from '@sidegate/kit';
import { type DnsLabel, type Ip, type NodeId, nodeFqdn } from '@sidegate/protocol';
import type { Node } from './node.ts';
import type { Registry } from './registry.ts';

/** Addresses of a name that exists, which may be none; `outside` of what we answer for; or there is no such name. */
export type NameAnswer = readonly Ip[] | 'outside' | 'unknown';

/** Creates the service. Names come in lower case, without a dot at the end. */
export const createNames = (registry: Registry, baseDomain: string) => {
  const isVisible = (asker: Node, node: Node): boolean => node === asker || registry.mayMeet(asker, node);

  const findIn = (asker: Node, labels: readonly string[]): readonly Ip[] | 'unknown' => {
    const [nodeName, hostName, ...rest] = [...labels].reverse();
    if (nodeName === undefined) return [];
    const node = registry.accountOf(asker).byName.get(nodeName as DnsLabel);
    if (node === undefined || !isVisible(asker, node) || rest.length > 0) return 'unknown';
    const named = hostName === undefined ? node.identity : node.hosts.find(({ name }) => name === hostName);
    return named === undefined ? 'unknown' : [named.address4, named.address6];
  };

  const hasPrefix = (asker: Node, address: Ip): boolean => {
    const { prefix4, prefix6 } = registry.accountOf(asker).row;
    return isIp4(address) ? isInCidr(address, prefix4) : address.startsWith(prefix6.replace('::/48', ':'));
  };

  /** `host.node` or `node` of an address. */
  const localNameOf = (asker: Node, address: Ip): string | undefined => {
    const node = registry.accountOf(asker).byAddress.get(address);
    if (node !== undefined) return isVisible(asker, node) ? node.identity.name : undefined;
    for (const peer of registry.peersOf(asker)) {
      const host = peer.hosts.find(({ address4, address6 }) => address === address4 || address === address6);
      if (host !== undefined) return `${host.name}.${peer.identity.name}`;
    }
    return undefined;
  };

  return {
    /** What we answer for. */
    baseDomain,

    addressesOf(askerId: NodeId, name: string): NameAnswer {
      const asker = registry.find(askerId);
      if (asker === undefined) return 'unknown';
      if (name === baseDomain) return [];
      if (!name.endsWith(`.${baseDomain}`)) return 'outside';
      const labels = name.slice(0, -baseDomain.length - 1).split('.');
      return labels.at(-1) === registry.accountOf(asker).row.label
        ? findIn(asker, labels.slice(0, -1))
        : 'unknown';
    },

    /** The name of an address of the account. */
    nameOf(askerId: NodeId, address: Ip): string | 'outside' | 'unknown' {
      const asker = registry.find(askerId);
      if (asker === undefined) return 'unknown';
      if (!hasPrefix(asker, address)) return 'outside';
      const local = localNameOf(asker, address);
      return local === undefined
        ? 'unknown'
        : nodeFqdn(local, registry.accountOf(asker).row.label, baseDomain);
    },
  };
};
export type Names = ReturnType<typeof createNames>;
