import { describe, expect, it } from 'vitest';
import type { NftObject, Ruleset } from '../ports/index.ts';
import { planTableChange } from './plan-table-change.ts';

const inTable = { family: 'inet', table: 'sidegate' };
const counter = (name: string): NftObject => ({ counter: { ...inTable, name } });
const map = (...elem: readonly unknown[]): NftObject => ({
  map: { ...inTable, name: 'ports', type: 'inet_service', map: 'counter', flags: ['timeout'], elem },
});
const peers = (elem: readonly unknown[], flags: readonly string[] = []): NftObject => ({
  set: { ...inTable, name: 'peers', type: 'ipv4_addr', flags, elem },
});
const chain: NftObject = { chain: { ...inTable, name: 'door' } };
const ruleset = (...objects: readonly NftObject[]): Ruleset => ({ objects });
const timed = (val: number, timeout: number) => ({ elem: { val, timeout } });

describe('planTableChange', () => {
  it('is nothing where nothing changed', () => {
    const one = ruleset(counter('a'), map([80, 'a']), peers(['10.0.0.1']), chain);
    expect(planTableChange(one, structuredClone(one))).toEqual([]);
  });

  it('removes before it adds, elements before the counters they lead to', () => {
    const before = ruleset(counter('a'), counter('b'), map([80, 'a'], [81, 'b']), chain);
    const next = ruleset(counter('b'), counter('c'), map([81, 'b'], [82, 'c']), chain);
    expect(planTableChange(before, next)).toEqual([
      { delete: { element: { ...inTable, name: 'ports', elem: [80] } } },
      { delete: counter('a') },
      { add: counter('c') },
      { add: { element: { ...inTable, name: 'ports', elem: [[82, 'c']] } } },
    ]);
  });

  it('puts an element anew whose value or time differs', () => {
    const before = ruleset(map([80, 'a'], [timed(81, 60), 'a']), chain);
    const next = ruleset(map([80, 'b'], [timed(81, 30), 'a']), chain);
    expect(planTableChange(before, next)).toEqual([
      { delete: { element: { ...inTable, name: 'ports', elem: [80, 81] } } },
      {
        add: {
          element: {
            ...inTable,
            name: 'ports',
            elem: [
              [80, 'b'],
              [timed(81, 30), 'a'],
            ],
          },
        },
      },
    ]);
  });

  it('fills a set of intervals anew, and leaves one that did not change', () => {
    const [before, next] = [[[1, 2]], [[1, 3], 9]].map((ports) => ruleset(peers(ports, ['interval']), chain));
    expect(planTableChange(before!, next!)).toEqual([
      { flush: { set: { ...inTable, name: 'peers' } } },
      { add: { element: { ...inTable, name: 'peers', elem: [[1, 3], 9] } } },
    ]);
    expect(planTableChange(next!, structuredClone(next!))).toEqual([]);
  });

  it.each([
    ['a chain', ruleset(peers([]), chain), ruleset(peers([]))],
    ['a set more', ruleset(chain), ruleset(peers([]), chain)],
    ['the type of a set', ruleset(peers([])), ruleset(peers([], ['timeout']))],
  ])('leaves %s to a replacement of the table', (_, before, next) => {
    expect(planTableChange(before, next)).toBeUndefined();
  });
});
