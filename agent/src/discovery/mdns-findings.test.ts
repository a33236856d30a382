import type { Ip4 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMdnsCollector, type MdnsRecord, SERVICES_QUERY } from './mdns-findings.ts';

const PRINTER = '192.168.1.30' as Ip4;
const INSTANCE = 'Brother HL-L2350DW._ipp._tcp.local';
const RECORDS: MdnsRecord[] = [
  { name: '_ipp._tcp.local', type: 'PTR', data: INSTANCE },
  { name: INSTANCE, type: 'SRV', data: { port: 631, target: 'printer.local', priority: 0, weight: 0 } },
  { name: INSTANCE, type: 'TXT', data: [Buffer.from('txtvers=1'), Buffer.from('ty=Brother HL-L2350DW')] },
  { name: 'printer.local', type: 'A', data: PRINTER },
];
const FINDING = {
  address: PRINTER,
  service: { protocol: 'tcp', port: 631, name: 'ipp', scheme: 'http' },
  fields: {
    'mdns-type': '_ipp._tcp',
    'mdns-name': 'Brother HL-L2350DW',
    'mdns-host': 'printer',
    'mdns-model': 'Brother HL-L2350DW',
  },
};
const collector = () => createMdnsCollector((address) => address.startsWith('192.168.1.'));

describe('the collector of announcements', () => {
  it('comes to the same in whatever order records arrive', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(RECORDS, { minLength: RECORDS.length }), (records) => {
        const collect = collector();
        const findings = records.flatMap((record) => collect.add([record], PRINTER).findings);
        expect(findings.at(-1)).toEqual(FINDING);
      }),
    );
  });

  it('asks for what is missing', () => {
    const collect = collector();
    expect(
      collect.add([{ name: SERVICES_QUERY, type: 'PTR', data: '_axis-video._tcp.local' }], PRINTER),
    ).toEqual({
      findings: [],
      questions: [{ name: '_axis-video._tcp.local', type: 'PTR' }],
    });
    expect(collect.add(RECORDS.slice(0, 1), PRINTER).questions).toEqual([
      { name: INSTANCE, type: 'SRV' },
      { name: INSTANCE, type: 'TXT' },
    ]);
  });

  it('believes the A record before the sender, who may only repeat, but not an address elsewhere', () => {
    expect(
      collector()
        .add(RECORDS, '192.168.1.1' as Ip4)
        .findings.at(-1)?.address,
    ).toBe(PRINTER);
    const elsewhere = [...RECORDS.slice(0, 3), { name: 'printer.local', type: 'A', data: '8.8.8.8' }];
    expect(collector().add(elsewhere, PRINTER).findings.at(-1)?.address).toBe(PRINTER);
    expect(collector().add(RECORDS.slice(0, 3), '10.9.9.9' as Ip4).findings).toEqual([]);
  });

  it('reports a service once', () => {
    const collect = collector();
    expect(collect.add(RECORDS, PRINTER).findings).toHaveLength(1);
    expect(collect.add(RECORDS, PRINTER).findings).toEqual([]);
  });

  it('takes any records, and never holds or asks without bound', () => {
    const value = fc.oneof(
      fc.anything(),
      fc.string(),
      fc.constantFrom(INSTANCE, SERVICES_QUERY, 'printer.local', '_x._tcp.local', '192.168.1.5'),
      fc.record({ port: fc.anything(), target: fc.anything() }),
    );
    const record = fc.record({
      name: value,
      type: fc.constantFrom('PTR', 'SRV', 'TXT', 'A', 'AAAA'),
      data: value,
    });
    fc.assert(
      fc.property(fc.array(fc.array(record, { maxLength: 20 }), { maxLength: 10 }), (packets) => {
        const collect = collector();
        for (const packet of packets) {
          const { findings, questions } = collect.add(packet as MdnsRecord[], PRINTER);
          expect(questions.length).toBeLessThanOrEqual(20);
          for (const { address, service, fields } of findings) {
            expect(address).toMatch(/^192\.168\.1\./);
            if (service !== undefined) expect(service.port).toBeGreaterThan(0);
            for (const text of Object.values(fields ?? {})) expect(text).not.toMatch(/\p{Cc}/u);
          }
        }
      }),
    );
  });
});
