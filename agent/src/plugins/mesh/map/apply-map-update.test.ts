import type { MapPeer, MapUpdate, NetworkMap, NodeId } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyMapUpdate, materialPart } from './apply-map-update.ts';

const peer = (id: string, more: Partial<MapPeer> = {}): MapPeer =>
  ({
    id: id as NodeId,
    name: id,
    online: true,
    nat: 'unknown',
    candidates: [],
    ...more,
  }) as unknown as MapPeer;
const mapOf = (revision: number, ids: readonly string[]): NetworkMap =>
  ({
    revision,
    self: { id: 'me', nat: 'unknown' },
    peers: ids.map((id) => peer(id)),
  }) as unknown as NetworkMap;
const delta = (
  from: number,
  revision: number,
  changed: readonly MapPeer[] = [],
  removed: readonly string[] = [],
): MapUpdate => ({ kind: 'delta', from, revision, changed: [...changed], removed: removed as NodeId[] });

describe('applying an update', () => {
  test('a whole map replaces everything', () => {
    const map = mapOf(7, ['b']);
    expect(applyMapUpdate(mapOf(9, ['a']), { kind: 'full', map })).toEqual({ kind: 'changed', map });
    expect(applyMapUpdate(undefined, { kind: 'full', map })).toEqual({ kind: 'changed', map });
  });

  test('a delta changes, adds and removes', () => {
    const outcome = applyMapUpdate(
      mapOf(1, ['a', 'b']),
      delta(1, 2, [peer('b', { online: false }), peer('c')], ['a']),
    );
    expect(outcome).toEqual({
      kind: 'changed',
      map: { ...mapOf(2, []), peers: [peer('b', { online: false }), peer('c')] },
    });
  });

  test('a delta for another revision is a mismatch, one already seen is nothing new', () => {
    expect(applyMapUpdate(mapOf(5, []), delta(3, 6)).kind).toBe('mismatch');
    expect(applyMapUpdate(mapOf(5, []), delta(6, 7)).kind).toBe('mismatch');
    expect(applyMapUpdate(mapOf(5, []), delta(3, 4)).kind).toBe('unchanged');
    expect(applyMapUpdate(undefined, delta(1, 2)).kind).toBe('mismatch');
  });

  test('“nothing new” counts for the revision we have only', () => {
    expect(applyMapUpdate(mapOf(5, []), { kind: 'same', revision: 5 }).kind).toBe('unchanged');
    expect(applyMapUpdate(mapOf(5, []), { kind: 'same', revision: 6 }).kind).toBe('mismatch');
    expect(applyMapUpdate(undefined, { kind: 'same', revision: 5 }).kind).toBe('mismatch');
  });

  test('deltas one by one give what the whole map says', () => {
    const steps = fc.array(fc.record({ put: fc.subarray([...'abcdef']), drop: fc.subarray([...'abcdef']) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(steps, (history) => {
        let map = mapOf(1, []);
        const expected = new Set<string>();
        for (const { put, drop } of history) {
          const removed = drop.filter((id) => !put.includes(id));
          for (const id of removed) expected.delete(id);
          for (const id of put) expected.add(id);
          const outcome = applyMapUpdate(
            map,
            delta(
              map.revision,
              map.revision + 1,
              put.map((id) => peer(id)),
              removed,
            ),
          );
          if (outcome.kind === 'changed') map = outcome.map;
        }
        expect(map.revision).toBe(history.length + 1);
        expect(map.peers.map(({ id }) => id)).toEqual([...expected].sort());
      }),
    );
  });
});

test('presence, endpoints and revisions are not worth a write; a new peer is', () => {
  const map = mapOf(1, ['a']);
  expect(materialPart({ ...map, revision: 9, peers: [peer('a', { online: false, nat: 'symmetric' })] })).toBe(
    materialPart(map),
  );
  expect(materialPart(mapOf(1, ['a', 'b']))).not.toBe(materialPart(map));
});
