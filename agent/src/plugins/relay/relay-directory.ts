/** The broker's directory as what the relay's core asks for each packet. Pure. */
import type { NodeId, PublicKey, RelayDirectory } from '@sidegate/protocol';
import type { BeaconDirectory, NodeRef } from '@sidegate/relay';

/** Nobody. */
export const NO_DIRECTORY: RelayDirectory = { revision: 'none', nodes: [], meets: [] };

/** Makes the look-ups. A group that meets itself is a pair of one and the same. */
export const createDirectory = ({ nodes, meets }: RelayDirectory): BeaconDirectory => {
  const byKey = new Map<PublicKey, NodeRef>(nodes.map(({ id, publicKey }) => [publicKey, { id, publicKey }]));
  const groupOf = new Map<NodeId, number>(nodes.map(({ id, group }) => [id, group]));
  const members = new Map<number, NodeRef[]>();
  for (const { id, publicKey, group } of nodes) {
    const known = members.get(group);
    if (known === undefined) members.set(group, [{ id, publicKey }]);
    else known.push({ id, publicKey });
  }
  const met = new Map<number, Set<number>>();
  const note = (one: number, other: number) => met.set(one, (met.get(one) ?? new Set()).add(other));
  for (const [one, other] of meets) {
    note(one, other);
    note(other, one);
  }
  const metBy = (id: NodeId): Iterable<number> => met.get(groupOf.get(id) ?? -1) ?? [];
  return {
    isNode: (publicKey) => byKey.get(publicKey),
    mayTalk(from, to) {
      const [one, other] = [groupOf.get(from), groupOf.get(to)];
      return from !== to && one !== undefined && other !== undefined && met.get(one)?.has(other) === true;
    },
    *relayCandidates(from) {
      for (const group of metBy(from)) yield* members.get(group) ?? [];
    },
  };
};
