/** Writes what was observed of nodes now and then, in bulk: a check-in must not cost a write, a restart little truth. */
import type { NodeObservation } from '../store/node-store.ts';
import type { Store } from '../store/store.ts';
import type { Network } from './network.ts';
import type { Node } from './node.ts';
import type { Registry } from './registry.ts';

/** Endpoints and the like: soon. */
export const OBSERVATIONS_FLUSH_MS = 5_000;
/** Nodes that are merely alive: seldom. */
export const LAST_SEEN_FLUSH_MS = 15 * 60_000;
/** Rows in one transaction: it blocks others for some milliseconds only. */
const BATCH = 200;

const observationOf = (node: Node): NodeObservation => ({
  id: node.id,
  lastSeenAt: node.presence.lastSeenAt,
  endpoint: node.mapping.reflexive.find((seen) => seen !== undefined) ?? null,
  nat: node.mapping.nat,
  agentVersion: node.identity.agentVersion,
});

/** What is worth writing soon. */
const gistOf = ({ endpoint, nat, agentVersion }: NodeObservation): string =>
  `${endpoint} ${nat} ${agentVersion}`;

/** Creates the lazy writer. */
export const createObservations = (store: Store, registry: Registry, network: Network) => {
  const written = new WeakMap<Node, NodeObservation>();
  const dirty = new Set<Node>();
  const isNews = (node: Node): boolean => {
    const last = written.get(node);
    return last === undefined || gistOf(last) !== gistOf(observationOf(node));
  };
  network.events.on('node.changed', (node) => {
    // The first word of a node is that it was enrolled, and its row is fresh.
    if (!written.has(node)) written.set(node, observationOf(node));
    else if (isNews(node)) dirty.add(node);
  });
  network.events.on('node.removed', (node) => void dirty.delete(node));

  const write = async (nodes: readonly Node[]): Promise<void> => {
    for (let at = 0; at < nodes.length; at += BATCH) {
      const batch = nodes.slice(at, at + BATCH).map((node) => ({ node, observation: observationOf(node) }));
      await store.transaction((tables) => tables.nodes.observe(batch.map(({ observation }) => observation)));
      for (const { node, observation } of batch) {
        written.set(node, observation);
        if (!isNews(node)) dirty.delete(node);
      }
    }
  };

  return {
    /** After loading: what is in memory is what is in the database. */
    adoptLoaded(): void {
      for (const node of registry.all()) written.set(node, observationOf(node));
    },
    /** Writes changed endpoints; a node whose write fails, or that changes meanwhile, stays for the next time. */
    flushChanged: (): Promise<void> => write([...dirty]),
    /** Writes every node seen since its last write. */
    flushSeen: (): Promise<void> =>
      write([...registry.all()].filter((node) => written.get(node)?.lastSeenAt !== node.presence.lastSeenAt)),
  };
};
