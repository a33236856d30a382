/**
 * The event streams of nodes: map updates gathered for a moment and pushed, punch requests and farewells at once. A
 * stream remembers the revision it sent last, so every node gets exactly what it lacks.
 */
import type { Clock } from '@sidegate/kit';
import type { NodeEvent, NodeId } from '@sidegate/protocol';
import type { Network } from './network.ts';
import type { Node } from './node.ts';
import type { Presence } from './presence.ts';

/** Changes within this time travel together; well below the 100 ms that a push may take. */
const GATHER_MS = 25;
/** A node that reconnects may leave a dead stream behind, not many. */
const STREAMS_PER_NODE = 2;

/** The far end of one stream. */
export interface NodeStreamSink {
  send(event: NodeEvent): void;
  /** A sign of life. */
  touch(): void;
  /** Ends the stream. */
  close(): void;
}

interface Stream {
  readonly sink: NodeStreamSink;
  sentRevision: number;
}

/** Creates the streams' keeper. */
export const createNodeStreams = (deps: {
  readonly network: Network;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly brokerBootId: string;
}) => {
  const { network, presence, clock } = deps;
  const streams = new Map<NodeId, Set<Stream>>();
  const dirty = new Set<Node>();
  let isScheduled = false;

  const flushStream = (node: Node, stream: Stream): void => {
    const update = network.updateSince(node, stream.sentRevision);
    if (update.kind === 'same') return;
    stream.sentRevision = update.kind === 'full' ? update.map.revision : update.revision;
    stream.sink.send({ event: 'map', data: update });
  };
  const flush = (): void => {
    isScheduled = false;
    const nodes = [...dirty];
    dirty.clear();
    for (const node of nodes) for (const stream of streams.get(node.id) ?? []) flushStream(node, stream);
  };
  network.events.on('view.changed', (node) => {
    if (!streams.has(node.id)) return;
    dirty.add(node);
    if (isScheduled) return;
    isScheduled = true;
    clock.after(GATHER_MS, flush);
  });

  const closeAll = (id: NodeId): void => {
    for (const { sink } of [...(streams.get(id) ?? [])]) sink.close();
  };
  network.events.on('node.removed', (node) => {
    dirty.delete(node);
    for (const { sink } of streams.get(node.id) ?? []) {
      sink.send({ event: 'revoked', data: { reason: 'The node was removed from its account.' } });
    }
    closeAll(node.id);
  });

  return {
    /**
     * Greets a node and keeps it up to date until disposed. `hasRevision` is that of the map it has, where it said so;
     * without it the node compares with the greeting and checks in where they differ.
     */
    open(node: Node, hasRevision: number | undefined, sink: NodeStreamSink): Disposable {
      const own = streams.get(node.id) ?? new Set<Stream>();
      if (own.size >= STREAMS_PER_NODE) [...own][0]!.sink.close();
      const alive = presence.streamOpened(node);
      const revision = network.revisionOf(node);
      const stream: Stream = { sink, sentRevision: hasRevision ?? revision };
      streams.set(node.id, own.add(stream));
      sink.send({ event: 'hello', data: { brokerBootId: deps.brokerBootId, revision } });
      flushStream(node, stream);
      return {
        [Symbol.dispose]: () => {
          if (!own.delete(stream)) return;
          if (own.size === 0 && streams.get(node.id) === own) streams.delete(node.id);
          alive[Symbol.dispose]();
        },
      };
    },
    has: (id: NodeId): boolean => streams.has(id),
    /** The node got this revision by other means: pushing it again would only be a delta against the past. */
    noteHas(id: NodeId, revision: number): void {
      for (const stream of streams.get(id) ?? [])
        stream.sentRevision = Math.max(stream.sentRevision, revision);
    },
    /** Answers a check-in on the stream as well: a node that hears nothing there knows that its stream is dead. */
    touch(id: NodeId): void {
      for (const { sink } of streams.get(id) ?? []) sink.touch();
    },
    /** The node says that it goes: peers need not wait until its silence tells. */
    leave(node: Node): void {
      closeAll(node.id);
      presence.left(node);
    },
    /** Sends to every stream of the node. */
    send(id: NodeId, event: NodeEvent): void {
      for (const { sink } of streams.get(id) ?? []) sink.send(event);
    },
    /** Ends all streams: the broker stops. */
    closeEvery(): void {
      for (const id of [...streams.keys()]) closeAll(id);
    },
  };
};
export type NodeStreams = ReturnType<typeof createNodeStreams>;
