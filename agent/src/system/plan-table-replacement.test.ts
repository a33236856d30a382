import { expect, it } from 'vitest';
import type { NftObject } from '../ports/index.ts';
import { planTableReplacement } from './plan-table-replacement.ts';

const TABLE = { family: 'inet', name: 'sidegate' };
const inTable = { family: 'inet', table: 'sidegate' };
const named = (kind: string, name: string, rest: object = {}): NftObject => ({
  [kind]: { ...inTable, name, ...rest },
});

it('takes out rules, elements and what is to look otherwise; all else stays', () => {
  const hook = { type: 'filter', hook: 'input', prio: 0, policy: 'accept' };
  const ports = { type: 'inet_service', map: 'counter', flags: ['timeout'] };
  const present = [
    { metainfo: { version: '1.0.6' } },
    { table: { ...TABLE, handle: 7 } },
    named('counter', 'a', { handle: 1, packets: 5, bytes: 500 }),
    named('counter', 'b', { handle: 2, packets: 6, bytes: 600 }),
    named('map', 'ports', { handle: 3, ...ports }),
    named('set', 'peers', { handle: 6, type: 'ipv4_addr' }),
    named('chain', 'door', { handle: 4, prio: 0, policy: 'accept', type: 'filter', hook: 'input' }),
    named('chain', 'window', { handle: 8 }),
    { rule: { ...inTable, chain: 'door', handle: 5, expr: [] } },
  ];
  const next = [
    { table: TABLE },
    named('counter', 'b'),
    named('counter', 'c'),
    named('map', 'ports', { ...ports, elem: [[80, 'b']] }),
    named('set', 'peers', { type: 'ipv6_addr' }),
    named('chain', 'door', hook),
  ];
  expect(planTableReplacement(TABLE, present, { objects: next })).toEqual([
    { add: { table: TABLE } },
    { flush: { table: TABLE } },
    { flush: named('map', 'ports') },
    { flush: named('set', 'peers') },
    { delete: named('chain', 'window') },
    { delete: named('set', 'peers') },
    { delete: named('counter', 'a') },
    { add: { table: TABLE } },
    ...[2, 3, 4, 5].map((at) => ({ add: next[at] })),
  ]);
});

it('makes the table where there is none', () => {
  const next = [{ table: TABLE }, named('counter', 'a')];
  expect(planTableReplacement(TABLE, [], { objects: next })).toEqual([
    { add: { table: TABLE } },
    { flush: { table: TABLE } },
    { add: { table: TABLE } },
    { add: named('counter', 'a') },
  ]);
});

it('leaves a table with things that are not ours to be deleted whole', () => {
  expect(planTableReplacement(TABLE, [named('quota', 'theirs')], { objects: [] })).toBeUndefined();
});
