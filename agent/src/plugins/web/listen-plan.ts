/** Where the web UI listens, and to whom: a pure function of the network map, the links and the config. */
import { canonicalCidr, isInCidr, isIp4, isPrivate4 } from '@sidegate/kit';
import type { Cidr4, Ip, Ip4, MapPeer, NetworkMap } from '@sidegate/protocol';
import { permittedRanges } from '../../forwarding/access/permitted-ports.ts';
import type { OwnService } from '../../plugin-api/index.ts';
import type { IfName, Link } from '../../ports/index.ts';

const HTTP_PORT = 80;

/** One address to listen on. Never a wildcard: a router has a WAN side. */
export interface ListenAddress {
  readonly address: Ip;
  readonly reach: 'mesh' | 'lan';
  /** Linux answers on any interface for any of its addresses, so the source is looked at as well. */
  readonly accepts: (source: Ip) => boolean;
}

/** Empty while the web UI is not served. */
export interface ListenPlan {
  readonly addresses: readonly ListenAddress[];
  /** Interfaces asked for by name that have no private IPv4 address. */
  readonly unsuitable: readonly IfName[];
}

/** The UI as the firewall knows it: port 80 leads to it too. */
export const webService = (port: number): OwnService => ({
  protocol: 'tcp',
  port,
  alsoPort: HTTP_PORT,
  label: 'web UI',
});

/** The firewall asks only whoever comes anew; what is open is closed here when policy changes. */
const mayOpen = (peer: MapPeer, port: number): boolean =>
  peer.inbound.kind === 'all' ||
  permittedRanges(peer, [webService(port)]).some(
    ({ protocol, from, to }) => protocol === 'tcp' && from <= port && port <= to,
  );

/** The one spelling of an address (RFC 5952): a set of texts is then a set of addresses. */
const spellIp = (address: Ip): string =>
  isIp4(address) ? address : new URL(`http://[${address}]/`).hostname;

const meshAddresses = (map: NetworkMap, port: number): ListenAddress[] => {
  const known = new Set<Ip>();
  for (const node of [map.self, ...map.peers.filter((peer) => mayOpen(peer, port))])
    known.add(node.address4).add(node.address6);
  const spelled = new Set([...known].map(spellIp));
  const accepts = (source: Ip) => spelled.has(spellIp(source));
  return [map.self.address4, map.self.address6].map((address) => ({ address, reach: 'mesh', accepts }));
};

const lanAddresses = (link: Link): ListenAddress[] =>
  link.addresses4.flatMap((cidr) => {
    const address = cidr.split('/')[0] as Ip4;
    if (!isPrivate4(address)) return [];
    const network: Cidr4 = canonicalCidr(cidr);
    return [
      { address, reach: 'lan' as const, accepts: (source: Ip) => isIp4(source) && isInCidr(source, network) },
    ];
  });

/** Mesh addresses while there is a map and the role is served; LAN addresses only where they were asked for. */
export const planListening = (input: {
  readonly map: NetworkMap | undefined;
  readonly links: readonly Link[];
  readonly lanInterfaces: readonly IfName[];
  readonly onClients: boolean;
  readonly port: number;
}): ListenPlan => {
  const { map, links, lanInterfaces, onClients, port } = input;
  const isServed =
    map !== undefined && (map.self.role === 'edge' || (map.self.role === 'client' && onClients));
  if (!isServed) return { addresses: [], unsuitable: [] };
  const lan = lanInterfaces.map((name) => ({
    name,
    addresses: links.filter((link) => link.name === name && link.isUp).flatMap(lanAddresses),
  }));
  return {
    addresses: [...meshAddresses(map, port), ...lan.flatMap(({ addresses }) => addresses)],
    unsuitable: lan.filter(({ addresses }) => addresses.length === 0).map(({ name }) => name),
  };
};
