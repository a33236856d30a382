/** What the beacons learn becomes the nodes' mapping: the only writer of reflexive endpoints (`node.mapping`). */
import { formatEndpoint, type UdpEndpoint } from '@sidegate/kit';
import type { Ip4, NatKind, NodeId } from '@sidegate/protocol';
import type { Network } from './network.ts';
import { type Node, type NodeMapping, seenOver } from './node.ts';
import type { Presence } from './presence.ts';
import type { Registry } from './registry.ts';

/** What the beacon can be asked and told; absent while there is none. */
export interface BeaconControl {
  natKind(node: NodeId): 'endpoint-independent' | 'symmetric' | 'unknown';
  forget(node: NodeId): void;
  resetTimestamps(node: NodeId): void;
}

/** Creates the receiver of the beacon's events. `beacon` is asked late: it is made after its directory. */
export const createEndpoints = (deps: {
  readonly registry: Registry;
  readonly network: Network;
  readonly presence: Presence;
  readonly beacon: () => BeaconControl | undefined;
  /** Where a node's WebSocket comes from. */
  readonly addressOf: (id: NodeId) => Ip4 | undefined;
}) => {
  const { registry, network, presence } = deps;

  const natOf = (node: Node, reflexive: NodeMapping['reflexive']): NatKind => {
    // An address of its own that the beacon sees unchanged: no NAT between the two.
    const own = new Set(node.report.candidates.map(({ endpoint }) => endpoint));
    // NATs are a matter of IPv4: IPv6 decides for a node that has nothing else.
    const seen = seenOver(4, { reflexive }) ?? seenOver(6, { reflexive });
    if (seen !== undefined && own.has(seen)) return 'none';
    const kind = deps.beacon()?.natKind(node.id) ?? 'unknown';
    // What is not known any more is better taken from before than thrown away: mappings change together.
    return kind === 'unknown' && node.mapping.nat !== 'none' ? node.mapping.nat : kind;
  };

  const refresh = (node: Node, reflexive: NodeMapping['reflexive']): void => {
    const nat = natOf(node, reflexive);
    if (nat === node.mapping.nat && reflexive === node.mapping.reflexive) return;
    network.change(node, { mapping: { reflexive, nat } });
  };

  return {
    /** `BeaconEvents.onEndpoint`. */
    onEndpoint(id: NodeId, endpoint: UdpEndpoint, beaconIndex: number): void {
      const node = registry.find(id);
      if (node === undefined) return;
      const reflexive = [...node.mapping.reflexive];
      while (reflexive.length < beaconIndex) reflexive.push(undefined);
      reflexive[beaconIndex] = formatEndpoint(endpoint);
      refresh(node, reflexive);
    },
    /** `BeaconEvents.onWebSocket`: where it was on UDP is not where it is now. */
    onWebSocket(id: NodeId): void {
      const node = registry.find(id);
      if (node === undefined) return;
      const site = deps.addressOf(id);
      const mapping: NodeMapping = { reflexive: [], nat: 'unknown' };
      network.change(node, { mapping: site === undefined ? mapping : { ...mapping, site } });
    },
    /** `BeaconEvents.onAlive`. */
    onAlive(id: NodeId): void {
      const node = registry.find(id);
      if (node === undefined) return;
      presence.seen(node);
      refresh(node, node.mapping.reflexive);
    },
    /** The node's own candidates changed. */
    onReport: (node: Node): void => refresh(node, node.mapping.reflexive),
  };
};
export type Endpoints = ReturnType<typeof createEndpoints>;
