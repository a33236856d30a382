import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { HELPER, WEB_WISH } from '../testing/sample-wishes.ts';
import { closedRanges, mergeRanges, permittedRanges } from './permitted-ports.ts';

const port = fc.integer({ min: 1, max: 65_535 });
const range = fc
  .tuple(fc.constantFrom('tcp' as const, 'udp' as const), port, port)
  .map(([protocol, one, other]) => ({ protocol, from: Math.min(one, other), to: Math.max(one, other) }));

describe('mergeRanges', () => {
  it('covers the same ports, and no two ranges touch', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), fc.array(port), (ranges, samples) => {
        const merged = mergeRanges(ranges);
        const covers = (some: typeof merged, protocol: string, at: number) =>
          some.some((one) => one.protocol === protocol && one.from <= at && at <= one.to);
        const edges = ranges.flatMap(({ from, to }) => [from - 1, from, to, to + 1]);
        for (const at of [...samples, ...edges]) {
          for (const protocol of ['tcp', 'udp']) {
            expect(covers(merged, protocol, at)).toBe(covers(ranges, protocol, at));
          }
        }
        for (const [at, one] of merged.entries()) {
          const next = merged[at + 1];
          if (next?.protocol === one.protocol) expect(next.from).toBeGreaterThan(one.to + 1);
        }
      }),
    );
  });
});

describe('permittedRanges', () => {
  it('permits both ports of a service to who may open one of them', () => {
    const peer = {
      ...HELPER,
      inbound: { kind: 'ports' as const, ports: [{ protocol: 'tcp' as const, from: 80, to: 80 }] },
    };
    expect(permittedRanges(peer, WEB_WISH.ownServices!)).toEqual([
      { protocol: 'tcp', from: 80, to: 80 },
      { protocol: 'tcp', from: 7380, to: 7380 },
    ]);
  });

  it('permits nothing else', () => {
    const peer = {
      ...HELPER,
      inbound: { kind: 'ports' as const, ports: [{ protocol: 'tcp' as const, from: 22, to: 22 }] },
    };
    expect(permittedRanges(peer, WEB_WISH.ownServices!)).toEqual([{ protocol: 'tcp', from: 22, to: 22 }]);
  });
});

test('what is closed is all but what is open', () => {
  const open = [
    { protocol: 'tcp', from: 80, to: 81 },
    { protocol: 'tcp', from: 60_000, to: 65_535 },
  ] as const;
  expect(closedRanges(open)).toEqual([
    { protocol: 'tcp', from: 0, to: 79 },
    { protocol: 'tcp', from: 82, to: 59_999 },
    { protocol: 'udp', from: 0, to: 65_535 },
  ]);
});
