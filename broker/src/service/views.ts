/**
 * Revisions of every node's network map. A view remembers which peers changed at which revision, not how: a delta is
 * made of the present state of those peers, so that any number of changes to one of them costs one entry, and applying
 * a delta twice does no harm. A node that is too far behind, or from before the broker's start, gets the whole map.
 */
import type { NodeId } from '@sidegate/protocol';

/** Changed peers remembered for one node; beyond it the oldest is forgotten and deltas reach less far back. */
const HISTORY_MAX = 512;

interface View {
  revision: number;
  /** Deltas reach back to this revision. */
  oldest: number;
  selfChangedAt: number;
  /** Last revision of each changed peer, oldest first. */
  readonly changed: Map<NodeId, number>;
}

/** What a node lacks. */
export type Lag =
  | { readonly kind: 'same'; readonly revision: number }
  | {
      readonly kind: 'delta';
      readonly revision: number;
      readonly isSelfChanged: boolean;
      readonly peers: readonly NodeId[];
    }
  | { readonly kind: 'full'; readonly revision: number };

/** `startWallMs` makes revisions of this run higher than those of the runs before. */
export const createViews = (startWallMs: number) => {
  let revision = startWallMs * 1000;
  const views = new Map<NodeId, View>();

  const viewOf = (id: NodeId): View => {
    let view = views.get(id);
    if (view === undefined) {
      view = { revision, oldest: revision, selfChangedAt: 0, changed: new Map() };
      views.set(id, view);
    }
    return view;
  };

  return {
    /** Notes that `peer` changed in the map of `id`: it came, went, or says something new. */
    touch(id: NodeId, peer: NodeId): void {
      const view = viewOf(id);
      view.revision = ++revision;
      view.changed.delete(peer);
      view.changed.set(peer, view.revision);
      if (view.changed.size <= HISTORY_MAX) return;
      const [forgotten, at] = view.changed.entries().next().value!;
      view.changed.delete(forgotten);
      view.oldest = at;
    },
    /** Notes that what the map of `id` says of itself changed. */
    touchSelf(id: NodeId): void {
      const view = viewOf(id);
      view.revision = ++revision;
      view.selfChangedAt = view.revision;
    },
    revisionOf: (id: NodeId): number => viewOf(id).revision,
    /** What a node with a map of revision `has` lacks. */
    lagOf(id: NodeId, has: number): Lag {
      const view = viewOf(id);
      if (has === view.revision) return { kind: 'same', revision: view.revision };
      if (has < view.oldest || has > view.revision) return { kind: 'full', revision: view.revision };
      const peers = [...view.changed].filter(([, at]) => at > has).map(([peer]) => peer);
      return { kind: 'delta', revision: view.revision, isSelfChanged: view.selfChangedAt > has, peers };
    },
    forget: (id: NodeId): void => void views.delete(id),
  };
};
export type Views = ReturnType<typeof createViews>;
