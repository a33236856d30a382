/** Who opened what, from what a connection looks like to the kernel. Pure. */
import type { AccessEntry, Address, Forward, Host, Ip4 } from '@sidegate/protocol';
import type { Connection } from '../../ports/index.ts';
import { protocolsOf } from '../forward-record.ts';
import type { SourcePeer } from '../plans/resolve-sources.ts';

/** What can be known by name just now. */
export interface AccessNames {
  readonly forwards: readonly Forward[];
  readonly addresses: readonly Address[];
  readonly peers: readonly SourcePeer[];
  readonly hosts: readonly Host[];
  /** Our own mesh address, where forwards are. */
  readonly self: Ip4 | undefined;
}

/** The part of an entry that does not change. */
export type Access = Pick<AccessEntry, 'kind' | 'publicationId' | 'name' | 'label' | 'node' | 'address'>;

const publicationOf = (
  { protocol, destination, port = 0 }: Connection,
  { forwards, addresses, self }: AccessNames,
): Pick<Access, 'kind' | 'publicationId' | 'name' | 'label'> | undefined => {
  if (destination === self) {
    const forward = forwards.find(
      (one) =>
        one.edgePort <= port &&
        port < one.edgePort + (one.portCount ?? 1) &&
        protocolsOf(one.protocol).some((each) => each === protocol),
    );
    return forward && { kind: 'forward', publicationId: forward.id, name: forward.url, label: forward.label };
  }
  const address = addresses.find(({ address4 }) => address4 === destination);
  return address && { kind: 'address', publicationId: address.id, name: address.fqdn, label: address.label };
};

/** `undefined` where the connection belongs to nothing that is published. */
export const identifyAccess = (connection: Connection, names: AccessNames): Access | undefined => {
  const { source } = connection;
  const publication = publicationOf(connection, names);
  const node =
    names.peers.find(({ address4 }) => address4 === source) ??
    names.hosts.find(({ addresses }) => addresses.includes(source));
  return publication && { ...publication, node: node?.name ?? source, address: source };
};
