import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizeText } from './sanitize-text.ts';

describe('sanitizeText', () => {
  it('gives one bounded line without control, direction or invisible characters, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 100 }), (text, maxLength) => {
        const clean = sanitizeText(text, maxLength);
        if (clean === undefined) return;
        expect(clean.length).toBeGreaterThan(0);
        expect(clean.length).toBeLessThanOrEqual(maxLength);
        expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(clean.trim()).toBe(clean);
        expect(sanitizeText(clean, maxLength)).toBe(clean);
      }),
    );
  });

  it.each([
    ['  Front\tdoor \r\n', 'Front door'],
    ['\u202efdp.exe', 'fdp.exe'],
    ['\u0000\u001b[31mred', '[31mred'],
    ['Küche 2', 'Küche 2'],
    ['\ud800', undefined],
    ['', undefined],
  ])('%j becomes %j', (text, clean) => {
    expect(sanitizeText(text)).toBe(clean);
  });

  it('does not cut a character in half', () => {
    expect(sanitizeText('ab😀', 3)).toBe('ab');
  });
});
