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

  it('reads what odhcpd writes', () => {
    const text = [
      '# br-lan 3c2af4000001 ipv4 printer 1790000000 c0a8011e 32 192.168.1.30/32',
      '# br-lan 026b5c000002 ipv4 - -1 c0a80165 32 192.168.1.101/32',
      '# br-lan 00030001026b5c000002 2 laptop 1790000000 5 128 fd00::5/128',
      '192.168.1.30\tprinter.lan\tprinter',
    ].join('\n');
    expect(parseLeases(text)).toEqual([
      { mac: '3c:2a:f4:00:00:01', address: '192.168.1.30', name: 'printer' },
      { mac: '02:6b:5c:00:00:02', address: '192.168.1.101', name: undefined },
    ]);
  });

  it("reads ISC dhcpd's file, where the last word on an address counts", () => {
    const lease = (address: string, state: string, name: string) =>
      `lease ${address} {\n  starts 0 2026/11/22 10:00:00;\n  binding state ${state};\n  next binding state free;\n` +
      `  hardware ethernet 3c:2a:f4:00:00:01;\n  client-hostname "${name}";\n}\n`;
    const text = `# written by dhcpd\nauthoring-byte-order little-endian;\n\n${lease('192.168.1.30', 'active', 'old')}${lease('192.168.1.30', 'active', 'printer')}${lease('192.168.1.31', 'free', 'gone')}`;
    expect(parseLeases(text)).toEqual([
      { mac: '3c:2a:f4:00:00:01', address: '192.168.1.30', name: 'printer' },
    ]);
  });

  it("reads Kea's file, whatever columns it has", () => {
    const text = [
      'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id',
      '192.168.1.30,3c:2a:f4:00:00:01,01:3c,4000,1790000000,1,0,0,old,0,,0',
      '192.168.1.30,3c:2a:f4:00:00:01,01:3c,4000,1790000000,1,0,0,printer.,0,,0',
      '192.168.1.31,3c:2a:f4:00:00:02,,4000,1790000000,1,0,0,declined,1,,0',
    ].join('\n');
    expect(parseLeases(text)).toEqual([
      { mac: '3c:2a:f4:00:00:01', address: '192.168.1.30', name: 'printer' },
    ]);
  });

  it('takes any text', () => {
    const start = fc.constantFrom('', 'address,hwaddr,', '# br-lan 3c2af4000001 ipv4 ', 'lease 1.2.3.4 {\n');
    fc.assert(
      fc.property(start, fc.string({ unit: 'binary' }), (head, tail) => void parseLeases(head + tail)),
    );
  });
});
