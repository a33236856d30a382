import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProcNet } from './parse-proc-net.ts';

describe('parseProcNet', () => {
  const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0201A8C0:0016 0901A8C0:D2F0 01 00000000:00000000 02:00000000 00000000     0        0 3 1 0 100 0 0 10 0
`;
  const TCP6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 4
   1: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 5
   2: 0000000000000000FFFF00000100007F:1770 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 6
`;

  it('finds what listens and can be reached, and nothing else', () => {
    expect(parseProcNet('tcp', TCP)).toEqual([22]);
    expect(parseProcNet('tcp', TCP6)).toEqual([443]);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseProcNet('udp', text).every((port) => port >= 1 && port <= 65_535)).toBe(true);
      }),
    );
  });
});
