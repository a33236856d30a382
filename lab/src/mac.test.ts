import { describe, expect, it } from 'vitest';
import { macOf } from './mac.ts';

describe('macOf', () => {
  it('keeps the vendor prefix and derives the rest from the id', () => {
    expect(macOf('hikvision', 'alder/camera')).toMatch(/^44:47:cc(:[0-9a-f]{2}){3}$/);
    expect(macOf('hikvision', 'alder/camera')).toBe(macOf('hikvision', 'alder/camera'));
    expect(macOf('hikvision', 'birch/camera')).not.toBe(macOf('hikvision', 'alder/camera'));
  });
});
