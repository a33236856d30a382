import { NodePatch } from '@sidegate/protocol';
import fc from 'fast-check';
import { is } from 'valibot';
import { expect, test } from 'vitest';
import { makePortalData } from '../../fake/portal-data.ts';
import { parseCode } from './enrolment.ts';
import { parseTags } from './parse-tags.ts';
import { countPaths, selectNodes } from './select-nodes.ts';
import { suggestLabel } from './suggest-label.ts';

const nodes = [...makePortalData(Date.UTC(2026, 0, 1)).nodes.values()];
const edges = nodes.filter(({ role }) => role === 'edge');
const names = (text: string, filter: Parameters<typeof selectNodes>[2]) =>
  selectNodes(edges, text, filter).map(({ name }) => name);

test('online edges come first, then by name', () => {
  expect(names('', 'all')).toEqual(['alder', 'birch', 'dogwood', 'elm', 'cedar-summer-house']);
});

test('edges are found by tag, note, platform and address, and narrowed by state', () => {
  expect(names('north', 'all')).toEqual(['alder', 'birch']);
  expect(names('lindenweg', 'all')).toEqual(['alder']);
  expect(names('100.64.0.10', 'all')).toEqual(['dogwood']);
  expect(names('', 'offline')).toEqual(['cedar-summer-house']);
  expect(names('', 'attention')).toEqual(['alder', 'elm']);
});

test('paths are counted by state', () => {
  expect(countPaths(edges[0]?.paths ?? [])).toEqual({ direct: 1, relayed: 1, down: 0 });
});

test('a code is understood however it is typed', () => {
  expect(['bcdfghjk', 'BCDF GHJK', ' bcdf-ghjk '].map(parseCode)).toEqual(Array(3).fill('BCDF-GHJK'));
  expect(['', 'BCDF', 'BCDF-GHJKL'].map(parseCode)).toEqual([undefined, undefined, undefined]);
});

test('tags are words without doubles', () => {
  expect(parseTags(' North, vip  north,,pool ')).toEqual(['north', 'vip', 'pool']);
});

test('a suggested short name is empty or a valid label, whatever the name', () => {
  expect(suggestLabel('Acmé & Söns GmbH')).toBe('acme-sons-gmbh');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const label = suggestLabel(text);
      return label === '' || is(NodePatch.entries.name, label);
    }),
  );
});
