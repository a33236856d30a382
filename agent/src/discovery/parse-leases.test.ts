import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLeases } from './parse-leases.ts';

describe('parseLeases', () => {
  it('reads dnsmasq leases and skips what is none', () => {
    const text = [
      '1790000000 3C:2A:F4:00:00:01 192.168.1.30 printer 01:3c:2a:f4:00:00:01',
      '1790000000 02:6b:5c:00:00:02 192.168.1.101 * *',
      'duid 00:01:00:01:2c:ab',
      '1790000000 12345 fd00::5 laptop 00:01',
      'nonsense',
    ].join('\n');
    expect(parseLeases(text)).toEqual([
      { mac: '3c:2a:f4:00:00:01', address: '192.168.1.30', name: 'printer' },
      { mac: '02:6b:5c:00:00:02', address: '192.168.1.101', name: undefined },
    ]);
  });

  it('takes any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseLeases(text)));
  });
});
