import type { Ip } from '@sidegate/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { replaceHostsBlock } from './hosts-block.ts';

const entry = (name: string, address = '100.64.0.2') => ({ name, address: address as Ip });
const HOSTS = '127.0.0.1 localhost\n# mine\n';

it('appends a block and replaces it whole', () => {
  const first = replaceHostsBlock(HOSTS, [entry('home.acme.sidegate.internal')]);
  expect(first).toBe(
    `${HOSTS}# BEGIN sidegate (written by the agent; changes in here are lost)\n` +
      '100.64.0.2 home.acme.sidegate.internal\n# END sidegate\n',
  );
  const second = replaceHostsBlock(first, [entry('other.acme.sidegate.internal', 'fd00::3')]);
  expect(second).not.toContain('home.acme');
  expect(second.match(/BEGIN sidegate/g)).toHaveLength(1);
});

it('refuses names that would write lines of their own', () => {
  const text = replaceHostsBlock(HOSTS, [
    entry('a\n10.0.0.1 bank.example'),
    entry('x y'),
    entry('#'),
    entry('good'),
  ]);
  expect(text).toContain('100.64.0.2 good\n');
  expect(text).not.toContain('bank');
});

it('keeps lines that a person added behind the block, and those of a block that was cut short', () => {
  const text = replaceHostsBlock(HOSTS, [entry('a.b')]);
  expect(replaceHostsBlock(`${text}10.0.0.9 nas\n`, [])).toBe(`${HOSTS}10.0.0.9 nas\n`);
  expect(replaceHostsBlock(text.replace('# END sidegate\n', '10.0.0.9 nas\n'), [])).toContain(
    '10.0.0.9 nas\n',
  );
});

const line = fc.oneof(fc.string(), fc.constantFrom('127.0.0.1 localhost', '# END sidegate', '', '\r'));
const file = fc.array(line).map((lines) => lines.join('\n'));
const names = fc.array(
  fc.constantFrom('a', 'b.c', 'x-y.z').map((name) => entry(name)),
  { minLength: 1 },
);

it('gives back every file byte for byte, however often it was written', () => {
  fc.assert(
    fc.property(file, names, names, (text, one, other) => {
      const written = replaceHostsBlock(replaceHostsBlock(text, one), other);
      expect(written.startsWith(text)).toBe(true);
      expect(replaceHostsBlock(written, other)).toBe(written);
      expect(replaceHostsBlock(written, [])).toBe(text);
    }),
  );
});
