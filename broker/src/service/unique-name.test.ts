import { DnsLabel } from '@sidegate/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { uniqueName } from './unique-name.ts';

test('a free name is taken as it is, a taken one gets a number', () => {
  const wished = 'home' as DnsLabel;
  expect(uniqueName(wished, new Set())).toBe('home');
  expect(uniqueName(wished, new Set(['home']))).toBe('home-2');
  expect(uniqueName(wished, new Set(['home', 'home-2', 'home-3']))).toBe('home-4');
});

test('whatever is wished and taken, the name is free and a label', () => {
  const label = fc
    .stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
    .map((text) => v.parse(DnsLabel, text));
  fc.assert(
    fc.property(label, fc.nat(12), (wished, count) => {
      const taken = new Set<string>();
      for (let at = 0; at < count; at++) taken.add(uniqueName(wished, taken));
      const name = uniqueName(wished, taken);
      expect(taken.has(name)).toBe(false);
      expect(v.is(DnsLabel, name)).toBe(true);
    }),
  );
});
