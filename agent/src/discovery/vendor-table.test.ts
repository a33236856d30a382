import type { Mac } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVendorLookup, isRandomMac } from './vendor-table.ts';

const ARP_SCAN = `# comment
0050C27D5	DEUTA-WERKE GmbH
0050C2	IEEE REGISTRATION AUTHORITY
4447CC	Hangzhou Hikvision Digital Technology Co.,Ltd.
`;
const IEEE = `OUI/MA-L                Organization\r
00-22-72   (hex)\t\tAmerican Micro-Fuel Device Corp.\r
002272     (base 16)\t\tAmerican Micro-Fuel Device Corp.\r
`;
const look = (table: string, mac: string) => createVendorLookup(Buffer.from(table))(mac as Mac);

describe('createVendorLookup', () => {
  it('takes the longest prefix', () => {
    expect(look(ARP_SCAN, '00:50:c2:7d:5f:01')).toBe('DEUTA-WERKE GmbH');
    expect(look(ARP_SCAN, '00:50:c2:00:00:01')).toBe('IEEE REGISTRATION AUTHORITY');
    expect(look(ARP_SCAN, '44:47:cc:30:e1:88')).toBe('Hangzhou Hikvision Digital Technology Co.,Ltd.');
  });

  it("reads IEEE's own format", () => {
    expect(look(IEEE, '00:22:72:00:00:01')).toBe('American Micro-Fuel Device Corp.');
  });

  it('knows nobody behind a made-up or unlisted address', () => {
    expect(look(ARP_SCAN, '02:50:c2:7d:5f:01')).toBeUndefined();
    expect(look(ARP_SCAN, '00:00:01:00:00:01')).toBeUndefined();
    expect(isRandomMac('02:6b:5c:00:00:02' as Mac)).toBe(true);
    expect(isRandomMac('44:47:cc:00:00:02' as Mac)).toBe(false);
  });
});

describe('any table', () => {
  it('is read, and asked for any address', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('4447CC\tHikvision', '0050C27D5\tDEUTA', '\t', '00'));
    fc.assert(
      fc.property(fc.array(line), fc.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/), (lines, mac) => {
        const vendor = look(lines.join('\n'), mac);
        expect(vendor === undefined || vendor.length > 0).toBe(true);
        expect(look(`${lines.join('\n')}\n24A160\tEspressif Inc.`, '24:a1:60:00:00:01')).toBe(
          'Espressif Inc.',
        );
      }),
    );
  });
});
