import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArpScanLine } from './parse-arp-scan.ts';

const octet = fc.nat(255);

describe('parseArpScanLine', () => {
  it.each([
    ['192.168.1.20\t44:47:CC:30:e1:88', { address: '192.168.1.20', mac: '44:47:cc:30:e1:88' }],
    ['192.168.1.1\t54:a7:03:19:89:79 (DUP: 2)', { address: '192.168.1.1', mac: '54:a7:03:19:89:79' }],
    [
      '10.0.0.1\tdc:a6:32:00:00:01\tRaspberry Pi Trading Ltd',
      { address: '10.0.0.1', mac: 'dc:a6:32:00:00:01' },
    ],
  ])('%s', (line, device) => {
    expect(parseArpScanLine(line)).toEqual(device);
  });

  it.each([
    'Interface: eth0, type: EN10MB, MAC: 02:00:00:00:00:01, IPv4: 192.168.1.2',
    '3 packets received by filter, 0 packets dropped by kernel',
    '192.168.1.300\t44:47:cc:30:e1:88',
    '224.0.0.1\t44:47:cc:30:e1:88',
    '192.168.1.9\tff:ff:ff:ff:ff:ff',
    '192.168.1.9\t00:00:00:00:00:00',
    '192.168.1.9\t44:47:cc:30:e1',
    '',
  ])('says nothing to %j', (line) => {
    expect(parseArpScanLine(line)).toBeUndefined();
  });

  it('reads back every device a line can name', () => {
    const unicastMac = fc
      .tuple(octet, octet, octet, octet, octet, octet)
      .map(([first, ...rest]) => [first & 0xfe, ...rest])
      .filter((bytes) => bytes.some((byte) => byte !== 0));
    fc.assert(
      fc.property(octet, fc.integer({ min: 1, max: 254 }), unicastMac, (third, fourth, bytes) => {
        const address = `192.168.${third}.${fourth}`;
        const mac = bytes.map((byte) => byte!.toString(16).padStart(2, '0')).join(':');
        expect(parseArpScanLine(`${address}\t${mac.toUpperCase()}\tVendor: ${address}`)).toEqual({
          address,
          mac,
        });
      }),
    );
  });

  it('takes any line', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void parseArpScanLine(line)));
  });
});
