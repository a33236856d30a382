import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Host, HostId } from './index.ts';
import { renderHostsCsv } from './index.ts';

const host = (name: string, note = ''): Host => ({
  id: 'h_aaaaaaaaaaaaaaaa' as HostId,
  addresses: [],
  name,
  note,
  kind: 'camera',
  services: [{ protocol: 'tcp', port: 80, name: 'http' }],
  online: true,
  firstSeenAt: 0,
  lastSeenAt: 1000,
  evidence: [],
});

describe('hosts as CSV', () => {
  it('has a header, and a line each', () => {
    expect(renderHostsCsv([host('Front door', 'left, "old"')])).toBe(
      'name,address,mac,vendor,kind,services,online,firstSeen,lastSeen,note,id\r\n' +
        'Front door,,,,camera,http:80/tcp,yes,1970-01-01T00:00:00.000Z,1970-01-01T00:00:01.000Z,"left, ""old""",h_aaaaaaaaaaaaaaaa\r\n',
    );
  });

  it.each(['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])(
    'makes %j text for a spreadsheet',
    (name) => {
      expect(
        renderHostsCsv([host(name)])
          .split('\r\n')
          .slice(1)
          .join('\r\n'),
      ).toMatch(/^"'/);
    },
  );

  it('holds any name and note in one record', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const [, record = ''] = /^[^\r\n]*\r\n([\s\S]*)$/.exec(renderHostsCsv([host(name)])) ?? [];
        const cells = record.slice(0, -2).match(/("(?:[^"]|"")*"|[^",]*)(,|$)/g) ?? [];
        expect(cells.join('')).toBe(record.slice(0, -2));
        expect(cells[0]).not.toMatch(/^"?[=+\-@\t\r]/);
      }),
    );
  });
});
