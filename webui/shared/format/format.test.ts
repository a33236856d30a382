import { expect, test } from 'vitest';
import { createTranslate } from '../i18n/translate.ts';
import { formatBytes, formatRelative, formatRtt } from './format.ts';

test('bytes are rounded to what a person reads', () => {
  expect([0, 999, 1000, 1536, 98_700, 999_600, 1_930_554_221].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.5 kB',
    '98.7 kB',
    '1.0 MB',
    '1.9 GB',
  ]);
});

test('round trips keep a digit only where it matters', () => {
  expect([0.345, 9.94, 23.4].map(formatRtt)).toEqual(['0.3 ms', '9.9 ms', '23 ms']);
});

test('moments are relative to now, in both directions', () => {
  const now = Date.UTC(2026, 0, 10);
  const at = (agoSec: number) => formatRelative(now - agoSec * 1000, now);
  expect([at(3), at(40), at(90), at(3 * 3600), at(86_400), at(-7200)]).toEqual([
    'just now',
    '40 seconds ago',
    '1 minute ago',
    '3 hours ago',
    'yesterday',
    'in 2 hours',
  ]);
});

test('texts are filled in and have a singular', () => {
  const t = createTranslate({ hosts: '{n} host on {net} || {n} hosts on {net}', plain: 'as it is' });
  expect(t('hosts', { n: 1, net: 'lan' })).toBe('1 host on lan');
  expect(t('hosts', { n: 0, net: 'lan' })).toBe('0 hosts on lan');
  expect(t('hosts', { n: 2 })).toBe('2 hosts on {net}');
  expect(t('plain')).toBe('as it is');
});

test('a value is never read as a template', () => {
  const t = createTranslate({ named: 'Remove {name}?' });
  expect(t('named', { name: '{name} || $& <b>' })).toBe('Remove {name} || $& <b>?');
});
