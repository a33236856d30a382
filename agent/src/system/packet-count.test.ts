import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IfName } from '../ports/index.ts';
import { parsePacketCount } from './packet-count.ts';

/* As the kernel prints it. */
const RECORDED = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1092370    7034    0    0    0     0          0         0  1092370    7034    0    0    0     0       0          0
   sg0:  188496    1711    0    0    0     0          0         0   193552    1755    0    0    0     0       0          0
`;

test('packets of the named interface, both ways', () => {
  expect(parsePacketCount(RECORDED, 'sg0' as IfName)).toBe(1711 + 1755);
  expect(parsePacketCount(RECORDED, 'sg1' as IfName)).toBeUndefined();
});

test('any text gives a count or nothing', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const count = parsePacketCount(`sg0:${text}`, 'sg0' as IfName);
      expect(count === undefined || Number.isSafeInteger(count)).toBe(true);
    }),
  );
});
