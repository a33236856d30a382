/**
 * The one place where the registry changes. Every change is followed by what it means for others: whose map it is in,
 * who comes into or goes out of whose map, who now shares a public address with whom; and is told to the portal.
 */
import { createEmitter } from '@sidegate/kit';
import type { MapUpdate, NodeId } from '@sidegate/protocol';
import { isSameSite, siteIp4 } from './candidates.ts';
import { candidateSourceOf, type MapCompiler } from './network-map.ts';
import { isRelaying, type Node } from './node.ts';
import type { Person, Registry } from './registry.ts';
import type { Views } from './views.ts';

/** What happened. */
export interface NetworkEvents {
  'node.changed': Node;
  'node.removed': Node;
  /** The node's map has a new revision. */
  'view.changed': Node;
}

/** What may be replaced in a node. */
export type NodePatch = Partial<Pick<Node, 'identity' | 'report' | 'presence' | 'mapping' | 'hosts'>>;

/** What peers see of a node: equal text, nothing to tell them. */
const faceOf = (node: Node): string => {
  const { publicKey, name, tags, ownerId } = node.identity;
  const { nat, reflexive } = node.mapping;
  return JSON.stringify([
    publicKey,
    name,
    tags,
    ownerId,
    node.presence.isOnline,
    nat,
    reflexive,
    node.report.candidates,
    node.report.relays,
    node.hosts,
  ]);
};
/** What every map of the account says of a relay; nothing where it is none. */
const relayFaceOf = (node: Node): string =>
  isRelaying(node) ? JSON.stringify([node.identity.name, node.identity.relay]) : '';
/** What a node's own map says of it. */
const selfFaceOf = ({ identity, mapping, hosts }: Node): string =>
  JSON.stringify([identity.name, identity.tags, mapping.nat, mapping.reflexive, hosts]);

/** Creates the writer over a registry. `onError` hears of listeners that threw. */
export const createNetwork = (
  registry: Registry,
  views: Views,
  compiler: MapCompiler,
  onError: (error: unknown) => void,
) => {
  const events = createEmitter<NetworkEvents>(onError);

  const touch = (viewer: Node, peer: NodeId): void => {
    views.touch(viewer.id, peer);
    events.emit('view.changed', viewer);
  };
  const touchSelf = (node: Node): void => {
    views.touchSelf(node.id);
    events.emit('view.changed', node);
  };

  /** Runs `change`, which may alter whom `nodes` meet, and tells both sides of every pair that it did alter. */
  const reshape = (nodes: readonly Node[], change: () => void): void => {
    const before = nodes.map((node) => new Set(registry.find(node.id) ? registry.peersOf(node) : []));
    change();
    nodes.forEach((node, at) => {
      const after = new Set(registry.find(node.id) ? registry.peersOf(node) : []);
      for (const peer of new Set([...before[at]!, ...after])) {
        touch(peer, node.id);
        if (before[at]!.has(peer) !== after.has(peer)) touch(node, peer.id);
      }
    });
  };

  /** The relays in the maps of a node's account changed. */
  const touchAccount = (node: Node): void => {
    for (const other of registry.nodesOf(node.identity.accountId)) if (other !== node) touchSelf(other);
  };

  /** LAN candidates are for nodes behind one public address: a node that moved sees those of others anew. */
  const touchSites = (node: Node, before: Node['mapping']): void => {
    if (siteIp4(before) === siteIp4(node.mapping)) return;
    const [was, is] = [{ ...before, reported: [] }, candidateSourceOf(node)];
    for (const peer of registry.peersOf(node)) {
      const source = candidateSourceOf(peer);
      if (isSameSite(was, source) || isSameSite(is, source)) touch(node, peer.id);
    }
  };

  return {
    events,

    add(node: Node): void {
      reshape([node], () => registry.index(node));
      events.emit('node.changed', node);
    },

    remove(node: Node): void {
      reshape([node], () => {
        registry.unindex(node);
        registry.revokeToken(node.identity.tokenHash);
      });
      views.forget(node.id);
      if (relayFaceOf(node) !== '') touchAccount(node);
      events.emit('node.removed', node);
    },

    change(node: Node, patch: NodePatch): void {
      // A check-in may end after its node was removed.
      if (registry.find(node.id) !== node) return;
      const { mapping } = node;
      const selfFace = selfFaceOf(node);
      const relayFace = relayFaceOf(node);
      const isSeen = faceOf({ ...node, ...patch }) !== faceOf(node);
      const apply = (): void => {
        if (patch.identity !== undefined) registry.unindex(node);
        Object.assign(node, patch);
        if (patch.identity !== undefined) registry.index(node);
      };
      if (isSeen && patch.identity !== undefined) reshape([node], apply);
      else apply();
      if (isSeen && patch.identity === undefined) {
        for (const peer of registry.peersOf(node)) touch(peer, node.id);
      }
      if (selfFaceOf(node) !== selfFace) touchSelf(node);
      touchSites(node, mapping);
      if (relayFaceOf(node) !== relayFace) touchAccount(node);
      events.emit('node.changed', node);
    },

    /** A person came, has another name or role, or is gone (`undefined`): what their nodes reach changes. */
    changePerson(id: Person['id'], person: Person | undefined): void {
      const known = person ?? registry.person(id);
      const nodes = known === undefined ? [] : registry.ownedBy(known);
      reshape(nodes, () => {
        if (person === undefined) registry.removePerson(id);
        else registry.setPerson(person);
      });
      for (const node of nodes) events.emit('node.changed', node);
    },

    revisionOf: (node: Node): number => views.revisionOf(node.id),
    /** What brings a node with a map of this revision up to date. */
    updateSince: (node: Node, revision: number): MapUpdate =>
      compiler.compileUpdate(node, revision, views.lagOf(node.id, revision)),
  };
};
export type Network = ReturnType<typeof createNetwork>;
