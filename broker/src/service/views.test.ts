import type { NodeId } from '@sidegate/protocol';
import { expect, test } from 'vitest';
import { createViews } from './views.ts';

const [me, a, b] = ['n_me', 'n_a', 'n_b'] as unknown as [NodeId, NodeId, NodeId];

test('a node that has the newest revision lacks nothing', () => {
  const views = createViews(1);
  views.touch(me, a);
  expect(views.lagOf(me, views.revisionOf(me)).kind).toBe('same');
});

test('a node lacks the peers that changed since, each once', () => {
  const views = createViews(1);
  const had = views.revisionOf(me);
  views.touch(me, a);
  views.touch(me, b);
  views.touch(me, a);
  expect(views.lagOf(me, had)).toMatchObject({ kind: 'delta', isSelfChanged: false, peers: [b, a] });
  const between = views.revisionOf(me);
  views.touchSelf(me);
  expect(views.lagOf(me, between)).toMatchObject({ kind: 'delta', isSelfChanged: true, peers: [] });
});

test('a change in one map leaves others as they were', () => {
  const views = createViews(1);
  const had = views.revisionOf(b);
  views.touch(me, a);
  expect(views.lagOf(b, had).kind).toBe('same');
});

test('a node from before the start, from the future or too far behind gets the whole map', () => {
  const views = createViews(2);
  const first = views.revisionOf(me);
  for (let at = 0; at < 600; at++) views.touch(me, `n_${at}` as NodeId);
  expect(views.lagOf(me, 0).kind).toBe('full');
  expect(views.lagOf(me, 1_500).kind).toBe('full');
  expect(views.lagOf(me, views.revisionOf(me) + 1).kind).toBe('full');
  expect(views.lagOf(me, first).kind).toBe('full');
  expect(views.lagOf(me, first + 100).kind).toBe('delta');
});
