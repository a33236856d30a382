import { DnsLabel } from '@sidegate/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { chooseHostLabel } from './host-label.ts';

describe('chooseHostLabel', () => {
  it.each([
    ['camera', 'camera'],
    ['Front Door (Küche)', 'front-door-kuche'],
    ['Weiße_Kamera.local', 'weisse-kamera-local'],
    ['カメラ', 'host-20'],
    ['---', 'host-20'],
  ])('makes of %s %s', (text, label) => {
    expect(chooseHostLabel(text, 'host-20', () => false)).toBe(label);
  });

  it('is a DNS label that is not taken, whatever a device calls itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(3), (text, count) => {
        const taken = new Set<string>();
        for (let time = 0; time <= count; time++) {
          const label = chooseHostLabel(text, 'host', (one) => taken.has(one));
          expect(v.is(DnsLabel, label)).toBe(true);
          expect(taken.has(label)).toBe(false);
          taken.add(label);
        }
      }),
    );
  });
});
