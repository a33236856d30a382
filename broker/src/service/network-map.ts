/** Compiles what one node may know, from registry and policy: whole, or the peers that changed. Reads only. */
import {
  type Beacon,
  type Candidate,
  LIMITS,
  type MapPeer,
  type MapUpdate,
  type NetworkMap,
} from '@sidegate/protocol';
import { type CandidateRules, type CandidateSource, candidatesFor } from './candidates.ts';
import { isRelaying, isStockApp, type Node, seenOver } from './node.ts';
import type { Registry } from './registry.ts';
import type { Lag } from './views.ts';

/** What is alike in every map. */
export interface MapSettings {
  readonly beacons: readonly Beacon[];
  readonly baseDomain: string;
  readonly checkInSec: number;
}

/** What candidates of a node in this account may not point at. */
export type RulesOf = (node: Node) => CandidateRules;

/** A node as a source of candidates. */
export const candidateSourceOf = (node: Node): CandidateSource => ({
  reported: node.report.candidates,
  reflexive: node.mapping.reflexive,
  site: node.mapping.site,
});

/** Creates the compiler. */
export const createMapCompiler = (registry: Registry, settings: MapSettings, rulesOf: RulesOf) => {
  const candidatesOf = (viewer: Node, subject: Node): Candidate[] =>
    candidatesFor(candidateSourceOf(viewer), candidateSourceOf(subject), rulesOf(subject));

  const compilePeer = (viewer: Node, peer: Node): MapPeer => {
    const { id, name, role, publicKey, address4, address6, tags } = peer.identity;
    const owner = registry.ownerOf(peer);
    return {
      id,
      name,
      role,
      publicKey,
      address4,
      address6,
      online: peer.presence.isOnline,
      nat: peer.mapping.nat,
      candidates: candidatesOf(viewer, peer),
      inbound: registry.access(peer, viewer),
      outbound: registry.access(viewer, peer),
      ...(owner === undefined ? {} : { owner: { id: owner.id, name: owner.name } }),
      tags: [...tags],
      ...(isStockApp(peer) ? { speaks: 'wireguard' } : {}),
      ...(peer.report.relays.length === 0 ? {} : { relays: [...peer.report.relays] }),
      ...(peer.hosts.length === 0 ? {} : { hosts: peer.hosts.map(({ key: _, ...host }) => host) }),
    };
  };

  const compileSelf = ({ identity, mapping, hosts }: Node): NetworkMap['self'] => {
    const { id, name, role, address4, address6, tags } = identity;
    const reflexive4 = seenOver(4, mapping);
    const reflexive6 = seenOver(6, mapping);
    return {
      id,
      name,
      role,
      address4,
      address6,
      nat: mapping.nat,
      ...(reflexive4 === undefined ? {} : { reflexive4 }),
      ...(reflexive6 === undefined ? {} : { reflexive6 }),
      tags: [...tags],
      ...(hosts.length === 0 ? {} : { hosts: [...hosts] }),
    };
  };

  const relaysOf = (node: Node): Pick<NetworkMap, 'relays'> => {
    const relays = [...registry.accountOf(node).relays.values()]
      .filter((other) => other !== node && isRelaying(other))
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .slice(0, LIMITS.relaysPerAccount)
      .map(({ id, identity: { name, relay } }) => ({ node: id, name, ...relay! }));
    return relays.length === 0 ? {} : { relays };
  };

  const compileMap = (node: Node, revision: number): NetworkMap => {
    const { id, label, name, prefix4, prefix6 } = registry.accountOf(node).row;
    return {
      revision,
      self: compileSelf(node),
      account: { id, label, name, baseDomain: settings.baseDomain, prefix4, prefix6 },
      beacons: [...settings.beacons],
      ...relaysOf(node),
      checkInSec: settings.checkInSec,
      peers: Array.from(registry.peersOf(node), (peer) => compilePeer(node, peer)),
    };
  };

  return {
    candidatesOf,
    /** What brings a node that has revision `from` up to date. */
    compileUpdate(node: Node, from: number, lag: Lag): MapUpdate {
      if (lag.kind === 'same') return lag;
      if (lag.kind === 'full') return { kind: 'full', map: compileMap(node, lag.revision) };
      const changed: MapPeer[] = [];
      const removed: MapPeer['id'][] = [];
      for (const id of lag.peers) {
        const peer = registry.find(id);
        if (peer !== undefined && registry.mayMeet(node, peer)) changed.push(compilePeer(node, peer));
        else removed.push(id);
      }
      const self = lag.isSelfChanged ? { self: compileSelf(node), relays: [], ...relaysOf(node) } : {};
      return { kind: 'delta', from, revision: lag.revision, ...self, changed, removed };
    },
  };
};
export type MapCompiler = ReturnType<typeof createMapCompiler>;
