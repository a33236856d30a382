/** Who is there: seen within two check-ins, or with an open event stream. Writes `node.presence` and nothing else does. */
import type { Clock } from '@sidegate/kit';
import type { NodeId } from '@sidegate/protocol';
import type { Network } from './network.ts';
import type { Node } from './node.ts';
import type { Registry } from './registry.ts';

/** How often to look for silence. */
export const PRESENCE_SWEEP_MS = 5_000;

/** Creates the watch; `checkInSec` is what nodes are told. */
export const createPresence = (deps: {
  readonly registry: Registry;
  readonly network: Network;
  readonly clock: Clock;
  readonly checkInSec: number;
}) => {
  const { registry, network, clock } = deps;
  const silentAfterMs = 2 * deps.checkInSec * 1000;
  const streams = new Map<NodeId, number>();
  const online = new Set<Node>();

  const isSilent = (node: Node): boolean =>
    (streams.get(node.id) ?? 0) === 0 && clock.monoMs() - node.presence.seenMonoMs >= silentAfterMs;

  const setOnline = (node: Node, isOnline: boolean): void => {
    if (isOnline) online.add(node);
    else online.delete(node);
    network.change(node, { presence: { ...node.presence, isOnline } });
  };

  const seen = (node: Node): void => {
    node.presence = { ...node.presence, lastSeenAt: clock.wallMs(), seenMonoMs: clock.monoMs() };
    if (!node.presence.isOnline) setOnline(node, true);
  };

  return {
    /** A sign of life from the node itself. */
    seen,
    /** The node opened an event stream; disposed when it ends. */
    streamOpened(node: Node): Disposable {
      streams.set(node.id, (streams.get(node.id) ?? 0) + 1);
      seen(node);
      return {
        [Symbol.dispose]: () => {
          const left = (streams.get(node.id) ?? 1) - 1;
          if (left > 0) streams.set(node.id, left);
          else streams.delete(node.id);
          if (registry.find(node.id) === node) seen(node);
        },
      };
    },
    /** The node said so itself. Its next sign of life takes it back. */
    left(node: Node): void {
      node.presence = { ...node.presence, seenMonoMs: Number.NEGATIVE_INFINITY };
      if (node.presence.isOnline) setOnline(node, false);
    },
    /** Nodes seen shortly before a restart of the broker count as online until they prove otherwise. */
    adoptLoaded(): void {
      for (const node of registry.all()) if (!isSilent(node)) setOnline(node, true);
    },
    /** Looks for silence; call every `PRESENCE_SWEEP_MS`. */
    sweep(): void {
      for (const node of [...online]) {
        if (registry.find(node.id) !== node) online.delete(node);
        else if (isSilent(node)) setOnline(node, false);
      }
    },
  };
};
export type Presence = ReturnType<typeof createPresence>;
