/** Live lists in the browser: changed nodes gathered for a moment and sent to whoever may see them. */
import type { Clock } from '@sidegate/kit';
import type { NodeId, PendingEnrolment, PortalEvent, PortalNode, UserId } from '@sidegate/protocol';
import type { PortalActor } from './actor.ts';
import type { Network } from './network.ts';
import type { Node } from './node.ts';
import type { Registry } from './registry.ts';
import { canEnrol, canSeeNode } from './roles.ts';

/** People do not see faster; a fleet that comes online at once costs one message a node. */
const GATHER_MS = 50;

/** The far end of one stream. */
export interface PortalStreamSink {
  send(event: PortalEvent): void;
  close(): void;
}

interface Stream {
  readonly actor: PortalActor;
  readonly sink: PortalStreamSink;
}

/** Creates the streams' keeper. */
export const createPortalStreams = (deps: {
  readonly registry: Registry;
  readonly network: Network;
  readonly clock: Clock;
  readonly show: (node: Node) => PortalNode;
}) => {
  const { registry, network, clock } = deps;
  const streams = new Set<Stream>();
  const dirty = new Set<Node>();
  let isScheduled = false;

  const forEachViewer = (node: Node, call: (stream: Stream) => void): void => {
    for (const stream of streams) {
      const { actor } = stream;
      if (actor.accountId === node.identity.accountId && canSeeNode(actor, node.identity)) call(stream);
    }
  };
  const flush = (): void => {
    isScheduled = false;
    const nodes = [...dirty];
    dirty.clear();
    for (const node of nodes) {
      const data = deps.show(node);
      forEachViewer(node, ({ sink }) => sink.send({ event: 'node.changed', data }));
    }
  };
  network.events.on('node.changed', (node) => {
    if (streams.size === 0) return;
    dirty.add(node);
    if (isScheduled) return;
    isScheduled = true;
    clock.after(GATHER_MS, flush);
  });
  network.events.on('node.removed', (node) => {
    dirty.delete(node);
    forEachViewer(node, ({ sink }) => sink.send({ event: 'node.removed', data: { id: node.id as NodeId } }));
  });

  return {
    /** Sends what changes from now on, until disposed or the session ends. */
    open(actor: PortalActor, expiresAt: number, sink: PortalStreamSink): Disposable {
      const stream: Stream = { actor, sink };
      streams.add(stream);
      const timer = clock.after(Math.max(0, expiresAt - clock.wallMs()), () => sink.close());
      return {
        [Symbol.dispose]: () => {
          streams.delete(stream);
          timer[Symbol.dispose]();
        },
      };
    },
    /** A machine waits. Nobody knows yet for whom: with several accounts only its code leads to it. */
    announce(request: PendingEnrolment): void {
      if (registry.countAccounts() !== 1) return;
      for (const { actor, sink } of streams) {
        if (canEnrol(actor, request.role)) sink.send({ event: 'enrolment.requested', data: request });
      }
    },
    /** Ends the streams of a person whose rights changed: the browser comes back with what is left of them. */
    closeOf(id: UserId): void {
      for (const { actor, sink } of [...streams]) if (actor.id === id) sink.close();
    },
    closeEvery(): void {
      for (const { sink } of [...streams]) sink.close();
    },
  };
};
export type PortalStreams = ReturnType<typeof createPortalStreams>;
